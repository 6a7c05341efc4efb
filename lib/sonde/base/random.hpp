// random.hpp: where unpredictable numbers come from.
// SystemRng: the operating system's generator, for keys and identifiers (fit for secrets).
// SeededRng: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), the same numbers for the same seed,
// for tests, the simulated network and payload filling. Never for keys.
#pragma once

#include <cstdint>

namespace sonde {

class Rng {
 public:
  virtual ~Rng() = default;
  [[nodiscard]] virtual std::uint64_t next() = 0;  // uniform over all 64-bit values

  // Uniform in [0, bound); bound > 0. Bias below bound / 2^64.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  // Uniform in [0, 1), 53 bits.
  [[nodiscard]] double unit();
};

class SeededRng final : public Rng {
 public:
  explicit SeededRng(std::uint64_t seed) noexcept : state_(seed) {}
  [[nodiscard]] std::uint64_t next() noexcept override;

 private:
  std::uint64_t state_;
};

class SystemRng final : public Rng {
 public:
  [[nodiscard]] std::uint64_t next() override;  // throws std::system_error: no entropy source
};

}  // namespace sonde
