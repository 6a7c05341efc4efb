// probe_shape.cpp: one flow has one checksum, whatever else the probes carry.
#include "sonde/transport/probe_shape.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "sonde/probe/token.hpp"
#include "sonde/wire/checksum.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"

namespace sonde::transport {
namespace {

const net::Address kSource = net::Address::v4(0xc0000263);
const net::Address kHost = net::Address::v4(0xc0000201);
const net::Address kSource6 = *net::Address::parse("2001:db8::63");
const net::Address kHost6 = *net::Address::parse("2001:db8::1");
constexpr net::IcmpIdent kIdent{0x1234};

TraceOpenOptions options_of(TraceProtocol protocol, FlowStyle style) {
  return {.protocol = protocol, .flow_style = style};
}

struct Sent {
  std::vector<std::byte> bytes;
  ShapedChecksum checksum;
};

// A payload of random bytes with its token.
std::vector<std::byte> sealed(const probe::ProbeSpec& spec, SeededRng& rng) {
  std::vector<std::byte> payload(spec.payload.size());
  std::ranges::generate(payload, [&] { return static_cast<std::byte>(rng.next()); });
  probe::TokenSealer(rng).seal(spec.id, spec.destination, kIdent, payload);
  return payload;
}

Sent echo(const ProbeShape& shape, const probe::ProbeSpec& spec, SeededRng& rng) {
  Sent out{.bytes = std::vector<std::byte>(wire::kIcmpHeader + spec.payload.size()),
           .checksum = {}};
  Writer w{out.bytes};
  const net::IcmpSeq seq(static_cast<std::uint16_t>(spec.id.sequence));
  if (spec.destination.is_v4()) {
    wire::encode_icmpv4_echo_header(kIdent, seq, w);
  } else {
    wire::encode_icmpv6_echo_request(kIdent, seq, {}, w);
  }
  w.bytes(sealed(spec, rng));
  out.checksum = shape_echo(
      shape, spec, out.bytes,
      {.source = spec.destination.is_v4() ? kSource : kSource6, .destination = spec.destination});
  return out;
}

probe::ProbeSpec spec_of(std::uint64_t sequence, Bytes payload, const net::Address& host = kHost) {
  return {
      .id = {.target = 0, .sequence = sequence}, .destination = host, .ip = {}, .payload = payload};
}

// What a receiver would compute over the whole UDP datagram, checksum field included: 0.
std::uint16_t verify_udp(const Sent& sent, const ProbeEnds& ends) {
  constexpr std::uint16_t kUdpHeader = 8;
  const auto length = static_cast<std::uint16_t>(kUdpHeader + sent.bytes.size());
  wire::ChecksumSum sum;
  sum.add_pseudo_header(*ends.source, ends.destination, net::kUdp, length);
  for (const std::uint16_t field :
       {ends.source_port.value, ends.destination_port.value, length, sent.checksum.on_the_wire}) {
    sum.add_u16(field);
  }
  sum.add(sent.bytes);
  return sum.value();
}

}  // namespace

TEST_CASE("probe shape: two bytes bring any checksum to any other") {
  SeededRng rng{7};
  for (int i = 0; i < 10'000; ++i) {
    std::vector<std::byte> message(2 + 2 * rng.below(40));
    std::ranges::generate(message, [&] { return static_cast<std::byte>(rng.next()); });
    const std::size_t at = 2 * rng.below(message.size() / 2);
    message[at] = message[at + 1] = std::byte{0};
    const auto wanted = static_cast<std::uint16_t>(rng.below(0xffff));
    balance(message, at, wire::internet_checksum(message), wanted);
    // Nothing but zeros adds up to 0, so 0xffff cannot be had, and 0 only with something there.
    REQUIRE(wire::internet_checksum(message) == wanted);
  }
}

TEST_CASE("probe shape: the balancing bytes stand behind the token, where they have room") {
  for (const std::size_t none : {0U, 1U, 4U, 5U, 8U, 9U, 16U, 17U}) {
    CAPTURE(none);
    CHECK_FALSE(balance_at(none));
  }
  CHECK(balance_at(2) == 0);
  CHECK(balance_at(6) == 4);
  CHECK(balance_at(15) == 8);
  CHECK(balance_at(18) == 16);
  CHECK(balance_at(65507) == 16);
}

TEST_CASE("probe shape: echo requests of one flow have one checksum, two flows have two") {
  SeededRng rng{1};
  const ProbeShape shape(options_of(TraceProtocol::icmp, FlowStyle::constant), true, rng);
  for (const net::Address& host : {kHost, kHost6}) {
    for (const std::size_t size : {2U, 3U, 6U, 15U, 18U, 19U, 32U, 1472U}) {
      CAPTURE(size);
      const std::vector<std::byte> payload(size);
      std::set<std::uint16_t> flows;
      for (std::uint16_t flow = 0; flow < 4; ++flow) {
        std::set<std::uint16_t> checksums;
        for (std::uint64_t sequence = 1; sequence < 50; ++sequence) {
          probe::ProbeSpec spec = spec_of(sequence, payload, host);
          spec.flow = flow;
          const Sent sent = echo(shape, spec, rng);
          CHECK(sent.checksum.balanced);
          checksums.insert(sent.checksum.on_the_wire);
          flows.insert(sent.checksum.on_the_wire);
          if (host.is_v4()) {
            CHECK(wire::internet_checksum(sent.bytes) == sent.checksum.on_the_wire);
          }
        }
        CHECK(checksums.size() == 1);
      }
      CHECK(flows.size() == 4);
    }
  }
}

TEST_CASE("probe shape: classic echo requests have a checksum each, and are not touched") {
  SeededRng rng{1};
  const ProbeShape shape(options_of(TraceProtocol::icmp, FlowStyle::varying), true, rng);
  const std::vector<std::byte> payload(32);
  std::set<std::uint16_t> checksums;
  for (std::uint64_t sequence = 1; sequence <= 20; ++sequence) {
    const Sent sent = echo(shape, spec_of(sequence, payload), rng);
    CHECK_FALSE(sent.checksum.balanced);
    checksums.insert(sent.checksum.on_the_wire);
  }
  CHECK(checksums.size() == 20);
}

TEST_CASE("probe shape: the bytes of a caller who owns them all are left alone") {
  SeededRng rng{1};
  const ProbeShape shape(options_of(TraceProtocol::icmp, FlowStyle::constant), true, rng);
  const std::vector<std::byte> payload(32);
  probe::ProbeSpec spec = spec_of(1, payload);
  spec.authenticate = false;
  CHECK_FALSE(echo(shape, spec, rng).checksum.balanced);
}

TEST_CASE("probe shape: the checksum of a UDP probe names it, and is right") {
  SeededRng rng{3};
  const ProbeShape shape(options_of(TraceProtocol::udp, FlowStyle::constant), true, rng);
  CHECK(shape.key() == ProbeShape::Key::udp_checksum);
  std::set<std::uint16_t> keys;
  for (const net::Address& host : {kHost, kHost6}) {
    for (std::uint64_t sequence = 1; sequence <= 1000; ++sequence) {
      const std::vector<std::byte> payload(32 + sequence % 3);
      const probe::ProbeSpec spec = spec_of(sequence, payload, host);
      const ProbeEnds ends{.source = host.is_v4() ? kSource : kSource6,
                           .destination = host,
                           .source_port = net::Port(50'000),
                           .destination_port = shape.port_of(spec.id, spec.flow)};
      Sent sent{.bytes = sealed(spec, rng), .checksum = {}};
      sent.checksum = shape_udp(shape, spec, sent.bytes, ends);
      REQUIRE(verify_udp(sent, ends) == 0);
      REQUIRE(sent.checksum.on_the_wire == shape.key_of(spec.id).value);
      keys.insert(sent.checksum.on_the_wire);
    }
  }
  CHECK(keys.size() == 1000);
  CHECK_FALSE(keys.contains(0));
}

TEST_CASE("probe shape: who cannot read headers gets no key out of a UDP quote") {
  SeededRng rng{3};
  const ProbeShape shape(options_of(TraceProtocol::udp, FlowStyle::constant), false, rng);
  CHECK_FALSE(shape.key_of(wire::QuotedDatagram{}));
}

TEST_CASE("probe shape: ports are one a flow, or one a probe, and go down behind the highest") {
  SeededRng rng{3};
  TraceOpenOptions options = options_of(TraceProtocol::udp, FlowStyle::constant);
  CHECK(ProbeShape(options, true, rng).port_of({.target = 0, .sequence = 9}, 3) ==
        net::Port(33437));
  options.flow_style = FlowStyle::varying;
  options.port = net::Port(65'534);
  const ProbeShape classic(options, true, rng);
  const auto port = [&](std::uint64_t sequence) {
    return classic.port_of({.target = 0, .sequence = sequence}, 0).value;
  };
  CHECK(port(1) == 65'534);
  CHECK(port(2) == 65'535);
  CHECK(port(3) == 65'533);
  CHECK(port(65'535) == 1);
  CHECK(port(65'536) == 65'534);
  options.flow_style = FlowStyle::constant;
  options.port = net::Port(65'535);
  const ProbeShape last(options, true, rng);
  CHECK(last.port_of({.target = 0, .sequence = 9}, 0) == net::Port(65'535));
  CHECK(last.port_of({.target = 0, .sequence = 9}, 2) == net::Port(65'533));
}

TEST_CASE("probe shape: constant UDP ports give way once, where they may and there are enough") {
  SeededRng rng{3};
  TraceOpenOptions options = options_of(TraceProtocol::udp, FlowStyle::constant);
  ProbeShape shape(options, false, rng);
  CHECK(shape.is_constant());
  CHECK(shape.vary());
  CHECK_FALSE(shape.is_constant());
  CHECK(shape.key() == ProbeShape::Key::udp_port);
  CHECK(shape.port_of({.target = 0, .sequence = 9}, 0) == net::Port(33442));
  CHECK_FALSE(shape.vary());
  options.port = net::Port(65'000);
  CHECK_FALSE(ProbeShape(options, false, rng).vary());
  options.port.reset();
  options.may_vary = false;
  CHECK_FALSE(ProbeShape(options, false, rng).vary());
  CHECK_FALSE(ProbeShape(options_of(TraceProtocol::icmp, FlowStyle::constant), false, rng).vary());
}

}  // namespace sonde::transport
