// recent_sends.cpp: what a transport remembers of its last sends.
#include "sonde/probe/recent_sends.hpp"

#include <doctest/doctest.h>

#include <array>

namespace sonde::probe {
namespace {

constexpr Instant kStart{100s};
const net::Address kHost = net::Address::v4(0xc0000201);
const net::Address kOther = net::Address::v4(0xc0000202);

SentProbe sent(std::uint64_t sequence, const net::Address& to = kHost, Instant at = kStart) {
  return {.id = {.target = 0, .sequence = sequence},
          .destination = to,
          .seq = net::IcmpSeq(static_cast<std::uint16_t>(sequence)),
          .payload = {},
          .at = at};
}

}  // namespace

TEST_CASE("recent sends: they are numbered from 0 in the order of sending") {
  RecentSends sends;
  CHECK(sends.by_number(0) == nullptr);
  CHECK(sends.add(sent(7)) == 0);
  CHECK(sends.add(sent(8)) == 1);
  REQUIRE(sends.by_number(1) != nullptr);
  CHECK(sends.by_number(1)->id.sequence == 8);
  CHECK(sends.by_number(2) == nullptr);
  CHECK(sends.count() == 2);
}

TEST_CASE("recent sends: destination and sequence must both fit") {
  RecentSends sends;
  sends.add(sent(7));
  CHECK(sends.find(kHost, net::IcmpSeq(7)) != nullptr);
  CHECK(sends.find(kHost, net::IcmpSeq(8)) == nullptr);
  CHECK(sends.find(kOther, net::IcmpSeq(7)) == nullptr);
}

TEST_CASE("recent sends: the same sequence behind the 16-bit wrap finds the newer probe") {
  RecentSends sends;
  sends.add(sent(7));
  sends.add(sent(7 + 65536));
  REQUIRE(sends.find(kHost, net::IcmpSeq(7)) != nullptr);
  CHECK(sends.find(kHost, net::IcmpSeq(7))->id.sequence == 7 + 65536);
}

TEST_CASE("recent sends: a link-local address is found with and without its zone") {
  RecentSends sends;
  const net::Address zoned = net::Address::parse("fe80::1%3").value();
  sends.add(sent(1, zoned));
  CHECK(sends.find(zoned, net::IcmpSeq(1)) != nullptr);
  CHECK(sends.find(net::Address::parse("fe80::1").value(), net::IcmpSeq(1)) != nullptr);
  CHECK(sends.find(net::Address::parse("fe80::1%4").value(), net::IcmpSeq(1)) == nullptr);
}

TEST_CASE("recent sends: a multicast or broadcast probe is found by its sequence alone") {
  RecentSends sends;
  sends.add(sent(1));
  CHECK(sends.find_group(net::IcmpSeq(1)) == nullptr);
  sends.add(sent(2, net::Address::parse("224.0.0.1").value()));
  sends.add(sent(3, net::Address::parse("ff02::1").value()));
  sends.add(sent(4, net::Address::parse("255.255.255.255").value()));
  for (const std::uint16_t seq : std::array<std::uint16_t, 3>{2, 3, 4}) {
    REQUIRE(sends.find_group(net::IcmpSeq(seq)) != nullptr);
    CHECK(sends.find_group(net::IcmpSeq(seq))->id.sequence == seq);
  }
}

TEST_CASE("recent sends: all sends of the last minute are remembered, up to 65,536") {
  RecentSends sends;
  for (std::uint64_t n = 0; n < 70'000; ++n) {
    sends.add(sent(n));
  }
  CHECK(sends.by_number(70'000 - 65'536 - 1) == nullptr);
  CHECK(sends.by_number(70'000 - 65'536) != nullptr);
  for (std::uint64_t n = 70'000 - 65'536; n < 70'000; ++n) {
    const SentProbe* found = sends.find(kHost, net::IcmpSeq(static_cast<std::uint16_t>(n)));
    REQUIRE(found != nullptr);
    REQUIRE(found->id.sequence == n);
  }
}

TEST_CASE("recent sends: at a slow pace old ones are forgotten and memory stays small") {
  RecentSends sends;
  for (std::uint64_t n = 0; n < 1'000; ++n) {
    sends.add(sent(n, kHost, kStart + n * 1s));
  }
  CHECK(sends.by_number(1'000 - RecentSends::kInitial - 1) == nullptr);
  CHECK(sends.by_number(1'000 - RecentSends::kInitial) != nullptr);
  CHECK(sends.find(kHost, net::IcmpSeq(1)) == nullptr);
}

TEST_CASE("recent sends: what was forgotten stays so when memory grows") {
  RecentSends sends;
  for (std::uint64_t n = 0; n < 10; ++n) {
    sends.add(sent(n));
  }
  CHECK(sends.find(kHost, net::IcmpSeq(3)) != nullptr);
  sends.forget();
  for (std::uint64_t n = 10; n < 3 * RecentSends::kInitial; ++n) {
    CHECK(sends.add(sent(n)) == n);
    REQUIRE(sends.by_number(9) == nullptr);
    REQUIRE(sends.find(kHost, net::IcmpSeq(3)) == nullptr);
  }
  CHECK(sends.by_number(10) != nullptr);
  CHECK(sends.find(kHost, net::IcmpSeq(10)) != nullptr);
}

TEST_CASE("recent sends: answered ones make room sooner than those that nobody answered") {
  RecentSends sends;
  for (std::uint64_t n = 0; n < 20'000; ++n) {
    sends.add(sent(n));
    sends.answered(*sends.by_number(n));
  }
  CHECK(sends.by_number(20'000 - RecentSends::kAnswered) != nullptr);
  CHECK(sends.by_number(20'000 - RecentSends::kAnswered - 1) == nullptr);
  const std::uint64_t lost = sends.add(sent(20'000));
  for (std::uint64_t n = 1; n < 60'000; ++n) {
    sends.answered(*sends.by_number(sends.add(sent(20'000 + n))));
  }
  CHECK(sends.by_number(lost) != nullptr);
}

}  // namespace sonde::probe
