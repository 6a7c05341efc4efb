#include "sonde/wire/icmpv6.hpp"

#include "sonde/wire/checksum.hpp"
#include "sonde/wire/icmp_message.hpp"

namespace sonde::wire {
namespace {

constexpr unsigned kByteBits = 8;
constexpr unsigned kHalfBits = 16;

IcmpClass class_of(std::uint8_t type) noexcept {
  switch (type) {
    case icmpv6::kEchoRequest:
      return IcmpClass::echo_request;
    case icmpv6::kEchoReply:
      return IcmpClass::echo_reply;
    default:
      return type < icmpv6::kFirstInformational ? IcmpClass::error : IcmpClass::other;
  }
}

// RFC 4884 sections 4.4 and 4.5: the byte at offset 4 counts words of 8 bytes.
std::size_t quoted_length(std::uint32_t word) noexcept {
  constexpr std::size_t kWord = 8;
  return (word >> (kHalfBits + kByteBits)) * kWord;
}

// The second word of the header, whose meaning hangs on the type.
void read_word(IcmpMessage& m, std::uint32_t word) noexcept {
  switch (m.icmp.type) {
    case icmpv6::kDestinationUnreachable:
    case icmpv6::kTimeExceeded:
      m.quoted_length = quoted_length(word);
      break;
    case icmpv6::kPacketTooBig:
      if (word != 0) {
        m.next_hop_mtu = net::Mtu(word);
      }
      break;
    case icmpv6::kParameterProblem:
      m.pointer = word;
      break;
    case icmpv6::kEchoRequest:
    case icmpv6::kEchoReply:
      m.ident = net::IcmpIdent(static_cast<std::uint16_t>(word >> kHalfBits));
      m.seq = net::IcmpSeq(static_cast<std::uint16_t>(word));
      break;
    default:
      break;
  }
}

ChecksumSum pseudo_header(const Ipv6Ends& ends, std::size_t length) noexcept {
  ChecksumSum sum;
  sum.add_pseudo_header(ends.source, ends.destination, net::kIcmpV6,
                        static_cast<std::uint32_t>(length));
  return sum;
}

bool checksum_fits(Bytes data, const Ipv6Ends& ends) noexcept {
  ChecksumSum sum = pseudo_header(ends, data.size());
  sum.add(data);
  return sum.value() == 0;
}

}  // namespace

std::expected<IcmpMessage, DecodeError> decode_icmpv6(Bytes data,
                                                      const Ipv6Ends* verify_with) noexcept {
  Reader in{data};
  std::expected<IcmpMessage, DecodeError> message;  // the only one returned: never copied
  IcmpMessage& m = *message;
  const std::uint16_t type_and_code = in.u16();
  m.icmp.type = static_cast<std::uint8_t>(type_and_code >> kByteBits);
  m.icmp.code = static_cast<std::uint8_t>(type_and_code);
  m.checksum = in.u16();
  const std::uint32_t word = in.u32();
  if (in.failed()) {
    message = std::unexpected(DecodeError::truncated);
    return message;
  }
  if (verify_with != nullptr && !checksum_fits(data, *verify_with)) {
    message = std::unexpected(DecodeError::bad_checksum);
    return message;
  }
  m.message_class = class_of(m.icmp.type);
  read_word(m, word);
  m.body = in.rest();
  return message;
}

// NOLINTNEXTLINE(readability-function-size): the ICMPv4 twin and the ends
void encode_icmpv6_echo_request(net::IcmpIdent ident, net::IcmpSeq seq, Bytes payload, Writer& out,
                                const Ipv6Ends* ends) noexcept {
  constexpr std::uint16_t kTypeAndCode = std::uint16_t{icmpv6::kEchoRequest} << kByteBits;
  std::uint16_t checksum = 0;
  if (ends != nullptr) {
    ChecksumSum sum = pseudo_header(*ends, kIcmpHeader + payload.size());
    sum.add_u16(kTypeAndCode);
    sum.add_u16(ident.value);
    sum.add_u16(seq.value);
    sum.add(payload);
    checksum = sum.value();
  }
  out.u16(kTypeAndCode);
  out.u16(checksum);
  out.u16(ident.value);
  out.u16(seq.value);
  out.bytes(payload);
}

}  // namespace sonde::wire
