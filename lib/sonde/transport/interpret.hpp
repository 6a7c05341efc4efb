// interpret.hpp: from the bytes of a packet to an Observation of one of our probes.
// In:  what a socket handed over (Packet), or what an operating system's error queue says
//      (QueuedIcmpError); the matcher of that socket; both clocks, read after the packet was.
// Out: the observation, in the caller's slot, of which nothing is left; it is the one hot path that
//      a sweep takes a million times a second, so it copies nothing. Errors: the cause for which
//      the packet is turned away; the slot then holds nothing of use.
// RFC 792 redirects and source quenches are no outcome of a probe, which goes on its way (RFC 1812
// section 5.2.7.2; RFC 6633 section 3: discard): Reject::stranger, and filters keep them out.
// Called by every backend that sees packets, and by the fuzz targets. Pure; allocates only for
// extensions and header options.
#pragma once

#include <expected>
#include <optional>

#include "sonde/base/bytes.hpp"
#include "sonde/base/clock.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/transport/matcher.hpp"
#include "sonde/transport/rx_time.hpp"

namespace sonde::transport {

enum class PacketLayout : std::uint8_t {
  icmp,  // from the ICMP header on, checksum verified by the kernel
  ipv4,  // from the IPv4 header on, ICMP checksum not verified (raw IPv4 sockets)
  udp,   // the payload of a UDP datagram to our port, checksum verified by the kernel
};

struct Packet {
  Bytes data;
  PacketLayout layout = PacketLayout::icmp;
  net::Address source;
  net::Port port{};               // layout udp: that it comes from
  std::optional<net::Ttl> ttl{};  // but for layout ipv4: from control messages, if they say
  std::optional<net::Tos> tos{};
  Bytes header_options{};
  std::optional<WallTime> stamp{};
  DeviceTime device_stamp{};  // zero: none
};

// An ICMP error that the kernel took apart: no IP header in the quote.
struct QueuedIcmpError {
  wire::IcmpType icmp;
  net::Address responder;
  net::Address destination;  // of the probe
  std::optional<net::Mtu> next_hop_mtu{};
  Bytes quoted;        // from the probe's ICMP header on; of a UDP probe: from its payload on
  Bytes extensions{};  // RFC 4884 structure; empty: none
  std::optional<net::Ttl> ttl{};
  std::optional<net::Tos> tos{};
  std::optional<WallTime> stamp{};
  net::Port port{};  // that a UDP probe was sent to
};

[[nodiscard]] std::expected<void, probe::Reject> interpret(const Packet& packet,
                                                           const Matcher& matcher,
                                                           const ReadTime& now,
                                                           probe::Observation& seen);
[[nodiscard]] std::expected<void, probe::Reject> interpret(const QueuedIcmpError& error,
                                                           const Matcher& matcher,
                                                           const ReadTime& now,
                                                           probe::Observation& seen);

}  // namespace sonde::transport
