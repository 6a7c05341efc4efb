// matcher_udp.cpp: which UDP probe an ICMP error or a datagram is about, and what NAT leaves
// behind.
#include <doctest/doctest.h>

#include <vector>

#include "sonde/transport/matcher.hpp"
#include "sonde/wire/checksum.hpp"
#include "tests/support/udp_probes.hpp"

namespace sonde::transport {
namespace {

using probe::Reject;

const net::Address kHost = net::Address::v4(0xc0000201);
const net::Address kOther = net::Address::v4(0xc0000202);

struct Udp : test::UdpProbes {
  explicit Udp(FlowStyle style = FlowStyle::constant, bool reads_headers = true)
      : UdpProbes(kHost, style, reads_headers) {}

  [[nodiscard]] wire::QuotedDatagram quote(std::uint64_t sequence, Bytes payload) const {
    wire::QuotedDatagram out;
    out.source = us();
    out.destination = kHost;
    out.protocol = net::kUdp;
    out.source_port = net::Port(kPort.value);
    out.destination_port = port_of(sequence);
    out.transport_checksum = checksum_of(sequence);
    out.payload = payload;
    return out;
  }
};

}  // namespace

TEST_CASE("matcher UDP: the checksum names the probe where a quote has but 8 bytes") {
  Udp udp;
  for (std::uint64_t sequence = 1; sequence <= 90; ++sequence) {
    udp.send(sequence);
  }
  for (std::uint64_t sequence = 1; sequence <= 90; ++sequence) {
    const auto match = udp.matcher().error(udp.quote(sequence, {}));
    REQUIRE(match);
    CHECK(match->id.sequence == sequence);
    CHECK_FALSE(match->verified);
  }
}

TEST_CASE("matcher UDP: without header and payload nobody guesses") {
  Udp udp(FlowStyle::constant, false);
  const Bytes payload = udp.send(1);
  CHECK(udp.matcher().error(udp.quote(1, {})).error() == Reject::quote);
  CHECK(udp.matcher().error(udp.quote(1, Bytes(payload).first(3))).error() == Reject::quote);
  for (const std::size_t size : {4U, 7U, 8U, 12U, 16U, 18U, 32U}) {
    CAPTURE(size);
    const auto match = udp.matcher().error(udp.quote(1, Bytes(payload).first(size)));
    REQUIRE(match);
    CHECK(match->verified);
  }
}

TEST_CASE("matcher UDP: what says too little is told from what is not ours") {
  Udp udp(FlowStyle::constant, false);
  const Bytes payload = udp.send(1);
  const net::Port port = udp.port_of(1);
  const std::vector<std::byte> zeros(100);
  const std::vector<std::byte> forged(32, std::byte{0x55});
  CHECK(udp.matcher().untold(kHost, port, {}));
  CHECK(udp.matcher().untold(kHost, port, payload.first(3)));
  CHECK(udp.matcher().untold(kHost, port, zeros));  // RFC 4884 section 3: padding
  CHECK_FALSE(udp.matcher().untold(kHost, port, forged));
  CHECK_FALSE(udp.matcher().untold(kOther, port, {}));
  CHECK_FALSE(udp.matcher().untold(kHost, net::Port(1), {}));
  CHECK(udp.matcher().untold({forged, kHost, port}));
  CHECK_FALSE(udp.matcher().untold({forged, kOther, port}));
  CHECK_FALSE(udp.matcher().untold({forged, kHost, net::Port(1)}));
  Udp reads(FlowStyle::constant, true);
  reads.send(1);
  CHECK_FALSE(reads.matcher().untold(kHost, port, {}));
  CHECK(reads.matcher().untold({forged, kHost, port}));
  Udp classic(FlowStyle::varying, false);
  classic.send(1);
  CHECK_FALSE(classic.matcher().untold(kHost, port, {}));
  CHECK_FALSE(classic.matcher().untold({forged, kHost, port}));
}

TEST_CASE("matcher UDP: where each probe has its port, the port names it") {
  Udp udp(FlowStyle::varying, false);
  udp.send(1);
  udp.send(2);
  const auto match = udp.matcher().error(udp.quote(2, {}));
  REQUIRE(match);
  CHECK(match->id.sequence == 2);
  CHECK_FALSE(match->verified);
}

TEST_CASE("matcher UDP: quotes of other ports, protocols and hosts are not ours") {
  Udp udp;
  const Bytes payload = udp.send(1);
  auto quote = udp.quote(1, payload);
  quote.source_port = net::Port(1);
  CHECK(udp.matcher().error(quote).error() == Reject::quote);
  quote = udp.quote(1, payload);
  quote.protocol = net::kTcp;
  CHECK(udp.matcher().error(quote).error() == Reject::quote);
  quote = udp.quote(1, payload);
  quote.destination = kOther;
  CHECK(udp.matcher().error(quote).error() == Reject::quote);
}

TEST_CASE("matcher UDP: a wrong token is refused, whatever the checksum says") {
  Udp udp;
  udp.send(1);
  const std::vector<std::byte> forged(32, std::byte{0x55});
  CHECK(udp.matcher().error(udp.quote(1, forged)).error() == Reject::token);
}

TEST_CASE("matcher UDP: a rewritten checksum does not deceive the token, and shows") {
  Udp udp;
  const Bytes payload = udp.send(1);
  udp.send(2);
  auto quote = udp.quote(1, payload);
  CHECK_FALSE(udp.matcher().rewritten(*udp.matcher().error(quote)->sent, quote));
  quote.transport_checksum = udp.quote(2, {}).transport_checksum;  // that of another probe
  const auto match = udp.matcher().error(quote);
  REQUIRE(match);
  CHECK(match->id.sequence == 1);
  CHECK(udp.matcher().rewritten(*match->sent, quote));
}

TEST_CASE("matcher UDP: another source in the quote is address translation") {
  Udp udp;
  const Bytes payload = udp.send(1);
  auto quote = udp.quote(1, payload);
  quote.source = kOther;
  CHECK(udp.matcher().rewritten(*udp.matcher().error(quote)->sent, quote));
}

TEST_CASE(
    "matcher UDP: checksums that nobody has finished or that were wiped tell nothing of "
    "translation") {
  Udp udp;
  const Bytes payload = udp.send(1);
  auto quote = udp.quote(1, payload);
  wire::ChecksumSum sum;
  sum.add_pseudo_header(udp.us(), kHost, net::kUdp, 8 + 32);
  for (const int checksum : {0, 0xffff - sum.value()}) {
    quote.transport_checksum = static_cast<std::uint16_t>(checksum);
    const auto match = udp.matcher().error(quote);
    REQUIRE(match);
    CHECK_FALSE(udp.matcher().rewritten(*match->sent, quote));
  }
}

TEST_CASE("matcher UDP: an echoed datagram is a verified reply without corruption") {
  Udp udp;
  std::uint64_t sequence = 0;
  for (const std::size_t size : {4U, 8U, 18U, 32U}) {
    const Bytes payload = udp.send(++sequence, size);
    const auto match = udp.matcher().datagram({payload, kHost, net::Port(33434)});
    REQUIRE(match);
    CHECK(match->id.sequence == sequence);
    CHECK(match->verified);
    CHECK_FALSE(match->corruption);
  }
}

TEST_CASE("matcher UDP: a service's own words name a probe only where each has its port") {
  const std::vector<std::byte> words(11, std::byte{0x77});
  Udp constant;
  constant.send(1);
  CHECK(constant.matcher().datagram({words, kHost, net::Port(33434)}).error() == Reject::token);
  CHECK(constant.matcher().datagram({words, kOther, net::Port(33434)}).error() == Reject::source);
  Udp classic(FlowStyle::varying);
  classic.send(1);
  classic.send(2);
  const auto match = classic.matcher().datagram({words, kHost, net::Port(33435)});
  REQUIRE(match);
  CHECK(match->id.sequence == 2);
  CHECK_FALSE(match->verified);
}

TEST_CASE("matcher UDP: an echo reply is a stranger's") {
  Udp udp;
  const Bytes payload = udp.send(1);
  wire::IcmpMessage echo;
  echo.ident = Udp::kPort;
  echo.seq = net::IcmpSeq(1);
  echo.body = payload;
  CHECK(udp.matcher().reply(echo, kHost).error() == Reject::stranger);
}

}  // namespace sonde::transport
