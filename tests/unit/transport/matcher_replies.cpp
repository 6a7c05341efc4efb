// matcher_replies.cpp: of the dishonest replies of RELIABILITY.md 3a none is believed.
#include <doctest/doctest.h>

#include "tests/unit/transport/matcher_harness.hpp"

namespace sonde::transport {
namespace {

using probe::Reject;
using test::Harness;
using test::kIdent;

const net::Address kHost = net::Address::v4(0xc0000201);
const net::Address kOther = net::Address::v4(0xc0000202);
const net::Address kHost6 = *net::Address::parse("2001:db8::1");
const net::Address kGroup = net::Address::v4(0xe0000001);
const net::Address kBroadcast = net::Address::v4(0xffffffff);

std::vector<std::byte> filled(std::size_t size, std::byte value) {
  return std::vector<std::byte>(size, value);
}

}  // namespace

TEST_CASE("matcher: an honest reply names its probe and is verified") {
  for (const net::Address& host : {kHost, kHost6}) {
    for (const std::size_t size : {4U, 7U, 8U, 15U, 16U, 17U, 56U, 1400U, 65507U}) {
      CAPTURE(size);
      Harness h;
      h.set_target(3);
      const auto payload = h.send(host, 7, size);
      const auto match = h.reply(host, 7, payload);
      REQUIRE(match);
      CHECK(match->id == probe::ProbeId{.target = 3, .sequence = 7});
      REQUIRE(match->sent != nullptr);
      CHECK(match->sent->payload.size() == size);
      CHECK(match->verified);
      CHECK_FALSE(match->truncated);
      CHECK_FALSE(match->corruption);
    }
  }
}

TEST_CASE("matcher: payloads under 4 bytes match by state and are not verified") {
  for (const std::size_t size : {0U, 1U, 3U}) {
    Harness h;
    const auto payload = h.send(kHost, 7, size);
    const auto match = h.reply(kHost, 7, payload);
    REQUIRE(match);
    CHECK_FALSE(match->verified);
    CHECK(h.reply(kHost, 8, payload).error() == Reject::stranger);
    CHECK(h.reply(kOther, 7, payload).error() == Reject::source);
  }
}

TEST_CASE("matcher: probes without a token match by state and are not verified") {
  Harness h;
  const auto payload = h.send(kHost, 7, 56, false);
  const auto match = h.reply(kHost, 7, payload);
  REQUIRE(match);
  CHECK_FALSE(match->verified);
  CHECK_FALSE(match->corruption);
  CHECK(h.reply(kOther, 7, payload).error() == Reject::source);
}

TEST_CASE("matcher: another identifier is a stranger's, whatever else fits") {
  Harness h;
  const auto payload = h.send(kHost, 7);
  CHECK(h.reply(kHost, 7, payload, net::IcmpIdent(0x1235)).error() == Reject::stranger);
}

TEST_CASE("matcher: a sequence that was never sent is refused, with our own token or without") {
  Harness h;
  const auto payload = h.send(kHost, 7);
  CHECK(h.reply(kHost, 507, payload).error() == Reject::stranger);
  CHECK(h.reply(kHost, 507, filled(56, std::byte{0x7f})).error() == Reject::stranger);
}

TEST_CASE(
    "matcher: the sequence of another probe of ours is refused: the token says which it was") {
  Harness h;
  (void)h.send(kHost, 1);
  const auto second = h.send(kHost, 2);
  CHECK(h.reply(kHost, 1, second).error() == Reject::token);
}

TEST_CASE("matcher: a payload that is not ours is refused") {
  Harness h;
  auto payload = h.send(kHost, 7);
  CHECK(h.reply(kHost, 7, filled(56, std::byte{0})).error() == Reject::token);
  CHECK(h.reply(kHost, 7, filled(56, std::byte{0x7f})).error() == Reject::token);
  CHECK(h.reply(kHost, 7, {}).error() == Reject::token);
  for (std::size_t i = 0; i < probe::TokenSealer::kFull; ++i) {
    CAPTURE(i);
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto spoiled = payload;
      spoiled[i] ^= static_cast<std::byte>(1U << bit);
      CHECK(h.reply(kHost, 7, spoiled).error() == Reject::token);
    }
  }
}

TEST_CASE("matcher: the right token from another address is refused as such") {
  Harness h;
  const auto payload = h.send(kHost, 7);
  CHECK(h.reply(kOther, 7, payload).error() == Reject::source);
  CHECK(h.reply(kHost6, 7, payload).error() == Reject::source);
  CHECK(h.reply(kOther, 7, filled(56, std::byte{1})).error() == Reject::stranger);
}

TEST_CASE("matcher: a target's token does not answer for another target at the same address") {
  Harness h;
  h.set_target(1);
  const auto first = h.send(kHost, 7);
  h.set_target(2);
  const auto second = h.send(kHost, 7);  // the newest with this sequence
  REQUIRE(h.reply(kHost, 7, second));
  CHECK(h.reply(kHost, 7, second)->id.target == 2);
  REQUIRE(h.reply(kHost, 7, first));
  CHECK(h.reply(kHost, 7, first)->id.target == 1);
}

TEST_CASE("matcher: bytes changed behind the token are corruption, at the first of them") {
  Harness h;
  auto payload = h.send(kHost, 7);
  payload[16] = std::byte{0xaa};
  payload[40] = std::byte{0xbb};
  const auto match = h.reply(kHost, 7, payload);
  REQUIRE(match);
  REQUIRE(match->corruption);
  CHECK(match->corruption->offset == 16);
  CHECK(match->corruption->expected == 17);
  CHECK(match->corruption->actual == 0xaa);
  CHECK(match->verified);
}

TEST_CASE("matcher: a probe without a token is compared from its first byte") {
  Harness h;
  auto payload = h.send(kHost, 7, 56, false);
  payload[0] = std::byte{0};
  const auto match = h.reply(kHost, 7, payload);
  REQUIRE(match);
  REQUIRE(match->corruption);
  CHECK(match->corruption->offset == 0);
}

TEST_CASE("matcher: a shorter reply is truncated as long as its tag is whole") {
  Harness h;
  const auto payload = h.send(kHost, 7);
  for (std::size_t size = 0; size < payload.size(); ++size) {
    CAPTURE(size);
    const auto match = h.reply(kHost, 7, Bytes(payload).first(size));
    CHECK(match.has_value() == (size >= probe::TokenSealer::kTag));
    if (match) {
      CHECK(match->truncated);
      CHECK(match->verified);
      CHECK_FALSE(match->corruption);
    }
  }
}

TEST_CASE("matcher: shorter and changed is corruption, not truncation") {
  Harness h;
  auto payload = h.send(kHost, 7);
  payload[20] = std::byte{0};
  const auto match = h.reply(kHost, 7, Bytes(payload).first(30));
  REQUIRE(match);
  CHECK(match->corruption);
  CHECK_FALSE(match->truncated);
}

TEST_CASE("matcher: a longer reply is corrupt behind what was sent") {
  for (const std::size_t size : {0U, 5U, 10U, 56U}) {
    Harness h;
    auto payload = h.send(kHost, 7, size);
    payload.resize(size + 20, std::byte{9});
    const auto match = h.reply(kHost, 7, payload);
    REQUIRE(match);
    REQUIRE(match->corruption);
    CHECK(match->corruption->offset == size);
    CHECK(match->corruption->actual == 9);
  }
}

TEST_CASE("matcher: across the wrap of the sequence each reply finds its own probe") {
  Harness h;
  const auto old = h.send(kHost, 5);
  const auto recent = h.send(kHost, 65536 + 5);
  REQUIRE(h.reply(kHost, 5, recent));
  CHECK(h.reply(kHost, 5, recent)->id.sequence == 65541);
  const auto late = h.reply(kHost, 5, old);
  REQUIRE(late);
  CHECK(late->id.sequence == 5);
  CHECK(late->verified);
}

TEST_CASE("matcher: a probe that is no longer remembered is proven by its token alone") {
  Harness h;
  std::vector<std::byte> payload(56);
  h.sealer().seal({.target = 9, .sequence = 70000}, kHost, kIdent, payload);
  const auto match = h.reply(kHost, 70000, payload);
  REQUIRE(match);
  CHECK(match->id == probe::ProbeId{.target = 9, .sequence = 70000});
  CHECK(match->sent == nullptr);
  CHECK(h.reply(kHost, 70001, payload).error() == Reject::stranger);
  CHECK(h.reply(kOther, 70000, payload).error() == Reject::stranger);
}

TEST_CASE("matcher: anybody may answer for a group, but only with the group's token") {
  for (const net::Address& group : {kGroup, kBroadcast}) {
    Harness h;
    const auto payload = h.send(group, 7);
    for (const net::Address& host : {kHost, kOther}) {
      const auto match = h.reply(host, 7, payload);
      REQUIRE(match);
      CHECK(match->verified);
      CHECK(match->id.sequence == 7);
    }
    CHECK(h.reply(kHost, 7, filled(56, std::byte{1})).error() != Reject::source);
    CHECK_FALSE(h.reply(kHost, 7, filled(56, std::byte{1})));
  }
}

TEST_CASE("matcher: a host that is a target itself still answers for the group") {
  Harness h;
  const auto own = h.send(kHost, 7);
  h.set_target(1);
  const auto group = h.send(kGroup, 7);
  REQUIRE(h.reply(kHost, 7, own));
  CHECK(h.reply(kHost, 7, own)->id.target == 0);
  REQUIRE(h.reply(kHost, 7, group));
  CHECK(h.reply(kHost, 7, group)->id.target == 1);
}

TEST_CASE("matcher: with broadcast allowed a token from any address will do, and nothing less") {
  Harness h(SourceRule::any);
  const net::Address directed = net::Address::v4(0xc00002ff);
  const auto payload = h.send(directed, 7);
  REQUIRE(h.reply(kHost, 7, payload));
  CHECK(h.reply(kHost, 7, payload)->id.sequence == 7);
  CHECK(h.reply(kHost, 7, filled(56, std::byte{1})).error() == Reject::stranger);
  const auto tiny = h.send(directed, 8, 2);
  CHECK(h.reply(kHost, 8, tiny).error() == Reject::source);
}

TEST_CASE("matcher: a reply's zone may be missing, or stand in for a missing one") {
  const net::Address without = *net::Address::parse("fe80::1");
  Harness h;
  const auto payload = h.send(without, 7);
  CHECK(h.reply(without.with_zone(2), 7, payload));
  Harness g;
  const auto zoned = g.send(without.with_zone(2), 7);
  CHECK(g.reply(without.with_zone(2), 7, zoned));
  CHECK(g.reply(without, 7, zoned));
}

TEST_CASE("matcher: a blind forger who tries every sequence is never believed") {
  Harness h;
  for (std::uint64_t sequence = 1; sequence <= 64; ++sequence) {
    (void)h.send(kHost, sequence);
  }
  SeededRng rng(7);
  for (std::uint64_t sequence = 0; sequence < 65536; ++sequence) {
    std::vector<std::byte> payload(rng.below(64));
    std::ranges::generate(payload, [&] { return static_cast<std::byte>(rng.next()); });
    CHECK_FALSE(h.reply(kHost, sequence, payload).has_value());
  }
}

}  // namespace sonde::transport
