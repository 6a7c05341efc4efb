// quoted.hpp: the original datagram inside an ICMP error (RFC 792: IP header + 8 bytes at least;
// RFC 1812 section 4.3.2.3: routers may quote more; RFC 4443: as much as fits).
// In: ErrorBody::quoted, and the family of the packet that carried it. Out: who sent it where, with
// which header fields, and the first words of the transport header. Views point into the caller's
// bytes. Errors: truncated (less than the IP header + 8 bytes), bad_version, bad_length (IHL),
// unsupported (a later fragment: no transport header in it). Pure, no allocation.
#pragma once

#include <expected>
#include <optional>

#include "sonde/base/bytes.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/wire/decode_error.hpp"
#include "sonde/wire/icmp_message.hpp"

namespace sonde::wire {

struct QuotedDatagram {
  net::Address source;
  net::Address destination;
  net::Tos tos;  // as the responder saw it: differs from the sent one where it was rewritten
  net::Ttl ttl;
  net::IpProtocol protocol;
  std::uint16_t identification = 0;  // IPv4 only
  std::uint32_t total_length = 0;    // IP header included, as the header says
  std::uint32_t flow_label = 0;      // IPv6 only
  std::optional<IcmpType> icmp;      // protocol ICMP or ICMPv6: echo fields below
  net::IcmpIdent ident;
  net::IcmpSeq seq;
  net::Port source_port;  // UDP and TCP
  net::Port destination_port;
  std::uint32_t tcp_sequence = 0;        // TCP
  std::uint16_t transport_checksum = 0;  // ICMP and UDP (TCP's is beyond 8 bytes)
  // Behind the 8 quoted bytes, at most what the IP header says: often empty. Old systems quote an
  // IPv4 total length with its bytes swapped or the header subtracted: one too small to be true is
  // ignored, and then padding may stand here.
  Bytes payload;
};

[[nodiscard]] std::expected<QuotedDatagram, DecodeError> decode_quoted(Bytes quoted,
                                                                       net::Family family) noexcept;
// The transport part alone, for sources that hand over no IP header (datagram sockets).
[[nodiscard]] std::expected<QuotedDatagram, DecodeError> decode_quoted_transport(
    Bytes transport, net::IpProtocol protocol) noexcept;

}  // namespace sonde::wire
