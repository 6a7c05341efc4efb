// token.cpp: the 16 bytes that prove a reply.
#include "sonde/probe/token.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

namespace sonde::probe {
namespace {

const net::Address kHost = net::Address::v4(0xc0000201);
constexpr net::IcmpIdent kIdent{0x1234};

std::vector<std::byte> sealed(TokenSealer& sealer, const ProbeId& id, std::size_t size) {
  std::vector<std::byte> payload(size, std::byte{0xaa});
  sealer.seal(id, kHost, kIdent, payload);
  return payload;
}

}  // namespace

TEST_CASE("token: the payload behind the first 16 bytes is left alone") {
  SeededRng rng(1);
  TokenSealer sealer(rng);
  const auto payload = sealed(sealer, {.target = 1, .sequence = 2}, 20);
  CHECK(payload[16] == std::byte{0xaa});
  CHECK(payload[19] == std::byte{0xaa});
}

TEST_CASE("token: target and sequence stand in bytes 8 to 15, in network order") {
  SeededRng rng(1);
  TokenSealer sealer(rng);
  const auto payload = sealed(sealer, {.target = 0x01020304, .sequence = 0x05060708}, 16);
  const std::array<int, 8> expected{1, 2, 3, 4, 5, 6, 7, 8};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK(std::to_integer<int>(payload[8 + i]) == expected[i]);
  }
}

TEST_CASE("token: a sealed payload opens to the probe it was sealed for") {
  SeededRng rng(2);
  TokenSealer sealer(rng);
  const ProbeId id{.target = 7, .sequence = 70'000};
  CHECK(sealer.open(kHost, kIdent, sealed(sealer, id, 56)) == id);
}

TEST_CASE("token: the tag depends on the family, not only on the bytes of the address") {
  SeededRng rng(3);
  TokenSealer sealer(rng);
  const ProbeId id{.target = 0, .sequence = 1};
  std::array<std::byte, net::Address::kV6Bytes> same_start{};
  std::ranges::copy(kHost.bytes(), same_start.begin());
  const auto payload = sealed(sealer, id, 16);
  CHECK(sealer.check(id, kHost, kIdent, payload) == TokenSealer::Check::match);
  CHECK(sealer.check(id, net::Address::v6(same_start), kIdent, payload) ==
        TokenSealer::Check::mismatch);
}

TEST_CASE("token: 8 to 15 bytes carry a whole tag, 4 to 7 bytes half of one") {
  SeededRng rng(4);
  TokenSealer sealer(rng);
  const ProbeId id{.target = 0, .sequence = 9};
  const auto full = sealed(sealer, id, 16);
  for (std::size_t size = 4; size < 16; ++size) {
    CAPTURE(size);
    auto payload = sealed(sealer, id, size);
    const std::size_t tag = size < 8 ? 4 : 8;
    CHECK(std::equal(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(tag),
                     full.begin()));
    CHECK(std::all_of(payload.begin() + static_cast<std::ptrdiff_t>(tag), payload.end(),
                      [](std::byte b) { return b == std::byte{0xaa}; }));
    CHECK(sealer.check(id, kHost, kIdent, payload) == TokenSealer::Check::match);
    CHECK_FALSE(sealer.open(kHost, kIdent, payload).has_value());
    payload[tag - 1] ^= std::byte{1};
    CHECK(sealer.check(id, kHost, kIdent, payload) == TokenSealer::Check::mismatch);
  }
}

TEST_CASE("token: under 4 bytes nothing is sealed and nothing can be proven") {
  SeededRng rng(5);
  TokenSealer sealer(rng);
  const ProbeId id{.target = 0, .sequence = 9};
  for (std::size_t size = 0; size < 4; ++size) {
    const auto payload = sealed(sealer, id, size);
    CHECK(payload == std::vector<std::byte>(size, std::byte{0xaa}));
    CHECK(sealer.check(id, kHost, kIdent, payload) == TokenSealer::Check::too_short);
  }
}

TEST_CASE("token: a probe sent before the 32 bits on the wire wrapped is known behind the wrap") {
  SeededRng rng(6);
  TokenSealer sealer(rng);
  const ProbeId before{.target = 0, .sequence = 0xffff'fff0};
  const ProbeId after{.target = 0, .sequence = 0x1'0000'0005};
  const auto old_payload = sealed(sealer, before, 16);
  const auto new_payload = sealed(sealer, after, 16);
  CHECK(sealer.open(kHost, kIdent, old_payload) == before);
  CHECK(sealer.open(kHost, kIdent, new_payload) == after);
}

TEST_CASE("token: a low half that was never sent under the newest high half is not guessed at") {
  SeededRng rng(7);
  TokenSealer sealer(rng);
  TokenSealer behind(rng);
  const auto ahead = sealed(sealer, {.target = 0, .sequence = 0x1'0000'0005}, 16);
  (void)sealed(behind, {.target = 0, .sequence = 9}, 16);
  CHECK_FALSE(behind.open(kHost, kIdent, ahead).has_value());
}

TEST_CASE("token: a slow target beside a flood that has wrapped its low half is still known") {
  SeededRng rng(8);
  TokenSealer sealer(rng);
  const ProbeId slow{.target = 0, .sequence = 5};
  const ProbeId fast{.target = 1, .sequence = 0x3'0000'0009};
  const auto fast_payload = sealed(sealer, fast, 16);
  const auto slow_payload = sealed(sealer, slow, 16);
  CHECK(sealer.open(kHost, kIdent, fast_payload) == fast);
  CHECK(sealer.open(kHost, kIdent, slow_payload) == slow);
}

}  // namespace sonde::probe
