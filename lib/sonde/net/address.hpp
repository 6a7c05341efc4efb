// address.hpp: an IPv4 or IPv6 address, with its zone where it needs one.
// Shape: 16 bytes (IPv4 uses the first 4), a family, a zone index (RFC 4007; 0 = none).
// parse(): dotted decimal with four parts and no leading zeros; RFC 4291 text, "%zone" only as a
// number (names of interfaces are the resolver's business). Errors: nullopt.
// to_text(), append_text(): RFC 5952. Pure; only they allocate.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sonde/base/bytes.hpp"

namespace sonde::net {

enum class Family : std::uint8_t { v4 = 4, v6 = 6 };

class Address {
 public:
  static constexpr std::size_t kV4Bytes = 4;
  static constexpr std::size_t kV6Bytes = 16;

  constexpr Address() = default;  // 0.0.0.0
  [[nodiscard]] static constexpr Address v4(std::uint32_t host_order) noexcept {
    Address a;
    a.front_ = std::bit_cast<std::uint64_t>(std::array{network_order(host_order), 0U});
    return a;
  }
  [[nodiscard]] static Address v4(std::span<const std::byte, kV4Bytes> bytes) noexcept;
  [[nodiscard]] static constexpr Address v6(std::span<const std::byte, kV6Bytes> bytes,
                                            std::uint32_t zone = 0) noexcept {
    std::array<std::byte, kV6Bytes> copy{};
    std::ranges::copy(bytes, copy.begin());
    const auto words = std::bit_cast<std::array<std::uint64_t, 2>>(copy);
    Address a;
    a.family_ = static_cast<std::uint32_t>(Family::v6);
    a.front_ = words.front();
    a.back_ = words.back();
    a.zone_ = zone;
    return a;
  }
  // 4 or 16 bytes, as they stand in a header; nullopt for any other length.
  [[nodiscard]] static std::optional<Address> from_bytes(Bytes bytes) noexcept;
  [[nodiscard]] static std::optional<Address> parse(std::string_view text) noexcept;

  [[nodiscard]] constexpr Family family() const noexcept { return static_cast<Family>(family_); }
  [[nodiscard]] constexpr bool is_v4() const noexcept { return family() == Family::v4; }
  [[nodiscard]] constexpr bool is_v6() const noexcept { return family() == Family::v6; }
  [[nodiscard]] Bytes bytes() const noexcept {
    return all_bytes().first(is_v4() ? kV4Bytes : kV6Bytes);
  }
  [[nodiscard]] std::uint32_t v4_value() const noexcept;  // host order; 0 for IPv6
  [[nodiscard]] constexpr std::uint32_t zone() const noexcept { return zone_; }
  [[nodiscard]] Address with_zone(std::uint32_t zone) const noexcept;

  [[nodiscard]] bool is_unspecified() const noexcept;  // 0.0.0.0, ::
  [[nodiscard]] bool is_loopback() const noexcept;     // 127.0.0.0/8, ::1
  [[nodiscard]] bool is_multicast() const noexcept;    // 224.0.0.0/4, ff00::/8
  [[nodiscard]] bool is_link_local() const noexcept;   // 169.254.0.0/16, fe80::/10
  [[nodiscard]] bool is_broadcast() const noexcept;    // 255.255.255.255
  [[nodiscard]] bool is_v4_mapped() const noexcept;    // ::ffff:0:0/96

  [[nodiscard]] std::string to_text() const;  // RFC 5952, "%zone" with a number
  void append_text(std::string& out) const;   // the same behind what is there

  // The same host: zones are compared only when both sides have one (a received packet may not).
  [[nodiscard]] bool same_host(const Address& other) const noexcept;
  // A hash fit for tables; not keyed.
  [[nodiscard]] std::uint64_t hash() const noexcept;

  // By family, bytes, zone.
  friend constexpr std::strong_ordering operator<=>(const Address& a, const Address& b) noexcept {
    const auto key = [](const Address& x) {
      return std::array<std::uint64_t, 4>{x.family_, network_order(x.front_),
                                          network_order(x.back_), x.zone_};
    };
    return key(a) <=> key(b);
  }
  friend constexpr bool operator==(const Address&, const Address&) = default;

 private:
  // The bytes as they stand in a header. Whole words and no padding: addresses are made and copied
  // for each packet, and so they are kept in registers on the way, or at least written in the
  // pieces in which they are read (a load that spans two fresh stores stalls).
  [[nodiscard]] Bytes all_bytes() const noexcept {
    return std::as_bytes(std::span(this, 1)).first(kV6Bytes);
  }
  std::uint64_t front_ = 0;
  std::uint64_t back_ = 0;
  std::uint32_t zone_ = 0;
  std::uint32_t family_ = static_cast<std::uint32_t>(Family::v4);
};

}  // namespace sonde::net
