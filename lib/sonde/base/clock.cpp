#include "sonde/base/clock.hpp"

namespace sonde {

ClockPair read_both(const Clock& clock) noexcept {
  const Instant before = clock.now();
  const WallTime wall = clock.wall();
  const Instant after = clock.now();
  return {.steady = before + (after - before) / 2, .wall = wall};
}

}  // namespace sonde
