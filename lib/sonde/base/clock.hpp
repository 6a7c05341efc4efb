// clock.hpp: where time comes from. One implementation reads the system (system_clock.cpp);
// tests and the simulated network bring a virtual one.
#pragma once

#include "sonde/base/time.hpp"

namespace sonde {

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() const noexcept = 0;    // steady, never goes back
  [[nodiscard]] virtual WallTime wall() const noexcept = 0;  // may step: for labels only
};

// Both timelines read back to back, to carry a label or a kernel stamp from one to the other.
struct ClockPair {
  Instant steady;
  WallTime wall;
};

// Two steady reads around the wall read; `steady` is their middle, so the pair is good to half of
// what the three reads took (about 50 ns on Linux). Tried up to three times while that is over 1
// us; the best is kept.
[[nodiscard]] ClockPair read_both(const Clock& clock) noexcept;

// What the wall clock would have shown at `when`, judged from `reference`.
[[nodiscard]] constexpr WallTime wall_at(const ClockPair& reference, Instant when) noexcept {
  return reference.wall + (when - reference.steady);
}

}  // namespace sonde
