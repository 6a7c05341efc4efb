#include "sonde/base/system_clock.hpp"

#include <chrono>

namespace sonde {

Instant SystemClock::now() const noexcept {
  return Instant{
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch())};
}

WallTime SystemClock::wall() const noexcept {
  return WallTime{
      std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())};
}

}  // namespace sonde
