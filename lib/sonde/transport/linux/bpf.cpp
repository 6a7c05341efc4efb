#include "sonde/transport/linux/bpf.hpp"

#include <array>
#include <cstdint>

#include "sonde/wire/icmp_message.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "sonde/wire/ipv6.hpp"

namespace sonde::transport {
namespace {

constexpr std::uint32_t kAcceptAll = 0xffffffff;
constexpr std::uint32_t kIcmpIdentAt = 4;
constexpr std::uint32_t kQuoteAt = wire::kIcmpHeader;

// Builds a program out of tests that each reject the packet unless they hold. A jump can only go
// forward and by at most 255: here always over one instruction or to a mark set later.
class Assembler {
 public:
  void load_byte(std::uint32_t at) { emit(BPF_LD | BPF_B | BPF_ABS, at); }
  void load_half(std::uint32_t at) { emit(BPF_LD | BPF_H | BPF_ABS, at); }
  void load_byte_at_x(std::uint32_t at) { emit(BPF_LD | BPF_B | BPF_IND, at); }
  void load_half_at_x(std::uint32_t at) { emit(BPF_LD | BPF_H | BPF_IND, at); }
  // X = the length of the IPv4 header at 0.
  void header_length_to_x() { emit(BPF_LDX | BPF_B | BPF_MSH, 0); }
  // X += the length of the IPv4 header at X + `at`.
  void add_header_length_to_x(std::uint32_t at) {
    constexpr std::uint32_t kLengthMask = 0xf;
    constexpr std::uint32_t kWordShift = 2;
    load_byte_at_x(at);
    emit(BPF_ALU | BPF_AND | BPF_K, kLengthMask);
    emit(BPF_ALU | BPF_LSH | BPF_K, kWordShift);
    emit(BPF_ALU | BPF_ADD | BPF_X, 0);
    emit(BPF_MISC | BPF_TAX, 0);
  }
  void reject_unless_equal(std::uint32_t value) { jump(BPF_JEQ, value, 1, 0), reject(); }
  void reject_if_any_bit(std::uint32_t mask) { jump(BPF_JSET, mask, 0, 1), reject(); }
  void accept() { emit(BPF_RET | BPF_K, kAcceptAll); }
  void reject() { emit(BPF_RET | BPF_K, 0); }
  // Jump when equal, to where land() is called with the result.
  [[nodiscard]] std::size_t jump_if_equal(std::uint32_t value) {
    jump(BPF_JEQ, value, 0, 0);
    return program_.size() - 1;
  }
  void land(std::size_t from) {
    program_[from].jt = static_cast<std::uint8_t>(program_.size() - from - 1);
  }
  [[nodiscard]] FilterProgram take() { return std::move(program_); }

 private:
  void emit(unsigned code, std::uint32_t k) {
    program_.push_back({.code = static_cast<std::uint16_t>(code), .jt = 0, .jf = 0, .k = k});
  }
  void jump(unsigned test, std::uint32_t k, std::uint8_t if_true, std::uint8_t if_false) {
    emit(BPF_JMP | BPF_K | test, k);
    program_.back().jt = if_true;
    program_.back().jf = if_false;
  }
  FilterProgram program_;
};

//   IPv4 header (X bytes) | ICMP header (8) | quoted IPv4 header | quoted ICMP header (8)
FilterProgram ipv4_filter(net::IcmpIdent ident) {
  constexpr std::uint32_t kQuotedProtocolAt = kQuoteAt + 9;
  constexpr std::uint32_t kQuotedFragmentAt = kQuoteAt + 6;
  constexpr std::uint32_t kFragmentOffset = 0x1fff;
  Assembler a;
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

void accept_quoted_echo(Assembler& a, std::uint32_t at, net::IcmpIdent ident) {
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
  Assembler a;
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
  Assembler a;
  a.reject();
  return a.take();
}

}  // namespace sonde::transport
