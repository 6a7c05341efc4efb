// matcher_errors.cpp: an ICMP error is ours when it quotes a probe of ours; routers quote little,
// and pad.
#include <doctest/doctest.h>

#include "tests/unit/transport/matcher_harness.hpp"

namespace sonde::transport {
namespace {

using probe::Reject;
using test::Harness;

const net::Address kHost = net::Address::v4(0xc0000201);
const net::Address kOther = net::Address::v4(0xc0000202);
const net::Address kHost6 = *net::Address::parse("2001:db8::1");

}  // namespace

TEST_CASE("matcher errors: a quote that reaches the token is verified") {
  for (const net::Address& host : {kHost, kHost6}) {
    Harness h;
    const auto payload = h.send(host, 7);
    const auto match = h.error(Harness::quote(host, 7, payload));
    REQUIRE(match);
    CHECK(match->id.sequence == 7);
    CHECK(match->verified);
    CHECK(match->sent != nullptr);
  }
}

TEST_CASE("matcher errors: wherever the router cuts, the error is ours") {
  for (const net::Address& host : {kHost, kHost6}) {
    for (const std::size_t of : {4U, 6U, 8U, 15U, 16U, 17U, 56U}) {
      CAPTURE(of);
      Harness h;
      const auto payload = h.send(host, 7, of);
      for (std::size_t size = 0; size <= payload.size(); ++size) {
        CAPTURE(size);
        const auto match = h.error(Harness::quote(host, 7, Bytes(payload).first(size), payload));
        const bool half = size < probe::TokenSealer::kShortTag;
        REQUIRE(match);
        CHECK(match->verified == !half);
      }
    }
  }
}

TEST_CASE("matcher errors: zeros behind the cut are padding, not a wrong token") {
  Harness h;
  const auto payload = h.send(kHost, 7);
  for (std::size_t size = 0; size <= payload.size(); ++size) {
    CAPTURE(size);
    auto padded = payload;
    padded.resize(size);
    padded.resize(100, std::byte{0});
    const auto match = h.error(Harness::quote(kHost, 7, padded, payload));
    REQUIRE(match);
    CHECK((match->verified || size < probe::TokenSealer::kTag));
  }
}

TEST_CASE("matcher errors: without a token, a checksum that is not the probe's is refused") {
  const std::vector<std::byte> zeros(56);
  for (const net::Address& host : {kHost, kHost6}) {
    Harness h;
    const auto payload = h.send(host, 7);
    for (const Bytes shown : {Bytes(payload).first(0), Bytes(payload).first(3), Bytes(zeros)}) {
      auto quote = Harness::quote(host, 7, shown, payload);
      const std::uint16_t honest = quote.transport_checksum;
      std::size_t believed = 0;
      for (std::uint32_t guess = 0; guess <= 0xffff; ++guess) {
        quote.transport_checksum = static_cast<std::uint16_t>(guess);
        const auto match = h.error(quote);
        believed += match ? 1U : 0U;
        REQUIRE((match || match.error() == Reject::token));
        REQUIRE((!match || (guess == honest && !match->verified)));
      }
      CHECK(believed == 1);
    }
  }
}

TEST_CASE("matcher errors: an IPv6 checksum without the addresses that it covers proves nothing") {
  Harness h;
  const auto payload = h.send(kHost6, 7);
  auto quote = Harness::quote(kHost6, 7, {}, payload);
  REQUIRE(h.error(quote));
  quote.source = {};  // the error queue of a datagram socket shows none
  CHECK(h.error(quote).error() == Reject::token);
  quote.payload = payload;
  CHECK(h.error(quote)->verified);
}

TEST_CASE("matcher errors: a trace hears routers that quote little and translate much") {
  Harness h;
  const ProbeShape shape;
  const KnownSources sources;
  (void)h.send(kHost, 7);
  const auto match = h.matcher().of_trace(shape, sources).error(Harness::quote(kHost, 7, {}));
  REQUIRE(match);
  CHECK_FALSE(match->verified);
}

TEST_CASE("matcher errors: a wrong token is refused") {
  Harness h;
  const auto payload = h.send(kHost, 7);
  const std::vector<std::byte> other(payload.size(), std::byte{0x55});
  CHECK(h.error(Harness::quote(kHost, 7, other)).error() == Reject::token);
  CHECK(h.error(Harness::quote(kHost, 7, Bytes(other).first(4))).error() == Reject::token);
  for (std::size_t i = 0; i < probe::TokenSealer::kFull; ++i) {
    auto spoiled = payload;
    spoiled[i] ^= std::byte{1};
    CHECK(h.error(Harness::quote(kHost, 7, spoiled)).error() == Reject::token);
  }
}

TEST_CASE("matcher errors: what is not an echo request of ours is refused") {
  Harness h;
  const auto payload = h.send(kHost, 7);
  auto q = Harness::quote(kHost, 7, payload);
  q.ident = net::IcmpIdent(1);
  CHECK(h.error(q).error() == Reject::quote);
  q = Harness::quote(kHost, 7, payload);
  q.icmp->type = wire::icmpv4::kEchoReply;
  CHECK(h.error(q).error() == Reject::quote);
  q = Harness::quote(kHost, 7, payload);
  q.icmp.reset();
  q.protocol = net::kUdp;
  CHECK(h.error(q).error() == Reject::quote);
  q = Harness::quote(kHost, 7, payload);
  q.protocol = net::kIcmpV6;
  CHECK(h.error(q).error() == Reject::quote);
  CHECK(h.error(Harness::quote(kHost, 8, {})).error() == Reject::quote);
  CHECK(h.error(Harness::quote(kOther, 7, {})).error() == Reject::quote);
}

TEST_CASE("matcher errors: a translated destination is forgiven when the token fits") {
  Harness h;
  const auto payload = h.send(kHost, 7);
  const auto match = h.error(Harness::quote(kOther, 7, payload));
  REQUIRE(match);
  CHECK(match->id.sequence == 7);
  CHECK(match->verified);
  CHECK(h.error(Harness::quote(kOther, 8, payload)).error() == Reject::quote);
}

TEST_CASE("matcher errors: probes without a token are told by state, unverified") {
  Harness h;
  const auto plain = h.send(kHost, 7, 56, false);
  const auto match = h.error(Harness::quote(kHost, 7, plain));
  REQUIRE(match);
  CHECK_FALSE(match->verified);
  const auto tiny = h.send(kHost, 8, 3);
  REQUIRE(h.error(Harness::quote(kHost, 8, tiny)));
  CHECK_FALSE(h.error(Harness::quote(kHost, 8, tiny))->verified);
}

TEST_CASE("matcher errors: half a tag is proof for a payload that has no more") {
  Harness h;
  const auto payload = h.send(kHost, 7, 6);
  REQUIRE(h.error(Harness::quote(kHost, 7, payload)));
  CHECK(h.error(Harness::quote(kHost, 7, payload))->verified);
  auto spoiled = payload;
  spoiled[0] ^= std::byte{1};
  CHECK(h.error(Harness::quote(kHost, 7, spoiled)).error() == Reject::token);
}

TEST_CASE("matcher errors: an error for an older probe of the same sequence finds that probe") {
  Harness h;
  const auto old = h.send(kHost, 5);
  (void)h.send(kHost, 65536 + 5);
  const auto match = h.error(Harness::quote(kHost, 5, old));
  REQUIRE(match);
  CHECK(match->id.sequence == 5);
}

TEST_CASE("matcher errors: a group's probe can be refused by a router") {
  Harness h;
  const net::Address group = net::Address::v4(0xe0000001);
  const auto payload = h.send(group, 7);
  REQUIRE(h.error(Harness::quote(group, 7, payload)));
}

}  // namespace sonde::transport
