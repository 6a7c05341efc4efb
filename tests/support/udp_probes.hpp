// udp_probes.hpp: UDP probes that have just left, one flow to one host, and the packets that come
// back about them, honest to the byte.
#pragma once

#include <memory>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/probe/recent_sends.hpp"
#include "sonde/probe/token.hpp"
#include "sonde/transport/matcher.hpp"
#include "sonde/transport/probe_shape.hpp"
#include "sonde/wire/checksum.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/ipv6.hpp"

namespace sonde::test {

class UdpProbes {
 public:
  static constexpr net::IcmpIdent kPort{50'000};
  static constexpr std::size_t kUdpHeader = 8;
  static constexpr Instant kSentAt{1000s};

  UdpProbes(const net::Address& host, transport::FlowStyle style, bool reads_headers)
      : host_(host),
        shape_({.protocol = transport::TraceProtocol::udp, .flow_style = style}, reads_headers,
               rng_) {
    sources_.learn(host, us());
  }

  // The payload as it left.
  Bytes send(std::uint64_t sequence, std::size_t size = 32) {
    templates_.push_back(std::make_unique<std::vector<std::byte>>(size, std::byte{0x5a}));
    sent_.push_back(*templates_.back());
    std::vector<std::byte>& out = sent_.back();
    const probe::ProbeSpec spec{.id = {.target = 0, .sequence = sequence},
                                .destination = host_,
                                .ip = {},
                                .payload = *templates_.back()};
    const std::uint64_t tag = sealer_.seal(spec.id, host_, kPort, out);
    const transport::ShapedChecksum shaped =
        transport::shape_udp(shape_, spec, out,
                             {.source = us(),
                              .destination = host_,
                              .source_port = net::Port(kPort.value),
                              .destination_port = shape_.port_of(spec.id, 0)});
    sends_.add({.id = spec.id,
                .destination = host_,
                .seq = shape_.key_of(spec.id),
                .balanced = shaped.balanced,
                .checksum = shaped.on_the_wire,
                .payload = spec.payload,
                .tag = tag,
                .at = kSentAt});
    return out;
  }

  [[nodiscard]] transport::Matcher matcher() { return matcher(sends_); }
  // On a copy of sends(), so that these stay as they are when something is matched.
  [[nodiscard]] transport::Matcher matcher(probe::RecentSends& sends) const {
    return transport::Matcher{sealer_, sends, kPort}.of_trace(shape_, sources_);
  }
  [[nodiscard]] const probe::RecentSends& sends() const { return sends_; }
  [[nodiscard]] net::Address us() const {
    static const net::Address kUs6 = *net::Address::parse("2001:db8:5::2");
    return host_.is_v4() ? net::Address::v4(0xcb007102) : kUs6;
  }
  [[nodiscard]] const net::Address& host() const { return host_; }
  [[nodiscard]] const probe::TokenSealer& sealer() const { return sealer_; }
  [[nodiscard]] net::Port port_of(std::uint64_t sequence) const {
    return shape_.port_of({.target = 0, .sequence = sequence}, 0);
  }
  [[nodiscard]] std::uint16_t checksum_of(std::uint64_t sequence) const {
    return sends_.by_number(sequence - 1)->checksum;
  }

  // What a router that drops it quotes of the probe. Sequences are 1, 2, 3 ... here.
  [[nodiscard]] std::vector<std::byte> datagram(std::uint64_t sequence) const {
    const std::vector<std::byte>& payload = sent_[sequence - 1];
    std::vector<std::byte> udp(kUdpHeader + payload.size());
    Writer w{udp};
    w.u16(kPort.value);
    w.u16(port_of(sequence).value);
    w.u16(static_cast<std::uint16_t>(udp.size()));
    w.u16(checksum_of(sequence));
    w.bytes(payload);
    return with_header({us(), host_, net::kUdp, udp});
  }
  // A whole "time exceeded" packet that quotes so many bytes at most; with an IP header.
  [[nodiscard]] std::vector<std::byte> exceeded(Bytes quoted) const {
    std::vector<std::byte> icmp(wire::kIcmpHeader + quoted.size());
    Writer w{icmp};
    w.u8(host_.is_v4() ? wire::icmpv4::kTimeExceeded : wire::icmpv6::kTimeExceeded);
    w.fill(wire::kIcmpHeader - 1, std::byte{0});
    w.bytes(quoted);
    if (host_.is_v4()) {
      w.patch_u16(wire::kIcmpChecksumAt, wire::internet_checksum(icmp));
    }
    return with_header({host_, us(), host_.is_v4() ? net::kIcmp : net::kIcmpV6, icmp});
  }

 private:
  struct Content {
    net::Address source;
    net::Address destination;
    net::IpProtocol protocol;
    Bytes payload;
  };
  static std::vector<std::byte> with_header(const Content& content) {
    std::vector<std::byte> packet(wire::kIpv6Header + content.payload.size());
    Writer w{packet};
    if (content.source.is_v4()) {
      wire::Ipv4Header header;
      header.total_length =
          static_cast<std::uint16_t>(wire::kIpv4MinHeader + content.payload.size());
      header.ttl = net::Ttl(1);
      header.protocol = content.protocol;
      header.source = content.source;
      header.destination = content.destination;
      wire::encode_ipv4(header, w);
    } else {
      wire::Ipv6Header header;
      header.payload_length = static_cast<std::uint16_t>(content.payload.size());
      header.hop_limit = net::Ttl(1);
      header.next_header = content.protocol;
      header.source = content.source;
      header.destination = content.destination;
      wire::encode_ipv6(header, w);
    }
    w.bytes(content.payload);
    packet.resize(w.size());
    return packet;
  }

  net::Address host_;
  SeededRng rng_{1};
  transport::ProbeShape shape_;
  probe::TokenSealer sealer_{rng_};
  probe::RecentSends sends_;
  transport::KnownSources sources_;
  std::vector<std::unique_ptr<std::vector<std::byte>>> templates_;
  std::vector<std::vector<std::byte>> sent_;
};

}  // namespace sonde::test
