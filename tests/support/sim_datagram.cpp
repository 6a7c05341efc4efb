#include "tests/support/sim_datagram.hpp"

#include <algorithm>

#include "sonde/base/siphash.hpp"
#include "sonde/wire/checksum.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/ipv6.hpp"

namespace sonde::test {
namespace {

constexpr std::size_t kPorts = 4;     // bytes: source and destination
constexpr std::size_t kIcmpFlow = 6;  // type, code, checksum, identifier
constexpr std::size_t kTcpHeader = 20;
constexpr std::size_t kUdpChecksumAt = 6;
constexpr std::size_t kTcpChecksumAt = 16;
constexpr std::size_t kIcmpChecksumAt = 2;
constexpr std::size_t kV4SourceAt = 12;
constexpr std::size_t kV6SourceAt = 8;
constexpr std::size_t kV4TosAt = 1;
constexpr std::size_t kV4TtlAt = 8;

std::optional<std::size_t> checksum_at(net::IpProtocol protocol) {
  if (protocol == net::kUdp) {
    return kUdpChecksumAt;
  }
  if (protocol == net::kTcp) {
    return kTcpChecksumAt;
  }
  return protocol == net::kIcmpV6 ? std::optional(kIcmpChecksumAt) : std::nullopt;
}

std::uint16_t u16_at(Bytes bytes, std::size_t at) {
  return Reader(bytes.subspan(std::min(at, bytes.size()))).u16();
}

// Makes the IPv4 header checksum right, if it is one.
PacketBytes finished(PacketBytes packet, const Datagram& datagram) {
  return datagram.ip.source.is_v4()
             ? with_ttl(packet, net::Ttl(std::to_integer<std::uint8_t>(packet[kV4TtlAt])))
             : packet;
}

}  // namespace

std::optional<Datagram> parse_datagram(Bytes packet) {
  if (const auto v4 = wire::decode_ipv4(packet)) {
    return Datagram{
        .ip = {.source = v4->header.source,
               .destination = v4->header.destination,
               .ttl = v4->header.ttl,
               .tos = v4->header.tos,
               .dont_fragment = v4->header.dont_fragment,
               .header_options = {v4->header.options.begin(), v4->header.options.end()}},
        .protocol = v4->header.protocol,
        .payload = v4->payload};
  }
  if (const auto v6 = wire::decode_ipv6(packet)) {
    return Datagram{.ip = {.source = v6->header.source,
                           .destination = v6->header.destination,
                           .ttl = v6->header.hop_limit,
                           .tos = v6->header.traffic_class,
                           .dont_fragment = true,  // routers never fragment IPv6
                           .flow_label = v6->header.flow_label},
                    .protocol = v6->upper_protocol,
                    .payload = v6->payload};
  }
  return std::nullopt;
}

std::uint64_t flow_hash(const Datagram& datagram, std::uint64_t seed) {
  const bool icmp = datagram.protocol == net::kIcmp || datagram.protocol == net::kIcmpV6;
  const Bytes head =
      datagram.payload.first(std::min(datagram.payload.size(), icmp ? kIcmpFlow : kPorts));
  SipHash24 hash{SipKey{.k0 = seed, .k1 = datagram.protocol.value}};
  for (const Bytes part : {datagram.ip.source.bytes(), datagram.ip.destination.bytes(), head}) {
    for (const std::byte byte : part) {
      hash.word(std::to_integer<std::uint64_t>(byte));
    }
  }
  hash.word(datagram.ip.flow_label);
  return hash.finish(0, 0);
}

PacketBytes with_source(Bytes bytes, const net::Address& source) {
  PacketBytes packet(bytes.begin(), bytes.end());
  const auto before = parse_datagram(bytes);
  if (!before || before->ip.source.family() != source.family()) {
    return packet;
  }
  const std::size_t at = source.is_v4() ? kV4SourceAt : kV6SourceAt;
  const auto start = static_cast<std::size_t>(before->payload.data() - bytes.data());
  if (const auto sum = checksum_at(before->protocol);
      sum && start + *sum + 2 <= packet.size() && u16_at(before->payload, *sum) != 0) {
    std::uint16_t checksum = u16_at(before->payload, *sum);
    for (std::size_t i = 0; i < source.bytes().size(); i += 2) {
      checksum = wire::checksum_update(checksum, u16_at(bytes, at + i), u16_at(source.bytes(), i));
    }
    Writer(MutableBytes(packet).subspan(start + *sum)).u16(checksum);
  }
  Writer(MutableBytes(packet).subspan(at)).bytes(source.bytes());
  return finished(std::move(packet), *before);
}

PacketBytes with_tos(Bytes bytes, net::Tos tos) {
  constexpr int kNibble = 4;
  constexpr unsigned kLow = 0x0f;
  PacketBytes packet(bytes.begin(), bytes.end());
  const auto before = parse_datagram(bytes);
  if (!before) {
    return packet;
  }
  if (before->ip.source.is_v4()) {
    packet[kV4TosAt] = static_cast<std::byte>(tos.value);
    return finished(std::move(packet), *before);
  }
  // | version 4 | traffic class 8 | flow label 20 |
  packet[0] = static_cast<std::byte>((std::to_integer<unsigned>(packet[0]) & ~kLow) |
                                     (unsigned{tos.value} >> kNibble));
  packet[1] = static_cast<std::byte>((std::to_integer<unsigned>(packet[1]) & kLow) |
                                     ((unsigned{tos.value} & kLow) << kNibble));
  return packet;
}

PacketBytes tcp_reset(const Datagram& syn, const IpFields& ip) {
  constexpr std::uint16_t kFiveWordsRstAck = 0x5014;
  Reader in(syn.payload);
  const std::uint16_t from = in.u16();
  const std::uint16_t to = in.u16();
  const std::uint32_t sequence = in.u32();
  PacketBytes segment(kTcpHeader);
  Writer out(segment);
  out.u16(to);
  out.u16(from);
  out.u32(0);
  out.u32(sequence + 1);
  out.u16(kFiveWordsRstAck);
  out.fill(kTcpHeader - out.size(), std::byte{0});
  wire::ChecksumSum sum;
  sum.add_pseudo_header(ip.source, ip.destination, net::kTcp, kTcpHeader);
  sum.add(segment);
  Writer(MutableBytes(segment).subspan(kTcpChecksumAt)).u16(sum.value());
  return encode_ip(ip, net::kTcp, segment);
}

}  // namespace sonde::test
