// rx_time.hpp: a kernel stamp, which is on the wall clock, carried over to the steady clock.
// In:  the stamp, both clocks read together after the stamp was fetched, and the earliest instant
//      that makes sense (when the probe was sent).
// Out: now - age, with StampSource::kernel, if 0 <= age <= kMaxStampAge and the result is not
// before
//      `earliest`; else now, with StampSource::user: a wall clock that was stepped between stamp
//      and read moves no measurement (RELIABILITY.md section 2, row 1). The result is in [earliest,
//      now] whenever earliest <= now.
// Pure; inline, for it runs once a packet.
#pragma once

#include <optional>

#include "sonde/base/clock.hpp"
#include "sonde/base/time.hpp"
#include "sonde/probe/observation.hpp"

namespace sonde::transport {

// Stamps are fetched within microseconds; an older one means a stepped clock or a stopped process.
inline constexpr Duration kMaxStampAge = 100ms;
// Both clocks are read one after the other: a true stamp may seem this much too early.
inline constexpr Duration kStampTolerance = 1us;

struct StampedInstant {
  Instant at;
  probe::StampSource source = probe::StampSource::user;
};

// The instant that a believable stamp names; nullopt: no stamp, or not to be believed.
[[nodiscard]] constexpr std::optional<Instant> instant_of_stamp(
    const std::optional<WallTime>& stamp, const ClockPair& now, Instant earliest) noexcept {
  // Compared before subtracted: an absurd stamp must not overflow.
  if (!stamp || *stamp > now.wall || *stamp < now.wall - kMaxStampAge) {
    return std::nullopt;
  }
  const Instant at = now.steady - (now.wall - *stamp);
  return at < earliest ? std::nullopt : std::optional(at);
}

// When a packet arrived, as well as can be known.
[[nodiscard]] constexpr StampedInstant arrival_of(const std::optional<WallTime>& stamp,
                                                  const ClockPair& now, Instant earliest) noexcept {
  const std::optional<Instant> kernel = instant_of_stamp(stamp, now, earliest);
  return kernel ? StampedInstant{.at = *kernel, .source = probe::StampSource::kernel}
                : StampedInstant{.at = now.steady, .source = probe::StampSource::user};
}

}  // namespace sonde::transport
