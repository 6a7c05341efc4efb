#include "sonde/base/clock.hpp"

namespace sonde {

ClockPair read_both(const Clock& clock) noexcept {
  // Interrupted between the reads, a pair would be wrong by half the interruption: read again, and
  // the pair that took least is kept.
  constexpr int kAttempts = 3;
  constexpr Duration kUndisturbed = 1us;
  ClockPair pair;
  Duration least = Duration::max();
  for (int attempt = 0; attempt < kAttempts && least > kUndisturbed; ++attempt) {
    const Instant before = clock.now();
    const WallTime wall = clock.wall();
    const Duration took = clock.now() - before;
    if (took < least) {
      least = took;
      pair = {.steady = before + took / 2, .wall = wall};
    }
  }
  return pair;
}

}  // namespace sonde
