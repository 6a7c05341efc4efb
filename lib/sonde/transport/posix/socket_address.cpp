#include "sonde/transport/posix/socket_address.hpp"

#include <arpa/inet.h>

#include <cstring>

#include "sonde/transport/posix/cmsg.hpp"

namespace sonde::transport {

socklen_t write_address(const net::Address& address, std::uint32_t flow_info,
                        SocketAddressStorage& out) noexcept {
  const Bytes bytes = address.bytes();
  if (address.is_v4()) {
    out.v4 = {};
    out.v4.sin_family = AF_INET;
    std::memcpy(&out.v4.sin_addr, bytes.data(), sizeof out.v4.sin_addr);
    return sizeof out.v4;
  }
  out.v6 = {};
  out.v6.sin6_family = AF_INET6;
  out.v6.sin6_flowinfo = htonl(flow_info);
  out.v6.sin6_scope_id = address.zone();
  std::memcpy(&out.v6.sin6_addr, bytes.data(), sizeof out.v6.sin6_addr);
  return sizeof out.v6;
}

SocketAddress encode_address(const net::Address& address, std::uint16_t port) noexcept {
  SocketAddress out;
  out.size = write_address(address, 0, out.storage);
  if (address.is_v4()) {
    out.storage.v4.sin_port = htons(port);
  } else {
    out.storage.v6.sin6_port = htons(port);
  }
  return out;
}

bool read_address(Bytes name, net::Address& out) noexcept {
  const auto family = value<sa_family_t>(name);
  if (family == AF_INET) {
    const auto v4 = value<sockaddr_in>(name);
    if (v4) {
      out = net::Address::v4(ntohl(v4->sin_addr.s_addr));
    }
    return v4.has_value();
  }
  const auto v6 = value<sockaddr_in6>(name);
  if (family != AF_INET6 || !v6) {
    return false;
  }
  out = net::Address::v6(std::as_bytes(std::span(v6->sin6_addr.s6_addr)), v6->sin6_scope_id);
  return true;
}

std::optional<net::Address> decode_address(Bytes name) noexcept {
  net::Address address;
  return read_address(name, address) ? std::optional(address) : std::nullopt;
}

// sin_port and sin6_port stand at the same place.
std::optional<net::Port> decode_port(Bytes name) noexcept {
  const auto any = value<sockaddr_in>(name);
  return any ? std::optional(net::Port(ntohs(any->sin_port))) : std::nullopt;
}

}  // namespace sonde::transport
