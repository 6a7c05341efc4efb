// virtual_clock.hpp: a Clock that stands still until a test moves it.
// The two timelines are independent, as on a computer: advance() moves both, step_wall() only the
// wall clock, which may go back. The steady clock refuses to.
#pragma once

#include <stdexcept>

#include "sonde/base/clock.hpp"

namespace sonde::test {

class VirtualClock final : public Clock {
 public:
  // Not 0: an unset time must not look like the start.
  static constexpr Instant kStart{1000s};
  static constexpr WallTime kWallStart{1'795'289'186s};  // 2026-11-21T19:26:26Z

  VirtualClock() = default;
  explicit VirtualClock(Instant start) noexcept : now_(start), start_(start) {}

  [[nodiscard]] Instant now() const noexcept override { return now_; }
  [[nodiscard]] WallTime wall() const noexcept override { return wall_; }

  void advance(Duration by) { set(now_ + by); }
  void set(Instant now) {
    if (now < now_) {
      throw std::logic_error("a steady clock does not go back");
    }
    wall_ += now - now_;
    now_ = now;
  }
  void step_wall(Duration by) noexcept { wall_ += by; }

  [[nodiscard]] Duration elapsed() const noexcept { return now_ - start_; }

 private:
  Instant now_ = kStart;
  Instant start_ = kStart;
  WallTime wall_ = kWallStart;
};

}  // namespace sonde::test
