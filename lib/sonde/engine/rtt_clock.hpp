// rtt_clock.hpp: which clocks an RTT was measured with.
#pragma once

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

}  // namespace sonde::engine
