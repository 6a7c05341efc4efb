#include "sonde/transport/linux/bpf_errors.hpp"

#include <array>

#include "sonde/wire/icmp_message.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "sonde/wire/ipv6.hpp"

namespace sonde::transport {
namespace {

constexpr std::uint32_t kQuoteAt = wire::kIcmpHeader;

//   IPv4 header (X bytes) | ICMP header (8) | quoted IPv4 header | quoted transport header (8 or
//   more)
FilterProgram ipv4_errors(net::IpProtocol protocol, const AcceptQuoted& accept) {
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
  a.reject_unless_equal(protocol.value);
  a.load_half_at_x(kQuotedFragmentAt);
  a.reject_if_any_bit(kFragmentOffset);
  a.add_header_length_to_x(kQuoteAt);
  accept(a, kQuoteAt);
  return a.take();
}

//   ICMPv6 header (8) | quoted IPv6 header (40) | quoted transport header
// Extension headers are rare and left to the decoder, which walks the whole chain.
FilterProgram ipv6_errors(net::IpProtocol protocol, const AcceptQuoted& accept) {
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
  const std::size_t direct = a.jump_if_equal(protocol.value);
  std::array<std::size_t, kExtensionHeaders.size()> others{};
  for (std::size_t i = 0; i < others.size(); ++i) {
    others[i] = a.jump_if_equal(kExtensionHeaders[i]);
  }
  a.reject();
  for (const std::size_t jump : others) {
    a.land(jump);
  }
  a.accept();
  a.land(direct);
  a.zero_to_x();
  accept(a, kQuoteAt + wire::kIpv6Header);
  return a.take();
}

}  // namespace

FilterProgram quoted_error_filter(net::Family family, net::IpProtocol protocol,
                                  const AcceptQuoted& accept) {
  return family == net::Family::v4 ? ipv4_errors(protocol, accept) : ipv6_errors(protocol, accept);
}

FilterProgram udp_error_filter(net::Family family, net::Port source) {
  return quoted_error_filter(family, net::kUdp, [&](BpfAssembler& a, std::uint32_t at) {
    a.load_half_at_x(at);
    a.reject_unless_equal(source.value);
    a.accept();
  });
}

}  // namespace sonde::transport
