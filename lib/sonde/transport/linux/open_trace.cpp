// open_trace.hpp for Linux. Raw sockets come first: they show the quoted headers, which tell what
// was rewritten on the way.
#include "sonde/transport/open_trace.hpp"

#include <utility>

#include "sonde/transport/linux/open_channels.hpp"
#include "sonde/transport/linux/tcp_trace.hpp"

namespace sonde::transport {

std::expected<Opened, Error> open_trace(const TraceOpenOptions& options, const Clock& clock,
                                        Rng& rng) {
  if (options.protocol == TraceProtocol::tcp) {
    return open_tcp_trace(options, clock, rng);
  }
  const Backend backend = options.common.backend;
  ChannelPlan plan;
  if (backend != Backend::dgram) {
    plan.push_back({.kind = SocketKind::raw, .shape = ProbeShape(options, true, rng)});
  }
  if (backend != Backend::raw) {
    plan.push_back({.kind = SocketKind::dgram, .shape = ProbeShape(options, false, rng)});
  }
  auto opened = open_channels(options.common, std::move(plan), clock, rng);
  // It is the errors that UDP probes need a privilege for, and only when raw sockets were asked
  // for; a mark needs one as well, and says so itself.
  if (!opened && opened.error().code == ErrorCode::permission &&
      options.protocol == TraceProtocol::udp && !options.common.mark) {
    opened.error().operation = "cannot listen to ICMP without privilege";
  }
  return opened;
}

}  // namespace sonde::transport
