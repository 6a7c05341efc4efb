// sim_kernel.hpp: what a kernel does between a received IP packet and a socket of ours.
// Raw: an IPv4 packet comes as it is, an IPv6 one without its header and with its checksum
// verified. Datagram: checksums are verified, ICMP errors come taken apart, as from an error queue.
// Out: what transport/interpret makes of it. Pure.
#pragma once

#include <expected>
#include <optional>

#include "sonde/base/bytes.hpp"
#include "sonde/base/clock.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/transport/matcher.hpp"
#include "sonde/transport/rx_time.hpp"

namespace sonde::test {

[[nodiscard]] std::expected<probe::Observation, probe::Reject> read_raw(
    Bytes packet, const std::optional<WallTime>& stamp, const transport::Matcher& matcher,
    const transport::ReadTime& now);
[[nodiscard]] std::expected<probe::Observation, probe::Reject> read_dgram(
    Bytes packet, const std::optional<WallTime>& stamp, const transport::Matcher& matcher,
    const transport::ReadTime& now);

}  // namespace sonde::test
