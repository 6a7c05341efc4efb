// ipv4.hpp: the IPv4 header (RFC 791).
// decode: IHL 5..15 with options kept; a total length beyond the bytes present is allowed (quoted
// datagrams are cut short, RFC 792) and leaves `payload` with what is there; one smaller than the
// header is bad_length. The header checksum is reported, not judged: the kernel already did, and
// quoted headers carry the one of the hop before.
// Errors: truncated, bad_version, bad_length (IHL under 5, total length under the header's).
// Views point into the caller's bytes. Pure, no allocation.
#pragma once

#include <expected>

#include "sonde/base/bytes.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/wire/decode_error.hpp"

namespace sonde::wire {

inline constexpr std::size_t kIpv4MinHeader = 20;
inline constexpr std::size_t kIpv4MaxHeader = 60;

struct Ipv4Header {
  net::Tos tos;
  std::uint16_t total_length = 0;
  std::uint16_t identification = 0;
  bool dont_fragment = false;
  bool more_fragments = false;
  std::uint16_t fragment_offset = 0;  // units of 8 bytes
  net::Ttl ttl;
  net::IpProtocol protocol;
  std::uint16_t checksum = 0;
  net::Address source;
  net::Address destination;
  Bytes options;  // 0..40 bytes, padded to a multiple of 4
};

struct Ipv4Packet {
  Ipv4Header header;
  Bytes payload;  // at most what total_length says
};

[[nodiscard]] std::expected<Ipv4Packet, DecodeError> decode_ipv4(Bytes data) noexcept;

// The header alone, options included; `in` then stands behind it. total_length is not judged.
[[nodiscard]] std::expected<Ipv4Header, DecodeError> decode_ipv4_header(Reader& in) noexcept;

// Writes the header with its checksum; total_length is taken as given. Options are padded with
// End of Option List to a multiple of 4; over 40 bytes sets out.failed().
void encode_ipv4(const Ipv4Header& header, Writer& out) noexcept;

}  // namespace sonde::wire
