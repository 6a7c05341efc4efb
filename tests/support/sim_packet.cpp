#include "tests/support/sim_packet.hpp"

#include <algorithm>
#include <array>

#include "sonde/wire/checksum.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/ipv6.hpp"

namespace sonde::test {
namespace {

constexpr std::size_t kChecksumAt = 2;  // in an ICMP message
constexpr std::size_t kV4TtlAt = 8;     // in an IPv4 header
constexpr std::size_t kMaxExtensions = 1024;
constexpr std::size_t kQuotedField = 128;  // RFC 4884: the original datagram before extensions
constexpr std::size_t kV4LengthAt = 5;     // of the length attribute, in words of 4 bytes
constexpr std::size_t kV6LengthAt = 4;     // in words of 8 bytes

void put_u32(PacketBytes& bytes, std::size_t at, std::uint32_t value) {
  Writer(MutableBytes(bytes).subspan(at)).u32(value);
}

void fill_icmp_checksum(PacketBytes& icmp, const IpFields& ip) {
  if (icmp.size() < kChecksumAt + 2) {
    return;
  }
  icmp[kChecksumAt] = icmp[kChecksumAt + 1] = std::byte{0};
  wire::ChecksumSum sum;
  if (ip.source.is_v6()) {
    sum.add_pseudo_header(ip.source, ip.destination, net::kIcmpV6,
                          static_cast<std::uint32_t>(icmp.size()));
  }
  sum.add(icmp);
  Writer(MutableBytes(icmp).subspan(kChecksumAt)).u16(sum.value());
}

PacketBytes extension_bytes(const wire::IcmpExtensions& extensions) {
  PacketBytes buffer(kMaxExtensions);
  Writer out(buffer);
  wire::encode_extensions(extensions, out);
  buffer.resize(out.size());
  return buffer;
}

std::expected<EchoPacket, wire::DecodeError> parse_icmp(
    IpFields ip, std::expected<wire::IcmpMessage, wire::DecodeError> message) {
  if (!message) {
    return std::unexpected(message.error());
  }
  if (message->message_class != wire::IcmpClass::echo_request &&
      message->message_class != wire::IcmpClass::echo_reply) {
    return std::unexpected(wire::DecodeError::unsupported);
  }
  return EchoPacket{.ip = std::move(ip),
                    .icmp = message->icmp,
                    .ident = message->ident,
                    .seq = message->seq,
                    .payload = {message->body.begin(), message->body.end()}};
}

std::expected<EchoPacket, wire::DecodeError> parse_v4(Bytes packet) {
  const auto ip = wire::decode_ipv4(packet);
  if (!ip) {
    return std::unexpected(ip.error());
  }
  if (ip->header.protocol != net::kIcmp || ip->header.more_fragments ||
      ip->header.fragment_offset != 0) {
    return std::unexpected(wire::DecodeError::unsupported);
  }
  const IpFields fields{.source = ip->header.source,
                        .destination = ip->header.destination,
                        .ttl = ip->header.ttl,
                        .tos = ip->header.tos,
                        .dont_fragment = ip->header.dont_fragment,
                        .header_options = {ip->header.options.begin(), ip->header.options.end()}};
  return parse_icmp(fields, wire::decode_icmpv4(ip->payload));
}

std::expected<EchoPacket, wire::DecodeError> parse_v6(Bytes packet) {
  const auto ip = wire::decode_ipv6(packet);
  if (!ip) {
    return std::unexpected(ip.error());
  }
  if (ip->upper_protocol != net::kIcmpV6 || ip->fragment) {
    return std::unexpected(wire::DecodeError::unsupported);
  }
  const wire::Ipv6Ends ends{.source = ip->header.source, .destination = ip->header.destination};
  const IpFields fields{.source = ends.source,
                        .destination = ends.destination,
                        .ttl = ip->header.hop_limit,
                        .tos = ip->header.traffic_class,
                        .dont_fragment = true,  // routers never fragment IPv6
                        .flow_label = ip->header.flow_label};
  return parse_icmp(fields, wire::decode_icmpv6(ip->payload, &ends));
}

void write_header(const IpFields& ip, net::IpProtocol protocol, std::size_t bytes, Writer& out) {
  if (ip.source.is_v4()) {
    const std::size_t header = wire::kIpv4MinHeader + ip.header_options.size();
    wire::encode_ipv4({.tos = ip.tos,
                       .total_length = static_cast<std::uint16_t>(header + bytes),
                       .dont_fragment = ip.dont_fragment,
                       .ttl = ip.ttl,
                       .protocol = protocol,
                       .source = ip.source,
                       .destination = ip.destination,
                       .options = ip.header_options},
                      out);
    return;
  }
  wire::encode_ipv6({.traffic_class = ip.tos,
                     .flow_label = ip.flow_label,
                     .payload_length = static_cast<std::uint16_t>(bytes),
                     .next_header = protocol,
                     .hop_limit = ip.ttl,
                     .source = ip.source,
                     .destination = ip.destination},
                    out);
}

bool is_v6(Bytes packet) {
  constexpr int kVersionShift = 4;
  constexpr std::uint8_t kSix = 6;
  return Reader(packet).u8() >> kVersionShift == kSix;
}

}  // namespace

wire::IcmpType echo_request_of(net::Family family) noexcept {
  return {.type =
              family == net::Family::v4 ? wire::icmpv4::kEchoRequest : wire::icmpv6::kEchoRequest};
}

wire::IcmpType echo_reply_of(net::Family family) noexcept {
  return {.type = family == net::Family::v4 ? wire::icmpv4::kEchoReply : wire::icmpv6::kEchoReply};
}

EchoPacket reply_to(const EchoPacket& request) {
  EchoPacket reply = request;
  reply.ip = {.source = request.ip.destination, .destination = request.ip.source};
  reply.icmp = echo_reply_of(request.ip.source.family());
  return reply;
}

std::expected<EchoPacket, wire::DecodeError> parse_echo(Bytes ip_packet) {
  return is_v6(ip_packet) ? parse_v6(ip_packet) : parse_v4(ip_packet);
}

PacketBytes encode_icmp(const IpFields& ip, PacketBytes icmp) {
  fill_icmp_checksum(icmp, ip);
  return encode_ip(ip, ip.source.is_v4() ? net::kIcmp : net::kIcmpV6, icmp);
}

PacketBytes encode_ip(const IpFields& ip, net::IpProtocol protocol, Bytes message) {
  PacketBytes packet(wire::kIpv4MaxHeader + message.size());
  Writer out(packet);
  write_header(ip, protocol, message.size(), out);
  out.bytes(message);
  packet.resize(out.size());
  return packet;
}

PacketBytes encode(const EchoPacket& echo) {
  PacketBytes icmp(wire::kIcmpHeader + echo.payload.size());
  Writer out(icmp);
  out.u8(echo.icmp.type);
  out.u8(echo.icmp.code);
  out.u16(0);
  out.u16(echo.ident.value);
  out.u16(echo.seq.value);
  out.bytes(echo.payload);
  return encode_icmp(echo.ip, std::move(icmp));
}

PacketBytes encode(const ErrorPacket& error) {
  constexpr std::size_t kV4Word = 4;
  constexpr std::size_t kV6Word = 8;
  PacketBytes icmp(wire::kIcmpHeader);
  icmp[0] = static_cast<std::byte>(error.icmp.type);
  icmp[1] = static_cast<std::byte>(error.icmp.code);
  put_u32(icmp, kChecksumAt + 2, error.info);
  icmp.insert(icmp.end(), error.quoted.begin(), error.quoted.end());
  if (!error.extensions.objects.empty()) {
    const bool v4 = error.ip.source.is_v4();
    const std::size_t word = v4 ? kV4Word : kV6Word;
    const std::size_t all = (error.quoted.size() + word - 1) / word * word;
    const std::size_t field =
        error.layout == QuoteLayout::long_quote ? std::max(all, kQuotedField) : kQuotedField;
    icmp.resize(wire::kIcmpHeader + field);
    const std::size_t length = error.layout == QuoteLayout::no_length ? 0 : field / word;
    icmp[v4 ? kV4LengthAt : kV6LengthAt] = static_cast<std::byte>(length);
    const PacketBytes extensions = extension_bytes(error.extensions);
    icmp.insert(icmp.end(), extensions.begin(), extensions.end());
  }
  return encode_icmp(error.ip, std::move(icmp));
}

std::size_t icmp_offset(Bytes ip_packet) noexcept {
  constexpr std::uint8_t kLengthBits = 0x0f;
  constexpr std::size_t kWord = 4;
  return is_v6(ip_packet) ? wire::kIpv6Header
                          : static_cast<std::size_t>(Reader(ip_packet).u8() & kLengthBits) * kWord;
}

void spoil_checksum(PacketBytes& ip_packet) {
  const std::size_t at = icmp_offset(ip_packet) + kChecksumAt;
  if (at < ip_packet.size()) {
    ip_packet[at] ^= std::byte{0x55};
  }
}

PacketBytes cut_icmp(const PacketBytes& ip_packet, std::size_t icmp_bytes) {
  const std::size_t header = icmp_offset(ip_packet);
  const std::size_t kept = std::min(ip_packet.size(), header + icmp_bytes);
  PacketBytes cut(ip_packet.begin(), ip_packet.begin() + static_cast<std::ptrdiff_t>(kept));
  constexpr std::size_t kV4LengthField = 2;
  constexpr std::size_t kV6LengthField = 4;
  const bool v6 = is_v6(cut);
  Writer(MutableBytes(cut).subspan(v6 ? kV6LengthField : kV4LengthField))
      .u16(static_cast<std::uint16_t>(v6 ? kept - header : kept));
  return v6 ? cut : with_ttl(cut, net::Ttl(std::to_integer<std::uint8_t>(cut[kV4TtlAt])));
}

PacketBytes with_ttl(Bytes ip_packet, net::Ttl ttl) {
  constexpr std::size_t kV4ChecksumAt = 10;
  constexpr std::size_t kV6HopLimitAt = 7;
  PacketBytes packet(ip_packet.begin(), ip_packet.end());
  if (is_v6(packet)) {
    packet[kV6HopLimitAt] = static_cast<std::byte>(ttl.value);
    return packet;
  }
  packet[kV4TtlAt] = static_cast<std::byte>(ttl.value);
  packet[kV4ChecksumAt] = packet[kV4ChecksumAt + 1] = std::byte{0};
  const std::uint16_t checksum = wire::internet_checksum(Bytes(packet).first(icmp_offset(packet)));
  Writer(MutableBytes(packet).subspan(kV4ChecksumAt)).u16(checksum);
  return packet;
}

}  // namespace sonde::test
