// icmp_message.hpp: what ICMPv4 and ICMPv6 messages have in common once decoded.
// Views point into the caller's bytes.
#pragma once

#include <cstdint>
#include <optional>

#include "sonde/base/bytes.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"

namespace sonde::wire {

inline constexpr std::size_t kIcmpHeader = 8;

// The raw pair, kept for every message: codes nobody knows yet survive.
struct IcmpType {
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  friend constexpr auto operator<=>(const IcmpType&, const IcmpType&) = default;
};

enum class IcmpClass : std::uint8_t { echo_request, echo_reply, error, other };

struct IcmpMessage {
  IcmpType icmp;
  IcmpClass message_class = IcmpClass::other;
  std::uint16_t checksum = 0;
  // Echo request and reply (and the ICMPv4 timestamp pair, which has the same two words).
  net::IcmpIdent ident;
  net::IcmpSeq seq;
  // Errors. The MTU of "fragmentation needed" (RFC 1191; absent when the router says 0) and
  // "packet too big"; the pointer of "parameter problem"; the gateway of an ICMPv4 redirect.
  std::optional<net::Mtu> next_hop_mtu;
  std::optional<std::uint32_t> pointer;
  std::optional<net::Address> gateway;
  // RFC 4884 length attribute in bytes: the size of the original datagram field; 0 = not given.
  std::size_t quoted_length = 0;
  // Behind the 8 header bytes: the echo's payload, or the error's original datagram (+ extensions).
  Bytes body;
};

}  // namespace sonde::wire
