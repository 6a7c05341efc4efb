#include "sonde/transport/linux/bpf_tcp.hpp"

#include "sonde/transport/linux/bpf_assembler.hpp"
#include "sonde/transport/linux/bpf_errors.hpp"
#include "sonde/wire/tcp.hpp"

namespace sonde::transport {
namespace {

constexpr std::uint32_t kDestinationPortAt = 2;
constexpr std::uint32_t kControlAt = 13;

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
  return quoted_error_filter(
      family, net::kTcp, [&](BpfAssembler& a, std::uint32_t at) { accept_quoted(a, at, ports); });
}

}  // namespace sonde::transport
