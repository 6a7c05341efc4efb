#include "sonde/base/clock.hpp"

namespace sonde {

ClockPair read_both(const Clock& clock) noexcept {
  // Interrupted between the reads, a pair would be wrong by half the interruption: read again.
  constexpr int kAttempts = 3;
  constexpr Duration kUndisturbed = 1us;
  ClockPair pair;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const Instant before = clock.now();
    pair.wall = clock.wall();
    const Duration took = clock.now() - before;
    pair.steady = before + took / 2;
    if (took <= kUndisturbed) {
      break;
    }
  }
  return pair;
}

}  // namespace sonde
