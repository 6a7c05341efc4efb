#include "sonde/wire/quoted.hpp"

#include <algorithm>

#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/ipv6.hpp"

namespace sonde::wire {
namespace {

constexpr std::size_t kQuotedTransport = 8;  // RFC 792: at least the first 64 bits

void read_icmp(QuotedDatagram& q, Reader& in) noexcept {
  const std::uint8_t type = in.u8();
  q.icmp = IcmpType{.type = type, .code = in.u8()};
  q.transport_checksum = in.u16();
  q.ident = net::IcmpIdent(in.u16());
  q.seq = net::IcmpSeq(in.u16());
}

void read_udp(QuotedDatagram& q, Reader& in) noexcept {
  q.source_port = net::Port(in.u16());
  q.destination_port = net::Port(in.u16());
  in.skip(2);  // the length: the IP header says it too
  q.transport_checksum = in.u16();
}

void read_tcp(QuotedDatagram& q, Reader& in) noexcept {
  q.source_port = net::Port(in.u16());
  q.destination_port = net::Port(in.u16());
  q.tcp_sequence = in.u32();
}

void read_transport(QuotedDatagram& q, Reader& in) noexcept {
  switch (q.protocol.value) {
    case net::kIcmp.value:
    case net::kIcmpV6.value:
      return read_icmp(q, in);
    case net::kUdp.value:
      return read_udp(q, in);
    case net::kTcp.value:
      return read_tcp(q, in);
    default:
      in.skip(kQuotedTransport);
  }
}

// `q` with the fields of the IP header, completed by those of the transport header.
std::expected<QuotedDatagram, DecodeError> with_transport(QuotedDatagram q,
                                                          Bytes transport) noexcept {
  Reader in{transport};
  read_transport(q, in);
  if (in.failed()) {
    return std::unexpected(DecodeError::truncated);
  }
  q.payload = in.rest();
  return q;
}

std::expected<QuotedDatagram, DecodeError> decode_quoted_v4(Bytes quoted) noexcept {
  Reader in{quoted};
  const auto h = decode_ipv4_header(in);
  if (!h) {
    return std::unexpected(h.error());
  }
  if (h->fragment_offset != 0) {
    return std::unexpected(DecodeError::unsupported);
  }
  const std::size_t header_length = in.position();
  Bytes transport = in.rest();
  if (h->total_length >= header_length + kQuotedTransport) {
    transport = transport.first(std::min(transport.size(), h->total_length - header_length));
  }
  QuotedDatagram q;
  q.source = h->source;
  q.destination = h->destination;
  q.tos = h->tos;
  q.ttl = h->ttl;
  q.protocol = h->protocol;
  q.identification = h->identification;
  q.total_length = h->total_length;
  return with_transport(q, transport);
}

std::expected<QuotedDatagram, DecodeError> decode_quoted_v6(Bytes quoted) noexcept {
  const auto packet = decode_ipv6(quoted);
  if (!packet) {
    return std::unexpected(packet.error());
  }
  if (packet->fragment.value_or(Ipv6Fragment{}).offset != 0) {
    return std::unexpected(DecodeError::unsupported);
  }
  const Ipv6Header& h = packet->header;
  QuotedDatagram q;
  q.source = h.source;
  q.destination = h.destination;
  q.tos = h.traffic_class;
  q.ttl = h.hop_limit;
  q.protocol = packet->upper_protocol;
  q.total_length = static_cast<std::uint32_t>(kIpv6Header + h.payload_length);
  q.flow_label = h.flow_label;
  return with_transport(q, packet->payload);
}

}  // namespace

std::expected<QuotedDatagram, DecodeError> decode_quoted(Bytes quoted,
                                                         net::Family family) noexcept {
  return family == net::Family::v4 ? decode_quoted_v4(quoted) : decode_quoted_v6(quoted);
}

std::expected<QuotedDatagram, DecodeError> decode_quoted_transport(
    Bytes transport, net::IpProtocol protocol) noexcept {
  QuotedDatagram q;
  q.protocol = protocol;
  return with_transport(q, transport);
}

}  // namespace sonde::wire
