// ipv6.hpp: the IPv6 header and its chain of extension headers (RFC 8200, RFC 4302 for AH).
// decode walks Hop-by-Hop, Routing, Fragment, Destination Options and AH to the upper layer; at
// most 16 of them. A chain that runs out of bytes is truncated; No Next Header (59) and ESP end the
// walk with that protocol, and so does a fragment that is not the first (what follows is data).
// Errors: truncated, bad_version, bad_length (an AH shorter than its fixed part), unsupported (more
// than 16 extension headers). A payload length beyond the bytes present is allowed, as in IPv4.
// Views point into the caller's bytes. Pure, no allocation.
#pragma once

#include <expected>
#include <optional>

#include "sonde/base/bytes.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/wire/decode_error.hpp"

namespace sonde::wire {

inline constexpr std::size_t kIpv6Header = 40;
inline constexpr std::size_t kMaxIpv6Extensions = 16;

struct Ipv6Header {
  net::Tos traffic_class;
  std::uint32_t flow_label = 0;  // 20 bits
  std::uint16_t payload_length = 0;
  net::IpProtocol next_header;  // the first one, as on the wire
  net::Ttl hop_limit;
  net::Address source;
  net::Address destination;
};

struct Ipv6Fragment {
  std::uint16_t offset = 0;  // units of 8 bytes
  bool more = false;
  std::uint32_t identification = 0;
};

struct Ipv6Packet {
  Ipv6Header header;
  net::IpProtocol upper_protocol;  // after the chain
  std::optional<Ipv6Fragment> fragment;
  Bytes payload;  // the upper layer, at most what payload_length says
};

[[nodiscard]] std::expected<Ipv6Packet, DecodeError> decode_ipv6(Bytes data) noexcept;

// Writes the 40 bytes; next_header and payload_length are taken as given.
void encode_ipv6(const Ipv6Header& header, Writer& out) noexcept;

}  // namespace sonde::wire
