// tcp_interpret.hpp: from the bytes of a packet to the answer to one of our SYNs (raw sockets).
// An answer of the destination is a SYN-ACK or a RST with ack = sequence + 1, from the address and
// port that were asked, to the port that asked. An ICMP error must quote a SYN of ours: its
// sequence number, which nobody else can know (sent_syns.hpp), and the destination. What else in
// the quote is not as it was sent (source, ports, checksum where it is quoted) was rewritten on the
// way. Checksums of TCP segments are not looked at: on their way inside one machine they are
// incomplete. Errors: the cause for which the packet is turned away. Pure; allocates only for
// extensions.
#pragma once

#include <expected>

#include "sonde/net/fields.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/transport/interpret.hpp"
#include "sonde/transport/rx_time.hpp"
#include "sonde/transport/sent_syns.hpp"

namespace sonde::transport {

// Packet::layout `ipv4`: from the IP header on; `icmp`: what stands behind it, of either family.
[[nodiscard]] std::expected<probe::Observation, probe::Reject> interpret_segment(
    const Packet& packet, const SentSyns& sends, net::Port port, const ReadTime& now);
[[nodiscard]] std::expected<probe::Observation, probe::Reject> interpret_syn_error(
    const Packet& packet, const SentSyns& sends, net::Port port, const ReadTime& now);

}  // namespace sonde::transport
