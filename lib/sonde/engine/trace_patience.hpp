// trace_patience.hpp: how long the answer to a probe is waited for, as things stand.
// The more is known of the path behind a hop, the sooner its silence is believed. A false star is
// worse than a few milliseconds: every wait has a floor for routers that are slow to complain, and
// none is shorter than the longest RTT of the path, since the run goes on that long anyway.
// Pure.
#pragma once

#include "sonde/base/time.hpp"
#include "sonde/engine/path_shape.hpp"

namespace sonde::engine {

struct TracePatience {
  Duration timeout = 3s;  // never longer, but for 200 ms where nobody answered yet
  bool adaptive = true;   // false: always as long
};

// From the moment at which the probe was handed to the system.
[[nodiscard]] Duration wait_for(const TracePatience& patience, const PathShape& shape,
                                net::Ttl ttl) noexcept;

}  // namespace sonde::engine
