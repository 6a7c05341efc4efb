// token_identity.cpp: a token names its probe, and nobody else's.
#include <doctest/doctest.h>

#include <vector>

#include "sonde/probe/token.hpp"

namespace sonde::probe {
namespace {

struct Case {
  ProbeId id;
  net::Address destination;
  net::IcmpIdent ident;
  std::vector<std::byte> payload;
};

net::Address random_address(Rng& rng) {
  if (rng.below(2) == 0) {
    return net::Address::v4(static_cast<std::uint32_t>(rng.next()));
  }
  std::array<std::byte, net::Address::kV6Bytes> bytes{};
  for (std::byte& b : bytes) {
    b = static_cast<std::byte>(rng.next());
  }
  return net::Address::v6(bytes);
}

Case random_case(Rng& rng, std::uint64_t sequence) {
  return {.id = {.target = static_cast<std::uint32_t>(rng.next()), .sequence = sequence},
          .destination = random_address(rng),
          .ident = net::IcmpIdent(static_cast<std::uint16_t>(rng.next())),
          .payload = std::vector<std::byte>(TokenSealer::kFull + rng.below(100),
                                            static_cast<std::byte>(rng.next()))};
}

void seal(TokenSealer& sealer, Case& c) { sealer.seal(c.id, c.destination, c.ident, c.payload); }

}  // namespace

TEST_CASE(
    "token property: what was sealed opens to the same probe, over the 2^32 wrap and far on") {
  SeededRng rng(11);
  TokenSealer sealer(rng);
  std::uint64_t sequence = 0xffff'0000;
  for (int n = 0; n < 20'000; ++n) {
    sequence += rng.below(100);
    if (n == 10'000) {
      sequence = 0x7'ffff'f000;  // another wrap, later
    }
    Case c = random_case(rng, sequence);
    seal(sealer, c);
    REQUIRE(sealer.open(c.destination, c.ident, c.payload) == c.id);
    REQUIRE(sealer.check(c.id, c.destination, c.ident, c.payload) == TokenSealer::Check::match);
  }
}

TEST_CASE("token property: replies reordered by up to 2^31 probes still open") {
  SeededRng rng(12);
  TokenSealer sealer(rng);
  Case newest = random_case(rng, 0x1'4000'0000);
  seal(sealer, newest);
  for (int n = 0; n < 10'000; ++n) {
    Case older = random_case(rng, newest.id.sequence - rng.below(0x8000'0000));
    seal(sealer, older);
    REQUIRE(sealer.open(older.destination, older.ident, older.payload) == older.id);
  }
}

TEST_CASE("token property: any flipped bit of the 16 bytes is refused") {
  SeededRng rng(13);
  TokenSealer sealer(rng);
  for (int n = 0; n < 200; ++n) {
    Case c = random_case(rng, rng.below(1'000'000));
    seal(sealer, c);
    for (std::size_t bit = 0; bit < TokenSealer::kFull * 8; ++bit) {
      std::vector<std::byte> flipped = c.payload;
      flipped[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      REQUIRE_FALSE(sealer.open(c.destination, c.ident, flipped).has_value());
    }
  }
}

TEST_CASE("token property: another destination, identifier, target, sequence or key is refused") {
  SeededRng rng(14);
  TokenSealer sealer(rng);
  TokenSealer other_key(rng);
  for (int n = 0; n < 5'000; ++n) {
    Case c = random_case(rng, rng.below(1'000'000));
    seal(sealer, c);
    const net::IcmpIdent other_ident(static_cast<std::uint16_t>(c.ident.value + 1));
    REQUIRE_FALSE(sealer.open(random_address(rng), c.ident, c.payload).has_value());
    REQUIRE_FALSE(sealer.open(c.destination, other_ident, c.payload).has_value());
    REQUIRE_FALSE(other_key.open(c.destination, c.ident, c.payload).has_value());
    const auto mismatch = TokenSealer::Check::mismatch;
    ProbeId other = c.id;
    other.target ^= 1U << rng.below(32);
    REQUIRE(sealer.check(other, c.destination, c.ident, c.payload) == mismatch);
    other = c.id;
    other.sequence ^= 1ULL << rng.below(64);
    REQUIRE(sealer.check(other, c.destination, c.ident, c.payload) == mismatch);
  }
}

TEST_CASE("token property: 4 to 15 bytes prove the probe they were sealed for and no other") {
  SeededRng rng(15);
  TokenSealer sealer(rng);
  for (int n = 0; n < 5'000; ++n) {
    Case c = random_case(rng, rng.below(1'000'000));
    c.payload.resize(TokenSealer::kShortTag + rng.below(12));
    seal(sealer, c);
    REQUIRE(sealer.check(c.id, c.destination, c.ident, c.payload) == TokenSealer::Check::match);
    ProbeId next = c.id;
    ++next.sequence;
    // One in 2^32 would fit by chance; with this seed none does.
    REQUIRE(sealer.check(next, c.destination, c.ident, c.payload) == TokenSealer::Check::mismatch);
  }
}

TEST_CASE("token property: guesses without the key are refused, whatever identity they name") {
  SeededRng rng(16);
  TokenSealer sealer(rng);
  const net::Address host = net::Address::v4(0xc0000201);
  const net::IcmpIdent ident(77);
  Case c = random_case(rng, 1'000);
  sealer.seal(c.id, host, ident, c.payload);
  std::vector<std::byte> forged(TokenSealer::kFull);
  for (int n = 0; n < 200'000; ++n) {
    Writer out(forged);
    out.u64(rng.next());
    out.u32(c.id.target);
    out.u32(static_cast<std::uint32_t>(rng.below(1'001)));
    REQUIRE_FALSE(sealer.open(host, ident, forged).has_value());
  }
}

}  // namespace sonde::probe
