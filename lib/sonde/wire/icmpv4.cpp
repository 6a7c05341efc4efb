#include "sonde/wire/icmpv4.hpp"

#include "sonde/wire/checksum.hpp"

namespace sonde::wire {
namespace {

constexpr unsigned kByteBits = 8;
constexpr unsigned kHalfBits = 16;

IcmpClass class_of(std::uint8_t type) noexcept {
  switch (type) {
    case icmpv4::kEchoRequest:
      return IcmpClass::echo_request;
    case icmpv4::kEchoReply:
      return IcmpClass::echo_reply;
    case icmpv4::kDestinationUnreachable:
    case icmpv4::kSourceQuench:
    case icmpv4::kRedirect:
    case icmpv4::kTimeExceeded:
    case icmpv4::kParameterProblem:
      return IcmpClass::error;
    default:
      return IcmpClass::other;
  }
}

constexpr bool has_ident(std::uint8_t type) noexcept {
  return type == icmpv4::kEchoReply || type == icmpv4::kEchoRequest ||
         type == icmpv4::kTimestampRequest || type == icmpv4::kTimestampReply;
}

// RFC 4884 sections 4.1 to 4.3: the byte at offset 5 counts words of 4 bytes.
std::size_t quoted_length(std::uint32_t word) noexcept {
  constexpr std::size_t kWord = 4;
  constexpr std::uint32_t kByteMask = 0xff;
  return ((word >> kHalfBits) & kByteMask) * kWord;
}

// The second word of the header, whose meaning hangs on type and code.
void read_error_word(IcmpMessage& m, std::uint32_t word) noexcept {
  const auto low = static_cast<std::uint16_t>(word);
  switch (m.icmp.type) {
    case icmpv4::kDestinationUnreachable:
      m.quoted_length = quoted_length(word);
      // RFC 1191 section 4: zero from routers that do not know of the field.
      if (m.icmp.code == icmpv4::kCodeFragmentationNeeded && low != 0) {
        m.next_hop_mtu = net::Mtu(low);
      }
      break;
    case icmpv4::kTimeExceeded:
      m.quoted_length = quoted_length(word);
      break;
    case icmpv4::kParameterProblem:
      m.quoted_length = quoted_length(word);
      m.pointer = word >> (kHalfBits + kByteBits);
      break;
    case icmpv4::kRedirect:
      m.gateway = net::Address::v4(word);
      break;
    default:
      break;
  }
}

}  // namespace

std::expected<IcmpMessage, DecodeError> decode_icmpv4(Bytes data, VerifyChecksum verify) noexcept {
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
  if (verify == VerifyChecksum::yes && internet_checksum(data) != 0) {
    message = std::unexpected(DecodeError::bad_checksum);
    return message;
  }
  m.message_class = class_of(m.icmp.type);
  if (has_ident(m.icmp.type)) {
    m.ident = net::IcmpIdent(static_cast<std::uint16_t>(word >> kHalfBits));
    m.seq = net::IcmpSeq(static_cast<std::uint16_t>(word));
  } else {
    read_error_word(m, word);
  }
  m.body = in.rest();
  return message;
}

void encode_icmpv4_echo_header(net::IcmpIdent ident, net::IcmpSeq seq, Writer& out) noexcept {
  // In one piece: the checksum reads it back as a word, at once, and processors pass on to a load
  // only what a single store wrote.
  constexpr unsigned kTypeShift = 56;
  out.u64(std::uint64_t{icmpv4::kEchoRequest} << kTypeShift |
          std::uint64_t{ident.value} << kHalfBits | seq.value);
}

void encode_icmpv4_echo_request(net::IcmpIdent ident, net::IcmpSeq seq, Bytes payload,
                                Writer& out) noexcept {
  const std::size_t begin = out.size();
  encode_icmpv4_echo_header(ident, seq, out);
  out.bytes(payload);
  if (!out.failed()) {
    out.patch_u16(begin + kIcmpChecksumAt, internet_checksum(out.written().subspan(begin)));
  }
}

}  // namespace sonde::wire
