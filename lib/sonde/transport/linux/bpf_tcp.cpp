#include "sonde/transport/linux/bpf_tcp.hpp"

#include <array>

#include "sonde/transport/linux/bpf_assembler.hpp"
#include "sonde/wire/icmp_message.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "sonde/wire/ipv6.hpp"
#include "sonde/wire/tcp.hpp"

namespace sonde::transport {
namespace {

constexpr std::uint32_t kDestinationPortAt = 2;
constexpr std::uint32_t kControlAt = 13;
constexpr std::uint32_t kQuoteAt = wire::kIcmpHeader;

// X is where the TCP header is.
void accept_segment(BpfAssembler& a, const TcpPortRange& ports) {
  a.load_half_at_x(0);
  a.reject_unless_equal(ports.destination.value);
  a.load_half_at_x(kDestinationPortAt);
  a.reject_unless_between(ports.first.value, ports.last.value);
  a.load_byte_at_x(kControlAt);
  a.reject_unless_any_bit(wire::tcp::kAck);
  a.reject_unless_any_bit(wire::tcp::kSyn | wire::tcp::kRst);
  a.accept();
}

// X + `at` is where the quoted TCP header is.
void accept_quoted(BpfAssembler& a, std::uint32_t at, const TcpPortRange& ports) {
  a.load_half_at_x(at + kDestinationPortAt);
  const std::size_t probed = a.jump_if_equal(ports.destination.value);
  a.load_half_at_x(at);
  a.reject_unless_between(ports.first.value, ports.last.value);
  a.accept();
  a.land(probed);
  a.accept();
}

//   IPv4 header (X bytes) | ICMP header (8) | quoted IPv4 header | quoted TCP header (8 or more)
FilterProgram ipv4_errors(const TcpPortRange& ports) {
  constexpr std::uint32_t kQuotedProtocolAt = kQuoteAt + 9;
  constexpr std::uint32_t kQuotedFragmentAt = kQuoteAt + 6;
  constexpr std::uint32_t kFragmentOffset = 0x1fff;
  BpfAssembler a;
  a.header_length_to_x();
  a.load_byte_at_x(0);
  const std::array errors{a.jump_if_equal(wire::icmpv4::kDestinationUnreachable),
                          a.jump_if_equal(wire::icmpv4::kTimeExceeded),
                          a.jump_if_equal(wire::icmpv4::kParameterProblem)};
  a.reject();
  for (const std::size_t jump : errors) {
    a.land(jump);
  }
  a.load_byte_at_x(kQuotedProtocolAt);
  a.reject_unless_equal(net::kTcp.value);
  a.load_half_at_x(kQuotedFragmentAt);
  a.reject_if_any_bit(kFragmentOffset);
  a.add_header_length_to_x(kQuoteAt);
  accept_quoted(a, kQuoteAt, ports);
  return a.take();
}

//   ICMPv6 header (8) | quoted IPv6 header (40) | quoted TCP header
// Extension headers are rare and left to the decoder, which walks the whole chain.
FilterProgram ipv6_errors(const TcpPortRange& ports) {
  constexpr std::uint32_t kNextHeaderAt = kQuoteAt + 6;
  constexpr std::array<std::uint32_t, 4> kExtensionHeaders{0, 43, 44, 60};
  BpfAssembler a;
  a.load_byte(0);
  const std::array errors{a.jump_if_equal(wire::icmpv6::kDestinationUnreachable),
                          a.jump_if_equal(wire::icmpv6::kPacketTooBig),
                          a.jump_if_equal(wire::icmpv6::kTimeExceeded),
                          a.jump_if_equal(wire::icmpv6::kParameterProblem)};
  a.reject();
  for (const std::size_t jump : errors) {
    a.land(jump);
  }
  a.load_byte(kNextHeaderAt);
  const std::size_t tcp = a.jump_if_equal(net::kTcp.value);
  std::array<std::size_t, kExtensionHeaders.size()> others{};
  for (std::size_t i = 0; i < others.size(); ++i) {
    others[i] = a.jump_if_equal(kExtensionHeaders[i]);
  }
  a.reject();
  for (const std::size_t jump : others) {
    a.land(jump);
  }
  a.accept();
  a.land(tcp);
  a.zero_to_x();
  accept_quoted(a, kQuoteAt + wire::kIpv6Header, ports);
  return a.take();
}

}  // namespace

FilterProgram segment_filter(net::Family family, const TcpPortRange& ports) {
  BpfAssembler a;
  if (family == net::Family::v4) {
    a.header_length_to_x();
  } else {
    a.zero_to_x();  // IPv6 raw sockets get no IP header
  }
  accept_segment(a, ports);
  return a.take();
}

FilterProgram syn_error_filter(net::Family family, const TcpPortRange& ports) {
  return family == net::Family::v4 ? ipv4_errors(ports) : ipv6_errors(ports);
}

}  // namespace sonde::transport
