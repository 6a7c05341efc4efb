// siphash.hpp: SipHash-2-4 (Aumasson and Bernstein, INDOCRYPT 2012), a keyed 64-bit hash.
// In: a secret 128-bit key and any bytes. Out: a tag that cannot be guessed without the key.
// SipHash24 takes the same input as words, for who has it in registers: a message of 8 n + m bytes
// is n words, then finish() with the m bytes left (m < 8) as the low end of a word and the size.
// Pure, no allocation. Checked against the test vectors of the paper's appendix A.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sonde {

struct SipKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

// The numbers are those of the specification.
// NOLINTBEGIN(readability-magic-numbers)
class SipHash24 {
 public:
  explicit constexpr SipHash24(const SipKey& key) noexcept
      : v0_(key.k0 ^ 0x736f6d6570736575),
        v1_(key.k1 ^ 0x646f72616e646f6d),
        v2_(key.k0 ^ 0x6c7967656e657261),
        v3_(key.k1 ^ 0x7465646279746573) {}

  // Eight bytes, the first of them lowest.
  constexpr void word(std::uint64_t word) noexcept {
    v3_ ^= word;
    round();
    round();
    v0_ ^= word;
  }
  // `rest`: the size % 8 bytes left; zeros above them.
  [[nodiscard]] constexpr std::uint64_t finish(std::uint64_t rest, std::size_t size) noexcept {
    word(static_cast<std::uint64_t>(size) << 56 | rest);
    v2_ ^= 0xff;
    for (int i = 0; i < 4; ++i) {
      round();
    }
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  constexpr void round() noexcept {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  std::uint64_t v0_, v1_, v2_, v3_;
};
// NOLINTEND(readability-magic-numbers)

[[nodiscard]] std::uint64_t siphash24(const SipKey& key, std::span<const std::byte> data) noexcept;

}  // namespace sonde
