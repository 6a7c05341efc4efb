// interpret_udp.cpp: from packets and error queue entries about UDP probes to observations.
#include <doctest/doctest.h>

#include <vector>

#include "tests/support/interpreted.hpp"
#include "tests/support/udp_probes.hpp"

namespace sonde::transport {
namespace {

using probe::Reject;
using test::interpreted;
using test::UdpProbes;

const net::Address kHosts[] = {net::Address::v4(0xc0000201), *net::Address::parse("2001:db8::1")};
constexpr ClockPair kNow{.steady = UdpProbes::kSentAt + 5ms, .wall = WallTime{1'795'289'186s}};

// As a raw socket hands it over: IPv6 without header.
Packet raw(const std::vector<std::byte>& packet, const net::Address& from) {
  const bool v4 = from.is_v4();
  return {.data = v4 ? Bytes(packet) : Bytes(packet).subspan(wire::kIpv6Header),
          .layout = v4 ? PacketLayout::ipv4 : PacketLayout::icmp,
          .source = from,
          .ttl = net::Ttl(1)};
}

std::size_t headers_of(const net::Address& host) {
  return (host.is_v4() ? wire::kIpv4MinHeader : wire::kIpv6Header) + UdpProbes::kUdpHeader;
}

}  // namespace

TEST_CASE("interpret UDP: an error with a whole quote tells the header as it arrived") {
  for (const net::Address& host : kHosts) {
    UdpProbes udp(host, FlowStyle::constant, true);
    udp.send(1);
    const auto packet = udp.exceeded(udp.datagram(1));
    const auto seen = interpreted(raw(packet, host), udp.matcher(), kNow);
    REQUIRE(seen);
    CHECK(seen->kind == probe::ObservationKind::icmp_error);
    CHECK(seen->status == probe::Status::ttl_expired_in_transit);
    CHECK(seen->probe.sequence == 1);
    CHECK(seen->verified);
    CHECK(seen->responder == host);
    REQUIRE(seen->quoted);
    CHECK(seen->quoted->ttl == net::Ttl(1));
    CHECK_FALSE(seen->quoted->rewritten);
  }
}

TEST_CASE("interpret UDP: wherever the quote is cut, the probe is known by its checksum") {
  for (const net::Address& host : kHosts) {
    UdpProbes udp(host, FlowStyle::constant, true);
    udp.send(1);
    udp.send(2);
    const auto datagram = udp.datagram(2);
    for (std::size_t size = 0; size <= datagram.size(); ++size) {
      CAPTURE(size);
      const auto packet = udp.exceeded(Bytes(datagram).first(size));
      const auto seen = interpreted(raw(packet, host), udp.matcher(), kNow);
      REQUIRE(seen.has_value() == (size >= headers_of(host)));
      if (seen) {
        CHECK(seen->probe.sequence == 2);
        CHECK(seen->verified == (size >= headers_of(host) + probe::TokenSealer::kShortTag));
      }
    }
  }
}

TEST_CASE("interpret UDP: a translated source shows in the quoted header") {
  for (const net::Address& host : kHosts) {
    UdpProbes udp(host, FlowStyle::constant, true);
    udp.send(1);
    auto datagram = udp.datagram(1);
    const std::size_t source_at = host.is_v4() ? 12 : 8;
    datagram[source_at + 3] ^= std::byte{1};
    const auto packet = udp.exceeded(datagram);
    const auto seen = interpreted(raw(packet, host), udp.matcher(), kNow);
    REQUIRE(seen);
    CHECK(seen->quoted->rewritten);
  }
}

TEST_CASE("interpret UDP: the error queue holds the payload alone") {
  for (const net::Address& host : kHosts) {
    UdpProbes udp(host, FlowStyle::constant, false);
    const Bytes payload = udp.send(1);
    QueuedIcmpError error{
        .icmp = {.type = host.is_v4() ? wire::icmpv4::kTimeExceeded : wire::icmpv6::kTimeExceeded,
                 .code = 0},
        .responder = host,
        .destination = host,
        .quoted = payload,
        .port = udp.port_of(1)};
    const auto seen = interpreted(error, udp.matcher(), kNow);
    REQUIRE(seen);
    CHECK(seen->probe.sequence == 1);
    CHECK(seen->verified);
    CHECK_FALSE(seen->quoted);
    error.quoted = {};
    CHECK(interpreted(error, udp.matcher(), kNow).error() == Reject::quote);
  }
}

TEST_CASE("interpret UDP: a datagram that echoes the probe is a reply to it") {
  for (const net::Address& host : kHosts) {
    UdpProbes udp(host, FlowStyle::constant, true);
    const Bytes payload = udp.send(1);
    Packet packet{.data = payload,
                  .layout = PacketLayout::udp,
                  .source = host,
                  .port = udp.port_of(1),
                  .ttl = net::Ttl(60)};
    const auto seen = interpreted(packet, udp.matcher(), kNow);
    REQUIRE(seen);
    CHECK(seen->kind == probe::ObservationKind::reply);
    CHECK(seen->status == probe::Status::success);
    CHECK(seen->bytes == UdpProbes::kUdpHeader + payload.size());
    CHECK(seen->ttl == net::Ttl(60));
    CHECK(seen->verified);
    CHECK_FALSE(seen->corruption);
    CHECK_FALSE(seen->truncated);
    CHECK_FALSE(seen->quoted);
    CHECK_FALSE(seen->extras);
    packet.data = payload.first(20);
    CHECK(interpreted(packet, udp.matcher(), kNow)->truncated);
  }
}

}  // namespace sonde::transport
