// permutation.hpp: all numbers below a size, each once, in an order that looks random.
// In: size n and a seed. Out: at(position), a bijection on [0, n) in constant memory and time; the
// same for the same n and seed on every machine.
// An unbalanced Feistel network (Luby and Rackoff, SIAM J. Comput. 1988) over the smallest power of
// two that holds n, walked until it is back below n (Black and Rogaway, CT-RSA 2002): on average
// under two steps. Not for secrets. Pure.
#pragma once

#include <array>
#include <cstdint>

namespace sonde {

class Permutation {
 public:
  Permutation(std::uint64_t size, std::uint64_t seed) noexcept;

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  // position < size().
  [[nodiscard]] std::uint64_t at(std::uint64_t position) const noexcept;

 private:
  static constexpr std::size_t kRounds = 8;
  [[nodiscard]] std::uint64_t shuffle(std::uint64_t value) const noexcept;

  std::uint64_t size_;
  unsigned low_bits_;
  std::uint64_t low_mask_;
  std::uint64_t high_mask_;
  std::array<std::uint64_t, kRounds> keys_{};
};

}  // namespace sonde
