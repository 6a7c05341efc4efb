// trace_patience.hpp: how long the answer to a probe is waited for, as things stand.
// The more is known of the path behind a hop, the sooner its silence is believed. A false star is
// worse than a few milliseconds: every wait has a floor for routers that are slow to complain, and
// none is shorter than the longest RTT of the path, since the run goes on that long anyway. Who
// was silent as often as may be asked at a time is asked again, but not waited for as long.
// Pure.
#pragma once

#include <cstdint>

#include "sonde/base/time.hpp"
#include "sonde/engine/path_shape.hpp"

namespace sonde::engine {

struct TracePatience {
  Duration timeout = 3s;  // never longer, but for 200 ms where nobody answered yet
  bool adaptive = true;   // false: always as long
};

// Probes of one TTL and flow that may be out at a time.
inline constexpr std::uint32_t kMostPerHop = 3;

// One hop, of which `given_up` probes stayed silent, of all flows.
struct AskedHop {
  net::Ttl ttl;
  std::uint32_t given_up = 0;
};

// From the moment at which the probe was handed to the system.
[[nodiscard]] Duration wait_for(const TracePatience& patience, const PathShape& shape,
                                const AskedHop& hop) noexcept;

}  // namespace sonde::engine
