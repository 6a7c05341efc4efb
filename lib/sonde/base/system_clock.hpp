// system_clock.hpp: the Clock of this computer. The only place in the project that reads one.
// now(): CLOCK_MONOTONIC on Linux, QueryPerformanceCounter on Windows. wall(): real time.
#pragma once

#include "sonde/base/clock.hpp"

namespace sonde {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const noexcept override;
  [[nodiscard]] WallTime wall() const noexcept override;
};

}  // namespace sonde
