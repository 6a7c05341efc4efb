#include "sonde/transport/tcp_interpret.hpp"

#include <doctest/doctest.h>

#include <array>

#include "tests/unit/transport/syn_packets.hpp"

namespace sonde::transport {
namespace {

using probe::ObservationKind;
using probe::Reject;
using test::SynHarness;
using wire::tcp::kAck;
using wire::tcp::kRst;
using wire::tcp::kSyn;

constexpr std::array kFamilies{net::Family::v4, net::Family::v6};
constexpr std::uint8_t kSynAck = kSyn | kAck;

}  // namespace

TEST_CASE("TCP: a SYN-ACK and a RST are replies, at the time of their stamp") {
  for (const net::Family family : kFamilies) {
    const SynHarness h(family);
    for (const std::uint8_t control : {kSynAck, static_cast<std::uint8_t>(kRst | kAck)}) {
      const auto seen = h.hears(h.answer(control), h.ends().host);
      REQUIRE(seen.has_value());
      CHECK(seen->kind == ObservationKind::reply);
      CHECK(seen->probe == probe::ProbeId{.target = 2, .sequence = 7});
      CHECK(seen->responder == h.ends().host);
      CHECK(seen->at == test::kRead.steady - 4ms);
      CHECK(seen->stamp == probe::StampSource::kernel);
      CHECK(seen->bytes == wire::kTcpMinHeader);
    }
  }
}

TEST_CASE("TCP: who does not acknowledge our sequence number is not believed") {
  for (const net::Family family : kFamilies) {
    const SynHarness h(family);
    const auto refused = [&](const wire::TcpHeader& header) {
      return h.hears(header, h.ends().host).error();
    };
    for (const std::uint32_t off : {0U, 2U, 0x80000000U}) {
      wire::TcpHeader header = h.answer(kSynAck);
      header.acknowledgment = h.sequence() + off;
      CHECK(refused(header) == Reject::stranger);
    }
    CHECK(refused(h.answer(kSyn)) == Reject::stranger);
    CHECK(refused(h.answer(kRst)) == Reject::stranger);
    CHECK(refused(h.answer(kAck)) == Reject::stranger);
    wire::TcpHeader port = h.answer(kSynAck);
    port.source = net::Port(81);
    CHECK(refused(port) == Reject::stranger);
    port = h.answer(kSynAck);
    port.destination = net::Port(test::kOurs.value + 1);
    CHECK(refused(port) == Reject::stranger);
    CHECK(h.hears(h.answer(kSynAck), h.ends().router).error() == Reject::source);
    CHECK(h.hears(sonde::test::hex("0050 9c40"), h.ends().host).error() == Reject::malformed);
  }
}

TEST_CASE("TCP: an ICMP error that quotes 8 bytes of the SYN names the probe") {
  for (const net::Family family : kFamilies) {
    const SynHarness h(family);
    for (const std::size_t quoted : {std::size_t{8}, std::size_t{16}, std::size_t{20}}) {
      const auto seen = h.told(h.quote(quoted));
      REQUIRE(seen.has_value());
      CHECK(seen->kind == ObservationKind::icmp_error);
      CHECK(seen->probe.sequence == 7);
      CHECK(seen->responder == h.ends().router);
      CHECK(seen->status == probe::Status::ttl_expired_in_transit);
      REQUIRE(seen->quoted.has_value());
      CHECK(seen->quoted->ttl == net::Ttl(3));
      CHECK(seen->quoted->tos == net::Tos(0x10));
      CHECK_FALSE(seen->quoted->rewritten);
    }
    CHECK(h.told(h.quote(7)).error() == Reject::malformed);
  }
}

TEST_CASE(
    "TCP: a quote with another sequence number, destination or protocol is no probe of ours") {
  for (const net::Family family : kFamilies) {
    const SynHarness h(family);
    wire::TcpHeader other = h.syn_header();
    other.sequence += 1;
    CHECK(h.told(h.quote_of(test::segment(other, h.ends().us, h.ends().host), 20)).error() ==
          Reject::quote);
    CHECK(h.told(SynHarness::quote_from(h.syn(), 20, h.ends().us, h.ends().router)).error() ==
          Reject::quote);
    const auto udp = test::in_ip(h.syn(), net::kUdp, h.ends().us, h.ends().host);
    CHECK(h.told(udp).error() == Reject::quote);
  }
}

TEST_CASE("TCP: what the quote says otherwise than the SYN was rewritten on the way") {
  for (const net::Family family : kFamilies) {
    const SynHarness h(family);
    const auto rewritten = [&](const test::Packet& quote) {
      const auto seen = h.told(quote);
      REQUIRE(seen.has_value());
      return seen->quoted->rewritten;
    };
    const net::Address translated = h.ends().router;
    CHECK(rewritten(SynHarness::quote_from(h.syn(), 8, translated, h.ends().host)));
    wire::TcpHeader port = h.syn_header();
    port.source = net::Port(1);
    const auto moved = test::segment(port, h.ends().us, h.ends().host);
    CHECK(rewritten(h.quote_of(moved, 8)));
    // Ports and addresses put back, the checksum of other options left: only the sum tells.
    wire::TcpHeader clamped = h.syn_header();
    clamped.window = 1000;
    const auto changed = test::segment(clamped, h.ends().us, h.ends().host);
    CHECK(rewritten(h.quote_of(changed, 20)));
    CHECK_FALSE(rewritten(h.quote_of(changed, 8)));
    // A router that quotes 8 bytes and fills up with zeros did not change the checksum.
    test::Packet padded = h.quote(8);
    padded.resize(padded.size() + 12);
    CHECK_FALSE(rewritten(padded));
  }
}

TEST_CASE("TCP: ICMP messages that are no outcome, and damaged ones, are turned away") {
  const SynHarness h(net::Family::v4);
  test::Packet redirect(8);
  Writer w{redirect};
  w.u8(wire::icmpv4::kRedirect);
  w.u8(0);
  w.u16(0);
  w.u32(0);
  redirect = sonde::test::joined(redirect, h.quote(8));
  Writer checksum{redirect};
  (void)checksum.reserve(redirect.size());
  const auto hear = [&](const test::Packet& icmp) {
    const auto whole = test::in_ip(icmp, net::kIcmp, h.ends().router, h.ends().us);
    transport::Packet packet;
    packet.data = whole;
    packet.layout = PacketLayout::ipv4;
    return interpret_syn_error(packet, h.sends(), test::kProbed, test::kRead);
  };
  CHECK(hear(redirect).error() == Reject::checksum);
  checksum.patch_u16(2, wire::internet_checksum(redirect));
  CHECK(hear(redirect).error() == Reject::stranger);
}

}  // namespace sonde::transport
