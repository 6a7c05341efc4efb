// prefix.hpp: an address prefix in CIDR notation (RFC 4632, RFC 4291 section 2.3) and its walk.
// parse(): "192.0.2.0/24", "2001:db8::/64"; host bits are cleared, so "192.0.2.7/24" is the same.
// Errors: nullopt. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sonde/net/address.hpp"

namespace sonde::net {

class Prefix {
 public:
  // nullopt: a length over 32 or 128.
  [[nodiscard]] static std::optional<Prefix> make(const Address& address, unsigned length) noexcept;
  [[nodiscard]] static std::optional<Prefix> parse(std::string_view text) noexcept;

  [[nodiscard]] const Address& first() const noexcept { return network_; }
  [[nodiscard]] unsigned length() const noexcept { return length_; }
  [[nodiscard]] bool contains(const Address& address) const noexcept;
  // How many addresses; nullopt when that needs more than 64 bits.
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept;
  // The address at an offset from first(); nullopt outside the prefix.
  [[nodiscard]] std::optional<Address> at(std::uint64_t offset) const noexcept;
  [[nodiscard]] std::string to_text() const;

  friend constexpr bool operator==(const Prefix&, const Prefix&) = default;

 private:
  Prefix(const Address& network, unsigned length) noexcept : network_(network), length_(length) {}
  Address network_;
  unsigned length_;
};

}  // namespace sonde::net
