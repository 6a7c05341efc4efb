#include "sonde/base/permutation.hpp"

#include <bit>

#include "sonde/base/random.hpp"

namespace sonde {
namespace {

constexpr std::uint64_t mask_of(unsigned bits) noexcept {
  return bits == 0 ? 0 : ~std::uint64_t{0} >> (64U - bits);
}

// The numbers below are those of SplitMix64.
// NOLINTBEGIN(readability-magic-numbers)
// Every bit of the result depends on every bit of both (the finaliser of SplitMix64).
std::uint64_t mix(std::uint64_t value, std::uint64_t key) noexcept {
  constexpr std::uint64_t kFirst = 0xbf58476d1ce4e5b9;
  constexpr std::uint64_t kSecond = 0x94d049bb133111eb;
  std::uint64_t z = value + key;
  z = (z ^ (z >> 30U)) * kFirst;
  z = (z ^ (z >> 27U)) * kSecond;
  return z ^ (z >> 31U);
}
// NOLINTEND(readability-magic-numbers)

}  // namespace

Permutation::Permutation(std::uint64_t size, std::uint64_t seed) noexcept : size_(size) {
  const unsigned bits = size < 2 ? 0 : static_cast<unsigned>(std::bit_width(size - 1));
  low_bits_ = bits / 2;
  low_mask_ = mask_of(low_bits_);
  high_mask_ = mask_of(bits - low_bits_);
  SeededRng rng(seed);
  for (std::uint64_t& key : keys_) {
    key = rng.next();
  }
}

std::uint64_t Permutation::shuffle(std::uint64_t value) const noexcept {
  std::uint64_t low = value & low_mask_;
  std::uint64_t high = value >> low_bits_;
  for (std::size_t round = 0; round < kRounds; round += 2) {
    high ^= mix(low, keys_[round]) & high_mask_;
    low ^= mix(high, keys_[round + 1]) & low_mask_;
  }
  return (high << low_bits_) | low;
}

std::uint64_t Permutation::at(std::uint64_t position) const noexcept {
  std::uint64_t value = shuffle(position);
  while (value >= size_) {
    value = shuffle(value);
  }
  return value;
}

}  // namespace sonde
