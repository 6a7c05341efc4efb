// destination.hpp: the address that a probe really goes to. Pure.
#pragma once

#include <array>

#include "sonde/net/address.hpp"

namespace sonde::transport {

// "ping 0" and "ping ::" mean this host; the reply comes from its loopback address.
[[nodiscard]] inline net::Address effective_destination(const net::Address& destination) noexcept {
  if (!destination.is_unspecified()) {
    return destination;
  }
  constexpr std::uint32_t kLoopback = 0x7f000001;
  std::array<std::byte, net::Address::kV6Bytes> loopback{};
  loopback.back() = std::byte{1};
  return destination.is_v4() ? net::Address::v4(kLoopback) : net::Address::v6(loopback);
}

}  // namespace sonde::transport
