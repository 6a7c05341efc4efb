// ip_options.hpp: what a probe's IP header shall say; the IP_OPTION_INFORMATION equivalent.
// Ttl and Tos as there; flags DF and REVERSE as bools; OptionsData as raw RFC 791 options.
// Values only. Used by ProbeSpec (sent) and Observation (the reply's header).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "sonde/base/bytes.hpp"
#include "sonde/net/fields.hpp"

namespace sonde::probe {

// IPv4 header options in wire format (RFC 791 section 3.1): 0 to 40 bytes.
class HeaderOptions {
 public:
  static constexpr std::size_t kMax = 40;

  constexpr HeaderOptions() = default;
  // nullopt: over 40 bytes (IP_OPTION_TOO_BIG).
  [[nodiscard]] static constexpr std::optional<HeaderOptions> from(Bytes bytes) noexcept {
    if (bytes.size() > kMax) {
      return std::nullopt;
    }
    HeaderOptions options;
    std::ranges::copy(bytes, options.data_.begin());
    options.size_ = static_cast<std::uint8_t>(bytes.size());
    return options;
  }
  [[nodiscard]] constexpr Bytes bytes() const noexcept { return Bytes(data_).first(size_); }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
  friend constexpr bool operator==(const HeaderOptions&, const HeaderOptions&) = default;

 private:
  std::array<std::byte, kMax> data_{};
  std::uint8_t size_ = 0;
};

struct IpOptions {
  std::optional<net::Ttl> ttl;  // absent: the system's default
  net::Tos tos{};               // Type of Service / Traffic Class
  bool dont_fragment = false;   // IP_FLAG_DF
  bool reverse = false;         // IP_FLAG_REVERSE: IPv6 routing header back through the target
  HeaderOptions header_options{};
  friend constexpr bool operator==(const IpOptions&, const IpOptions&) = default;
};

}  // namespace sonde::probe
