// icmpv6.hpp: ICMP for IPv6 (RFC 4443, 4884).
// decode: the whole ICMPv6 message. Its checksum covers a pseudo header: give the addresses to have
// it verified, nothing when the kernel did (Linux raw and datagram sockets always do).
// Errors: truncated, bad_checksum. Pure, no allocation.
#pragma once

#include <expected>

#include "sonde/base/bytes.hpp"
#include "sonde/net/address.hpp"
#include "sonde/wire/decode_error.hpp"
#include "sonde/wire/icmp_message.hpp"

namespace sonde::wire {

// NOLINTBEGIN(readability-magic-numbers): IANA ICMPv6 parameters
namespace icmpv6 {
inline constexpr std::uint8_t kDestinationUnreachable = 1;
inline constexpr std::uint8_t kPacketTooBig = 2;
inline constexpr std::uint8_t kTimeExceeded = 3;
inline constexpr std::uint8_t kParameterProblem = 4;
inline constexpr std::uint8_t kEchoRequest = 128;
inline constexpr std::uint8_t kEchoReply = 129;
inline constexpr std::uint8_t kFirstInformational = 128;  // below: errors (RFC 4443 section 2.1)
}  // namespace icmpv6
// NOLINTEND(readability-magic-numbers)

struct Ipv6Ends {
  net::Address source;
  net::Address destination;
};

[[nodiscard]] std::expected<IcmpMessage, DecodeError> decode_icmpv6(
    Bytes data, const Ipv6Ends* verify_with = nullptr) noexcept;

// Type 128 with the checksum over the pseudo header when the ends are known, else 0 (the kernel
// fills it in).
void encode_icmpv6_echo_request(net::IcmpIdent ident, net::IcmpSeq seq, Bytes payload, Writer& out,
                                const Ipv6Ends* ends = nullptr) noexcept;

}  // namespace sonde::wire
