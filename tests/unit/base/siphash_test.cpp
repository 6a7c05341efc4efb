#include "sonde/base/siphash.hpp"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <vector>

#include "tests/support/packet_bytes.hpp"

namespace sonde {
namespace {

// Key 00 01 .. 0f as two little-endian words: that of the paper's appendix A.
constexpr SipKey kPaperKey{.k0 = 0x0706050403020100, .k1 = 0x0f0e0d0c0b0a0908};

std::uint64_t hash_of_counting_bytes(std::size_t size) {
  std::vector<std::byte> input(size);
  for (std::size_t i = 0; i < size; ++i) {
    input[i] = static_cast<std::byte>(i);
  }
  return siphash24(kPaperKey, input);
}

}  // namespace

TEST_CASE("siphash: the example of the paper's appendix A gives the tag printed there") {
  CHECK(hash_of_counting_bytes(15) == 0xa129ca6149be45e5);
}

TEST_CASE("siphash: the authors' vectors for every length up to two words") {
  constexpr std::array<std::uint64_t, 17> kVectors = {
      0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
      0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
      0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
      0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
      0x3f2acc7f57c29bdb};
  for (std::size_t size = 0; size < kVectors.size(); ++size) {
    CAPTURE(size);
    CHECK(hash_of_counting_bytes(size) == kVectors[size]);
  }
  CHECK(hash_of_counting_bytes(63) == 0x958a324ceb064572);
}

TEST_CASE("siphash: one bit of the key or of the input changes about half of the tag") {
  const auto input = test::hex("000102030405060708");
  const std::uint64_t tag = siphash24(kPaperKey, input);
  const SipKey other{.k0 = kPaperKey.k0, .k1 = kPaperKey.k1 ^ 1U};
  auto flipped = input;
  flipped.back() ^= std::byte{0x80};
  for (const std::uint64_t changed : {siphash24(other, input), siphash24(kPaperKey, flipped)}) {
    const int distance = std::popcount(tag ^ changed);
    CHECK(distance > 12);
    CHECK(distance < 52);
  }
}

}  // namespace sonde
