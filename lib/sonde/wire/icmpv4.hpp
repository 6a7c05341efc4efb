// icmpv4.hpp: ICMP for IPv4 (RFC 792, 1191, 1812, 4884).
//    0                   1                   2                   3
//   |     type      |     code      |           checksum            |
//   |  identifier / unused | length / next-hop MTU                  |
// decode: the whole ICMP message (IP payload). Errors: truncated (under 8 bytes), bad_checksum
// (unless verify is no: the kernel checked it, or the message is quoted). Pure, no allocation.
#pragma once

#include <expected>

#include "sonde/base/bytes.hpp"
#include "sonde/wire/decode_error.hpp"
#include "sonde/wire/icmp_message.hpp"

namespace sonde::wire {

// NOLINTBEGIN(readability-magic-numbers): IANA ICMP parameters
namespace icmpv4 {
inline constexpr std::uint8_t kEchoReply = 0;
inline constexpr std::uint8_t kDestinationUnreachable = 3;
inline constexpr std::uint8_t kSourceQuench = 4;
inline constexpr std::uint8_t kRedirect = 5;
inline constexpr std::uint8_t kEchoRequest = 8;
inline constexpr std::uint8_t kTimeExceeded = 11;
inline constexpr std::uint8_t kParameterProblem = 12;
inline constexpr std::uint8_t kTimestampRequest = 13;
inline constexpr std::uint8_t kTimestampReply = 14;
inline constexpr std::uint8_t kCodeFragmentationNeeded = 4;  // of Destination Unreachable
}  // namespace icmpv4
// NOLINTEND(readability-magic-numbers)

enum class VerifyChecksum : std::uint8_t { no, yes };

[[nodiscard]] std::expected<IcmpMessage, DecodeError> decode_icmpv4(
    Bytes data, VerifyChecksum verify = VerifyChecksum::yes) noexcept;

// The header of an echo request with a checksum of 0, for who fills in the payload and then the
// checksum over all of it (at kIcmpChecksumAt), or leaves that to the kernel.
inline constexpr std::size_t kIcmpChecksumAt = 2;
void encode_icmpv4_echo_header(net::IcmpIdent ident, net::IcmpSeq seq, Writer& out) noexcept;

// An echo request with its checksum: type 8, code 0.
void encode_icmpv4_echo_request(net::IcmpIdent ident, net::IcmpSeq seq, Bytes payload,
                                Writer& out) noexcept;

}  // namespace sonde::wire
