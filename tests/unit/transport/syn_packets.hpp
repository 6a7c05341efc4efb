// syn_packets.hpp: one SYN that went out, and the packets that may come back for it.
#pragma once

#include "sonde/transport/sent_syns.hpp"
#include "sonde/transport/tcp_interpret.hpp"
#include "sonde/wire/checksum.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/ipv6.hpp"
#include "sonde/wire/tcp.hpp"
#include "tests/support/packet_bytes.hpp"

namespace sonde::transport::test {

using sonde::test::Packet;

inline constexpr net::Port kProbed{80};
inline constexpr net::Port kOurs{40'000};
inline constexpr Instant kSentAt{1s};
inline constexpr ClockPair kRead{.steady = kSentAt + 10ms, .wall = WallTime{1'700'000'000s}};

struct Ends {
  net::Address us;
  net::Address host;
  net::Address router;
};
inline Ends ends_of(net::Family family) {
  if (family == net::Family::v4) {
    return {.us = net::Address::v4(0xc0000209),
            .host = net::Address::v4(0xc0000201),
            .router = net::Address::v4(0xc0000205)};
  }
  return {.us = *net::Address::parse("2001:db8::9"),
          .host = *net::Address::parse("2001:db8::1"),
          .router = *net::Address::parse("2001:db8::5")};
}

inline Packet segment(const wire::TcpHeader& header, const net::Address& from,
                      const net::Address& to) {
  Packet out(wire::kTcpMaxHeader);
  Writer w{out};
  wire::encode_tcp(header, {}, {.source = from, .destination = to}, w);
  out.resize(w.size());
  return out;
}

// With an IP header of either family before it.
inline Packet in_ip(const Packet& payload, net::IpProtocol protocol, const net::Address& from,
                    const net::Address& to) {
  Packet out(wire::kIpv6Header + payload.size());
  Writer w{out};
  if (from.is_v4()) {
    wire::Ipv4Header header;
    header.tos = net::Tos(0x10);
    header.ttl = net::Ttl(3);
    header.protocol = protocol;
    header.total_length = static_cast<std::uint16_t>(wire::kIpv4MinHeader + payload.size());
    header.source = from;
    header.destination = to;
    wire::encode_ipv4(header, w);
  } else {
    wire::Ipv6Header header;
    header.traffic_class = net::Tos(0x10);
    header.next_header = protocol;
    header.payload_length = static_cast<std::uint16_t>(payload.size());
    header.hop_limit = net::Ttl(3);
    header.source = from;
    header.destination = to;
    wire::encode_ipv6(header, w);
  }
  w.bytes(payload);
  out.resize(w.size());
  return out;
}

class SynHarness {
 public:
  explicit SynHarness(net::Family family) : family_(family), ends_(ends_of(family)) {
    sequence_ = sends_.next_sequence();
    syn_ = segment(syn_header(), ends_.us, ends_.host);
    Reader checksum{Bytes(syn_).subspan(wire::kTcpChecksumAt)};
    sends_.add({.id = {.target = 2, .sequence = 7},
                .destination = ends_.host,
                .at = kSentAt,
                .source = ends_.us,
                .source_port = kOurs,
                .checksum = checksum.u16()});
  }

  [[nodiscard]] const Ends& ends() const { return ends_; }
  [[nodiscard]] std::uint32_t sequence() const { return sequence_; }
  [[nodiscard]] const SentSyns& sends() const { return sends_; }
  [[nodiscard]] wire::TcpHeader syn_header() const {
    return {.source = kOurs,
            .destination = kProbed,
            .sequence = sequence_,
            .control = wire::tcp::kSyn,
            .window = 64240};
  }
  // The SYN as it left.
  [[nodiscard]] const Packet& syn() const { return syn_; }
  [[nodiscard]] wire::TcpHeader answer(std::uint8_t control) const {
    return {.source = kProbed,
            .destination = kOurs,
            .acknowledgment = sequence_ + 1,
            .control = control};
  }
  using Result = std::expected<probe::Observation, probe::Reject>;
  [[nodiscard]] Result hears(const wire::TcpHeader& header, const net::Address& from) const {
    return hears(segment(header, from, ends_.us), from);
  }
  [[nodiscard]] Result hears(const Packet& tcp, const net::Address& from) const {
    const Packet whole = in_ip(tcp, net::kTcp, from, ends_.us);
    return interpret_segment(as_received(whole, tcp, from), sends_, kProbed, kRead);
  }
  // Time exceeded from the router, with this quote.
  [[nodiscard]] Result told(const Packet& quote) const {
    const bool v4 = family_ == net::Family::v4;
    Packet icmp(8 + quote.size());
    Writer w{icmp};
    w.u8(v4 ? 11 : 3);
    w.u8(0);
    w.u16(0);
    w.u32(0);
    w.bytes(quote);
    if (v4) {
      w.patch_u16(2, wire::internet_checksum(icmp));
    }
    const Packet whole = in_ip(icmp, v4 ? net::kIcmp : net::kIcmpV6, ends_.router, ends_.us);
    return interpret_syn_error(as_received(whole, icmp, ends_.router), sends_, kProbed, kRead);
  }
  // The SYN in its IP header, cut behind so many bytes of TCP.
  [[nodiscard]] Packet quote(std::size_t tcp_bytes) const { return quote_of(syn_, tcp_bytes); }
  [[nodiscard]] Packet quote_of(const Packet& tcp, std::size_t tcp_bytes) const {
    return quote_from(tcp, tcp_bytes, ends_.us, ends_.host);
  }
  [[nodiscard]] static Packet quote_from(const Packet& tcp, std::size_t tcp_bytes,
                                         const net::Address& from, const net::Address& to) {
    Packet out = in_ip(tcp, net::kTcp, from, to);
    out.resize(out.size() - tcp.size() + std::min(tcp_bytes, tcp.size()));
    return out;
  }

 private:
  // IPv4 raw sockets hand over the IP header, IPv6 ones do not.
  [[nodiscard]] transport::Packet as_received(const Packet& whole, const Packet& behind,
                                              const net::Address& from) const {
    transport::Packet packet;
    const bool v4 = family_ == net::Family::v4;
    packet.data = v4 ? Bytes(whole) : Bytes(behind);
    packet.layout = v4 ? PacketLayout::ipv4 : PacketLayout::icmp;
    packet.source = v4 ? net::Address() : from;
    packet.stamp = kRead.wall - 4ms;
    return packet;
  }

  net::Family family_;
  Ends ends_;
  SeededRng rng_{11};
  SentSyns sends_{rng_};
  std::uint32_t sequence_ = 0;
  Packet syn_;
};

}  // namespace sonde::transport::test
