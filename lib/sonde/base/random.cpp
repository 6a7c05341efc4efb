#include "sonde/base/random.hpp"

namespace sonde {

std::uint64_t Rng::below(std::uint64_t bound) { return next() % bound; }

double Rng::unit() {
  constexpr int kDiscardedBits = 11;  // a double has 53 bits of mantissa
  constexpr double kScale = 0x1.0p-53;
  return static_cast<double>(next() >> kDiscardedBits) * kScale;
}

std::uint64_t SeededRng::next() noexcept {
  // The constants are SplitMix64's own.
  constexpr std::uint64_t kGamma = 0x9e3779b97f4a7c15;
  constexpr std::uint64_t kMix1 = 0xbf58476d1ce4e5b9;
  constexpr std::uint64_t kMix2 = 0x94d049bb133111eb;
  constexpr int kShift1 = 30;
  constexpr int kShift2 = 27;
  constexpr int kShift3 = 31;
  state_ += kGamma;
  std::uint64_t z = state_;
  z = (z ^ (z >> kShift1)) * kMix1;
  z = (z ^ (z >> kShift2)) * kMix2;
  return z ^ (z >> kShift3);
}

}  // namespace sonde
