// open_trace.hpp: the best backend for a trace that our rights allow, for one run.
// ICMP: as open.hpp, datagram or raw sockets. UDP: unprivileged through the error queue (ip(7),
// IP_RECVERR), and through a raw ICMP socket beside it where CAP_NET_RAW is permitted. TCP: SYN
// probes, by a connect() each that never completes into a connection of use, or raw.
// What an answer is, whatever the protocol:
//   Observation reply       echo reply; TCP SYN-ACK or RST from the destination
//   Observation icmp_error  time exceeded, unreachable (a UDP destination says port unreachable)
// ProbeSpec: ip.ttl, ip.tos, ip.dont_fragment, flow and payload as everywhere; the payload of UDP
// and TCP probes carries the token too, as far as it goes (a SYN carries none on the wire).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "sonde/transport/open.hpp"

namespace sonde::transport {

enum class TraceProtocol : std::uint8_t { icmp, udp, tcp };

enum class FlowStyle : std::uint8_t {
  constant,  // Paris: addresses, ports and ICMP checksum are the same for all probes of a flow
  varying,   // classic: every probe has a destination port (or ICMP checksum) of its own
};

struct TraceOpenOptions {
  OpenOptions common{};  // `backend`: dgram means unprivileged, raw means privileged
  TraceProtocol protocol = TraceProtocol::icmp;
  // The destination port of flow 0 (UDP: flow n has port + n; absent: UDP 33434, TCP 80).
  std::optional<net::Port> port{};
  FlowStyle flow_style = FlowStyle::constant;
  // UDP: constant ports may give way to a port for each probe, once answers came that do not say
  // which probe they are for. Not where several flows are to be compared.
  bool may_vary = true;
};

// Capabilities::backend says "linux-icmp-raw", "linux-udp-errqueue", "linux-udp-raw",
// "linux-tcp-connect", "linux-tcp-raw". Errors: as open_icmp(); `unsupported` where this system has
// no way to send such probes (Windows: UDP, TCP).
[[nodiscard]] std::expected<Opened, Error> open_trace(const TraceOpenOptions& options,
                                                      const Clock& clock, Rng& rng);

}  // namespace sonde::transport
