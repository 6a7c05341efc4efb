// range.hpp: addresses that follow each other: a first one and how many.
// between(): both ends included; nullopt: two families, two zones, the last before the first, or
// 2^64 addresses. hosts_of(): the addresses of a prefix that hosts can have: for IPv4 prefixes of
// /30 and shorter all but the first (the network, RFC 950) and the last (its broadcast, RFC 919),
// as fping -g; /31 (RFC 3021), /32 and every IPv6 prefix whole. nullopt: 2^64 addresses or more.
// Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "sonde/net/address.hpp"
#include "sonde/net/prefix.hpp"

namespace sonde::net {

struct AddressRange {
  Address first{};
  std::uint64_t count = 1;  // at least 1

  [[nodiscard]] Address last() const noexcept;
  // Has it an address in common with the prefix?
  [[nodiscard]] bool overlaps(const Prefix& prefix) const noexcept;
  // Is all of it inside?
  [[nodiscard]] bool inside(const Prefix& prefix) const noexcept;

  [[nodiscard]] static std::optional<AddressRange> between(const Address& first,
                                                           const Address& last) noexcept;
  [[nodiscard]] static std::optional<AddressRange> hosts_of(const Prefix& prefix) noexcept;

  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

}  // namespace sonde::net
