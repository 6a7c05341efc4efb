// tcp_trace.hpp: SYN probes, the best way that our rights allow; the TCP part of open_trace.hpp.
// Raw sockets where CAP_NET_RAW is permitted (tcp_raw.hpp), else connect() (tcp_connect.hpp).
// Errors: as open_trace().
#pragma once

#include <expected>

#include "sonde/base/clock.hpp"
#include "sonde/base/random.hpp"
#include "sonde/transport/error.hpp"
#include "sonde/transport/open.hpp"
#include "sonde/transport/open_trace.hpp"

namespace sonde::transport {

[[nodiscard]] std::expected<Opened, Error> open_tcp_trace(const TraceOpenOptions& options,
                                                          const Clock& clock, Rng& rng);

}  // namespace sonde::transport
