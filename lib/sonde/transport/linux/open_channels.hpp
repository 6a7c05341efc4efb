// open_channels.hpp: a Linux transport on the first rung of a ladder that our rights reach, each
// family by itself; what open_icmp() and open_trace() have in common. Errors: as open_icmp().
#pragma once

#include <expected>
#include <vector>

#include "sonde/base/clock.hpp"
#include "sonde/base/random.hpp"
#include "sonde/transport/error.hpp"
#include "sonde/transport/linux/channel.hpp"
#include "sonde/transport/open.hpp"
#include "sonde/transport/probe_shape.hpp"

namespace sonde::transport {

struct Rung {
  SocketKind kind = SocketKind::dgram;
  ProbeShape shape{};
};
using ChannelPlan = std::vector<Rung>;  // best first

[[nodiscard]] std::expected<Opened, Error> open_channels(const OpenOptions& options,
                                                         ChannelPlan plan, const Clock& clock,
                                                         Rng& rng);

}  // namespace sonde::transport
