// time.hpp: the kinds of time, as types that cannot be mixed up.
// Duration: signed nanoseconds. Instant: nanoseconds on the steady clock (origin unspecified,
// never steps). WallTime: nanoseconds since 1970-01-01T00:00:00Z, for labels only. DeviceTime:
// nanoseconds on the clock of a network interface, whose origin only the interface knows.
// No now() here: time comes in as an argument or from a Clock (clock.hpp). Pure.
#pragma once

#include <chrono>
#include <cstdint>

namespace sonde {

using Duration = std::chrono::nanoseconds;

// A tag in the shape of a std::chrono clock, without now(): nothing can read time through it.
struct SteadyTimeline {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<SteadyTimeline, Duration>;
  static constexpr bool is_steady = true;
};
struct WallTimeline {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<WallTimeline, Duration>;
  static constexpr bool is_steady = false;
};
struct DeviceTimeline {
  using rep = Duration::rep;
  using period = Duration::period;
  using duration = Duration;
  using time_point = std::chrono::time_point<DeviceTimeline, Duration>;
  static constexpr bool is_steady = false;
};

using Instant = SteadyTimeline::time_point;
using WallTime = WallTimeline::time_point;
using DeviceTime = DeviceTimeline::time_point;

using namespace std::chrono_literals;  // NOLINT(google-global-names-in-headers): 1s, 10ms

}  // namespace sonde
