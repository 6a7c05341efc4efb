// rtt_clock.hpp: which clocks an RTT was measured with, and what the interface's makes of it. Pure.
#pragma once

#include <optional>

#include "sonde/probe/event.hpp"
#include "sonde/probe/observation.hpp"

namespace sonde::engine {

// `received`: who stamped the answer; `transmit_stamp`: the kernel stamped the probe.
[[nodiscard]] constexpr probe::RttClock clock_of(probe::StampSource received,
                                                 bool transmit_stamp) noexcept {
  if (received == probe::StampSource::api) {
    return probe::RttClock::api_ms;
  }
  if (received == probe::StampSource::user) {
    return probe::RttClock::steady;
  }
  return transmit_stamp ? probe::RttClock::kernel_tx_rx : probe::RttClock::kernel_rx;
}

// By the clock of the interface that stamped both packets. The packet is in the interface's hands
// after the kernel stamped it on its way out, and before on its way in: what is longer than `seen`,
// the time that the system saw, or negative, comes of a clock that was stepped or of two clocks,
// and is no RTT (nullopt). Clocks that run apart by a thousandth are forgiven.
[[nodiscard]] constexpr std::optional<Duration> device_rtt(DeviceTime sent, DeviceTime received,
                                                           Duration seen) noexcept {
  constexpr int kDriftDivisor = 1000;
  constexpr Duration kNoise = 1us;
  if (sent <= DeviceTime{} || received < sent) {
    return std::nullopt;
  }
  const Duration rtt = received - sent;
  return rtt <= seen + seen / kDriftDivisor + kNoise ? std::optional(rtt) : std::nullopt;
}

}  // namespace sonde::engine
