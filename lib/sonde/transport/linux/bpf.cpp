#include "sonde/transport/linux/bpf.hpp"

#include <array>
#include <cstdint>

#include "sonde/transport/linux/bpf_assembler.hpp"
#include "sonde/wire/icmp_message.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "sonde/wire/ipv6.hpp"

namespace sonde::transport {
namespace {

constexpr std::uint32_t kIcmpIdentAt = 4;
constexpr std::uint32_t kQuoteAt = wire::kIcmpHeader;

//   IPv4 header (X bytes) | ICMP header (8) | quoted IPv4 header | quoted ICMP header (8)
FilterProgram ipv4_filter(net::IcmpIdent ident) {
  constexpr std::uint32_t kQuotedProtocolAt = kQuoteAt + 9;
  constexpr std::uint32_t kQuotedFragmentAt = kQuoteAt + 6;
  constexpr std::uint32_t kFragmentOffset = 0x1fff;
  BpfAssembler a;
  a.header_length_to_x();
  a.load_byte_at_x(0);
  const std::array errors{a.jump_if_equal(wire::icmpv4::kDestinationUnreachable),
                          a.jump_if_equal(wire::icmpv4::kTimeExceeded),
                          a.jump_if_equal(wire::icmpv4::kParameterProblem)};
  a.reject_unless_equal(wire::icmpv4::kEchoReply);
  a.load_half_at_x(kIcmpIdentAt);
  a.reject_unless_equal(ident.value);
  a.accept();
  for (const std::size_t jump : errors) {
    a.land(jump);
  }
  a.load_byte_at_x(kQuotedProtocolAt);
  a.reject_unless_equal(net::kIcmp.value);
  a.load_half_at_x(kQuotedFragmentAt);
  a.reject_if_any_bit(kFragmentOffset);
  a.add_header_length_to_x(kQuoteAt);
  a.load_byte_at_x(kQuoteAt);
  a.reject_unless_equal(wire::icmpv4::kEchoRequest);
  a.load_half_at_x(kQuoteAt + kIcmpIdentAt);
  a.reject_unless_equal(ident.value);
  a.accept();
  return a.take();
}

void accept_quoted_echo(BpfAssembler& a, std::uint32_t at, net::IcmpIdent ident) {
  a.load_byte(at);
  a.reject_unless_equal(wire::icmpv6::kEchoRequest);
  a.load_half(at + kIcmpIdentAt);
  a.reject_unless_equal(ident.value);
  a.accept();
}

//   ICMPv6 header (8) | quoted IPv6 header (40) | [Fragment header (8)] | quoted ICMPv6 header (8)
// Other extension headers are rare and left to the decoder, which walks the whole chain.
FilterProgram ipv6_filter(net::IcmpIdent ident) {
  constexpr std::uint32_t kNextHeaderAt = kQuoteAt + 6;
  constexpr std::uint32_t kBehindHeader = kQuoteAt + wire::kIpv6Header;
  constexpr std::uint32_t kFragmentHeader = 44;
  constexpr std::uint32_t kFragmentHeaderBytes = 8;
  constexpr std::uint32_t kFragmentOffset = 0xfff8;
  constexpr std::array<std::uint32_t, 3> kOtherHeaders{0, 43, 60};  // hop-by-hop, routing, options
  BpfAssembler a;
  a.load_byte(0);
  const std::array errors{a.jump_if_equal(wire::icmpv6::kDestinationUnreachable),
                          a.jump_if_equal(wire::icmpv6::kPacketTooBig),
                          a.jump_if_equal(wire::icmpv6::kTimeExceeded),
                          a.jump_if_equal(wire::icmpv6::kParameterProblem)};
  a.reject_unless_equal(wire::icmpv6::kEchoReply);
  a.load_half(kIcmpIdentAt);
  a.reject_unless_equal(ident.value);
  a.accept();
  for (const std::size_t jump : errors) {
    a.land(jump);
  }
  a.load_byte(kNextHeaderAt);
  const std::size_t echo = a.jump_if_equal(net::kIcmpV6.value);
  const std::size_t fragment = a.jump_if_equal(kFragmentHeader);
  std::array<std::size_t, kOtherHeaders.size()> others{};
  for (std::size_t i = 0; i < others.size(); ++i) {
    others[i] = a.jump_if_equal(kOtherHeaders[i]);
  }
  a.reject();
  for (const std::size_t jump : others) {
    a.land(jump);
  }
  a.accept();
  a.land(fragment);
  a.load_byte(kBehindHeader);
  a.reject_unless_equal(net::kIcmpV6.value);
  a.load_half(kBehindHeader + 2);
  a.reject_if_any_bit(kFragmentOffset);
  accept_quoted_echo(a, kBehindHeader + kFragmentHeaderBytes, ident);
  a.land(echo);
  accept_quoted_echo(a, kBehindHeader, ident);
  return a.take();
}

}  // namespace

FilterProgram echo_filter(net::Family family, net::IcmpIdent ident) {
  return family == net::Family::v4 ? ipv4_filter(ident) : ipv6_filter(ident);
}

FilterProgram reject_all_filter() {
  BpfAssembler a;
  a.reject();
  return a.take();
}

}  // namespace sonde::transport
