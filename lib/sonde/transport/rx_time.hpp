// rx_time.hpp: a kernel stamp, which is on the wall clock, carried over to the steady clock.
// In:  the stamp, both clocks read together after the stamp was fetched, how old a stamp may be,
// and
//      the earliest instant that makes sense (when the probe was sent).
// Out: now - age, with StampSource::kernel, if the age is not negative nor too great and the result
//      is not before `earliest`; else now, with StampSource::user. A wall clock that was stepped
//      between stamp and read moves no measurement (RELIABILITY.md section 2, row 1); a process
//      that was stopped in between (SIGSTOP, a paused machine) still gets the true time. The result
//      is in [earliest, now] whenever earliest <= now.
// Pure; inline, for it runs once a packet.
#pragma once

#include <optional>

#include "sonde/base/clock.hpp"
#include "sonde/base/time.hpp"
#include "sonde/probe/observation.hpp"

namespace sonde::transport {

// Stamps are fetched within microseconds; up to this age one is believed when nothing is known of
// the clocks before.
inline constexpr Duration kMaxStampAge = 100ms;
// Both clocks are read one after the other: a true stamp may seem this much too early.
inline constexpr Duration kStampTolerance = 1us;

// Both clocks, read after a packet was, and the age up to which its stamp is believed.
struct ReadTime : ClockPair {
  Duration oldest_stamp = kMaxStampAge;
  // NOLINTNEXTLINE(google-explicit-constructor): a pair alone is a read with nothing known before
  constexpr ReadTime(const ClockPair& now) noexcept : ClockPair(now) {}
};

// Stamps since `before` are believed however old they are, if the wall clock has run beside the
// steady one since then: apart by no more than slewing can bring about (adjtimex(2): 500 ppm). If
// it was stepped, no stamp is: it may be of before the step.
[[nodiscard]] constexpr ReadTime read_time(const ClockPair& before, const ClockPair& now) noexcept {
  constexpr Duration kNoise = 100us;
  constexpr int kSlewDivisor = 1000;
  const Duration elapsed = now.steady - before.steady;
  const Duration apart = (now.wall - before.wall) - elapsed;
  const bool alike = std::chrono::abs(apart) <= kNoise + elapsed / kSlewDivisor;
  ReadTime read = now;
  read.oldest_stamp = alike ? kMaxStampAge + elapsed : Duration::zero();
  return read;
}

// The readings of one receiver. What one turn reads, it reads within moments; all of it is judged
// from a reading of a turn before, which is older than any stamp that the process slept through.
class ReadTimes {
 public:
  explicit constexpr ReadTimes(const ClockPair& first) noexcept : older_(first), recent_(first) {}
  [[nodiscard]] constexpr ReadTime at(const ClockPair& now) noexcept {
    constexpr Duration kOneTurn = 10ms;
    if (now.steady - recent_.steady >= kOneTurn) {
      older_ = recent_;
      recent_ = now;
    }
    return read_time(older_, now);
  }

 private:
  ClockPair older_;
  ClockPair recent_;
};

struct StampedInstant {
  Instant at;
  probe::StampSource source = probe::StampSource::user;
};

// When a packet arrived, as well as can be known.
[[nodiscard]] constexpr StampedInstant arrival_of(const std::optional<WallTime>& stamp,
                                                  const ReadTime& now, Instant earliest) noexcept {
  // Compared before subtracted: an absurd stamp must not overflow.
  if (stamp && *stamp <= now.wall && *stamp >= now.wall - now.oldest_stamp) {
    const Instant named = now.steady - (now.wall - *stamp);
    if (named >= earliest) {
      return {.at = named, .source = probe::StampSource::kernel};
    }
  }
  return {.at = now.steady, .source = probe::StampSource::user};
}

// The instant that a believable stamp names; nullopt: no stamp, or not to be believed.
[[nodiscard]] constexpr std::optional<Instant> instant_of_stamp(
    const std::optional<WallTime>& stamp, const ReadTime& now, Instant earliest) noexcept {
  const StampedInstant arrival = arrival_of(stamp, now, earliest);
  return arrival.source == probe::StampSource::kernel ? std::optional(arrival.at) : std::nullopt;
}

}  // namespace sonde::transport
