// socket_address.hpp: net::Address in the shape that socket calls want (sockaddr_in, sockaddr_in6),
// and back. decode(): from received bytes; nullopt for other families and short lengths.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>

#include "sonde/base/bytes.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"

namespace sonde::transport {

// Room for either family.
union SocketAddressStorage {
  sockaddr_in6 v6{};
  sockaddr_in v4;
  sockaddr generic;
};

struct SocketAddress {
  SocketAddressStorage storage{};
  socklen_t size = 0;
};

// Writes the address into `out` and says how long it is. `flow_info` counts for IPv6.
[[nodiscard]] socklen_t write_address(const net::Address& address, std::uint32_t flow_info,
                                      SocketAddressStorage& out) noexcept;

// `port` is the port, or the ICMP identifier of a datagram socket.
[[nodiscard]] SocketAddress encode_address(const net::Address& address,
                                           std::uint16_t port = 0) noexcept;
[[nodiscard]] std::optional<net::Address> decode_address(Bytes name) noexcept;
// The same into an address of the caller's; false: `name` has none.
[[nodiscard]] bool read_address(Bytes name, net::Address& out) noexcept;
[[nodiscard]] std::optional<net::Port> decode_port(Bytes name) noexcept;

}  // namespace sonde::transport
