// prohibition_watch.cpp: what counts as "do not sweep here", and when it is too much.
#include "sonde/run/prohibition_watch.hpp"

#include <doctest/doctest.h>

namespace sonde::run {
namespace {

constexpr Instant kStart{100s};

probe::Observation error(std::uint8_t type, std::uint8_t code, const char* responder) {
  return {.probe = {},
          .kind = probe::ObservationKind::icmp_error,
          .responder = net::Address::parse(responder).value(),
          .icmp = {.type = type, .code = code}};
}

// The answers of one window, `prohibited` of them prohibitions.
bool window(ProhibitionWatch& watch, std::uint32_t prohibited, Instant at) {
  const probe::Observation no = error(3, 13, "10.0.0.1");
  bool too_many = false;
  for (std::uint32_t i = 0; i < ProhibitionWatch::kWindow; ++i) {
    probe::SweepEvent event{.kind = probe::SweepEventKind::reply, .at = at};
    if (i < prohibited) {
      event.kind = probe::SweepEventKind::error;
      event.observation = &no;
    }
    too_many = watch.too_many(event) || too_many;
  }
  return too_many;
}

}  // namespace

TEST_CASE("prohibition watch: the codes of RFC 1812 and RFC 4443, and no others") {
  CHECK(is_prohibition(error(3, 9, "10.0.0.1")));
  CHECK(is_prohibition(error(3, 10, "10.0.0.1")));
  CHECK(is_prohibition(error(3, 13, "10.0.0.1")));
  CHECK_FALSE(is_prohibition(error(3, 1, "10.0.0.1")));
  CHECK_FALSE(is_prohibition(error(11, 0, "10.0.0.1")));
  CHECK(is_prohibition(error(1, 1, "2001:db8::1")));
  CHECK_FALSE(is_prohibition(error(1, 3, "2001:db8::1")));
  CHECK_FALSE(is_prohibition({.probe = {}}));
}

TEST_CASE("prohibition watch: more than a tenth is too many, a tenth is not") {
  ProhibitionWatch watch;
  CHECK_FALSE(window(watch, 10, kStart));
  CHECK(window(watch, 11, kStart));
}

TEST_CASE("prohibition watch: what was under way at the time says nothing new") {
  ProhibitionWatch watch;
  CHECK(window(watch, 50, kStart));
  CHECK_FALSE(window(watch, 50, kStart + 1s));
  CHECK(window(watch, 50, kStart + 3s));
}

TEST_CASE("prohibition watch: time-outs and sends are no answers") {
  ProhibitionWatch watch;
  for (int i = 0; i < 1000; ++i) {
    CHECK_FALSE(watch.too_many({.kind = probe::SweepEventKind::timeout, .at = kStart}));
    CHECK_FALSE(watch.too_many({.kind = probe::SweepEventKind::sent, .at = kStart}));
  }
  CHECK(window(watch, 11, kStart));
}

}  // namespace sonde::run
