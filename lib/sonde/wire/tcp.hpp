// tcp.hpp: the TCP header (RFC 9293 section 3.1).
//    0                   1                   2                   3
//   |          source port          |       destination port        |
//   |                        sequence number                        |
//   |                    acknowledgment number                      |
//   | offset|  res. |C E U A P R S F|            window             |
//   |           checksum            |        urgent pointer         |
//   | options, padded to a multiple of 4 ...
// decode: a whole segment (IP payload). Errors: truncated (under 20 bytes), bad_length (an offset
// under 5, or beyond the bytes present), bad_checksum (only if the ends are given: what a network
// card is to complete, or has checked, need not be right in memory). Views point into the caller's
// bytes. Pure, no allocation.
#pragma once

#include <array>
#include <cstdint>
#include <expected>

#include "sonde/base/bytes.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/wire/decode_error.hpp"

namespace sonde::wire {

inline constexpr std::size_t kTcpMinHeader = 20;
inline constexpr std::size_t kTcpMaxHeader = 60;
inline constexpr std::size_t kTcpChecksumAt = 16;

// The control bits, as they stand in their byte.
namespace tcp {
inline constexpr std::uint8_t kFin = 0x01;
inline constexpr std::uint8_t kSyn = 0x02;
inline constexpr std::uint8_t kRst = 0x04;
inline constexpr std::uint8_t kPsh = 0x08;
inline constexpr std::uint8_t kAck = 0x10;
inline constexpr std::uint8_t kUrg = 0x20;
inline constexpr std::uint8_t kEce = 0x40;
inline constexpr std::uint8_t kCwr = 0x80;
}  // namespace tcp

struct TcpHeader {
  net::Port source{};
  net::Port destination{};
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgment = 0;
  std::uint8_t control = 0;  // tcp::kSyn ...
  std::uint16_t window = 0;
  std::uint16_t checksum = 0;
  std::uint16_t urgent_pointer = 0;
  Bytes options{};  // 0..40 bytes
};

struct TcpSegment {
  TcpHeader header;
  Bytes payload;
};

// Whose addresses the checksum covers.
struct TcpEnds {
  net::Address source;
  net::Address destination;
};

[[nodiscard]] std::expected<TcpSegment, DecodeError> decode_tcp(
    Bytes data, const TcpEnds* verify_with = nullptr) noexcept;

// Writes header and payload with their checksum; TcpHeader::checksum is not looked at. Options are
// padded with End of Option List to a multiple of 4; over 40 bytes sets out.failed().
void encode_tcp(const TcpHeader& header, Bytes payload, const TcpEnds& ends, Writer& out) noexcept;

// What an ordinary SYN says (RFC 9293 section 3.7.1, RFC 2018, RFC 7323): maximum segment size,
// selective acknowledgments, window scale 7. SYNs without options are an oddity that some firewalls
// drop.
inline constexpr std::size_t kSynOptions = 12;
[[nodiscard]] std::array<std::byte, kSynOptions> syn_options(net::Family family) noexcept;

}  // namespace sonde::wire
