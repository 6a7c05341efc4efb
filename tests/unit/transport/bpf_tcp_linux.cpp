// bpf_tcp_linux.cpp: the filters of a TCP trace, run by an interpreter of classic BPF over packets.
#include <doctest/doctest.h>

#include <array>

#include "sonde/transport/linux/bpf_tcp.hpp"
#include "tests/unit/transport/bpf_machine_linux.hpp"
#include "tests/unit/transport/syn_packets.hpp"

namespace sonde::transport {
namespace {

using test::BpfMachine;
using test::kProbed;
using wire::tcp::kAck;
using wire::tcp::kRst;
using wire::tcp::kSyn;

constexpr TcpPortRange kPorts{
    .first = net::Port(40'000), .last = net::Port(40'255), .destination = kProbed};
constexpr std::array kFamilies{net::Family::v4, net::Family::v6};

struct Flow {
  std::uint16_t from = kProbed.value;
  std::uint16_t to = 40'000;
  std::uint8_t control = kSyn | kAck;
};

test::Packet segment_of(net::Family family, const Flow& flow) {
  const auto ends = test::ends_of(family);
  return test::segment(
      {.source = net::Port(flow.from), .destination = net::Port(flow.to), .control = flow.control},
      ends.host, ends.us);
}

bool hears(net::Family family, const Flow& flow) {
  const auto ends = test::ends_of(family);
  auto packet = segment_of(family, flow);
  if (family == net::Family::v4) {  // IPv6 raw sockets get no IP header
    packet = test::in_ip(packet, net::kTcp, ends.host, ends.us);
  }
  return BpfMachine(packet).accepts(segment_filter(family, kPorts));
}

test::Packet error_of(net::Family family, std::uint8_t type, const test::Packet& quote) {
  const auto ends = test::ends_of(family);
  test::Packet icmp(8);
  icmp[0] = std::byte{type};
  icmp = sonde::test::joined(icmp, quote);
  return family == net::Family::v4 ? test::in_ip(icmp, net::kIcmp, ends.router, ends.us) : icmp;
}

bool told(net::Family family, std::uint8_t type, const Flow& flow,
          net::IpProtocol protocol = net::kTcp) {
  const auto ends = test::ends_of(family);
  const auto quote = test::in_ip(segment_of(family, flow), protocol, ends.us, ends.host);
  return BpfMachine(error_of(family, type, quote)).accepts(syn_error_filter(family, kPorts));
}

std::uint8_t exceeded(net::Family family) { return family == net::Family::v4 ? 11 : 3; }

}  // namespace

TEST_CASE("bpf: SYN-ACKs and RSTs from the probed port to ours pass, and nothing else") {
  for (const net::Family family : kFamilies) {
    for (unsigned control = 0; control < 256; ++control) {
      CAPTURE(control);
      const bool wanted = (control & kAck) != 0 && (control & (kSyn | kRst)) != 0;
      CHECK(hears(family, {.control = static_cast<std::uint8_t>(control)}) == wanted);
    }
    CHECK(hears(family, {.to = 40'255}));
    CHECK_FALSE(hears(family, {.to = 40'256}));
    CHECK_FALSE(hears(family, {.to = 39'999}));
    CHECK_FALSE(hears(family, {.from = 81}));
  }
}

TEST_CASE("bpf: ICMP errors pass when they quote a port of ours or the probed one") {
  for (const net::Family family : kFamilies) {
    const std::uint8_t type = exceeded(family);
    const Flow syn{.from = 40'007, .to = kProbed.value};
    CHECK(told(family, type, syn));
    CHECK(told(family, type, {.from = 1, .to = kProbed.value}));  // translated
    CHECK(told(family, type, {.from = 40'007, .to = 8080}));
    CHECK_FALSE(told(family, type, {.from = 39'999, .to = 8080}));
    CHECK_FALSE(told(family, type, {.from = 40'256, .to = 8080}));
    CHECK_FALSE(told(family, type, syn, net::kUdp));
    for (unsigned other = 0; other < 256; ++other) {
      CAPTURE(other);
      const bool wanted = family == net::Family::v4 ? other == 3 || other == 11 || other == 12
                                                    : other >= 1 && other <= 4;
      CHECK(told(family, static_cast<std::uint8_t>(other), syn) == wanted);
    }
  }
}

TEST_CASE("bpf: IPv6 extension headers in a quote are left to the decoder") {
  const Flow syn{.from = 40'007, .to = kProbed.value};
  for (const auto header : std::array<std::uint8_t, 4>{0, 43, 44, 60}) {
    CHECK(told(net::Family::v6, 3, syn, net::IpProtocol(header)));
  }
}

TEST_CASE("bpf: packets of a TCP trace cut anywhere end in a verdict") {
  SeededRng rng(5);
  for (const net::Family family : kFamilies) {
    const auto whole = error_of(family, exceeded(family),
                                test::in_ip(segment_of(family, {}), net::kTcp,
                                            test::ends_of(family).us, test::ends_of(family).host));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto cut = sonde::test::exactly(Bytes(whole).first(size));
      (void)BpfMachine(cut).accepts(syn_error_filter(family, kPorts));
      (void)BpfMachine(cut).accepts(segment_filter(family, kPorts));
    }
    for (int round = 0; round < 5000; ++round) {
      const auto noise = sonde::test::random_bytes(rng, rng.below(120));
      (void)BpfMachine(noise).accepts(syn_error_filter(family, kPorts));
      (void)BpfMachine(noise).accepts(segment_filter(family, kPorts));
    }
  }
}

}  // namespace sonde::transport
