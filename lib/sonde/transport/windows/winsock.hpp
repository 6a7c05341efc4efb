// winsock.hpp: Winsock switched on while it lives, a socket that is closed when its owner goes, and
// addresses in the shape that sockets want.
#pragma once

#include <winsock2.h>
#include <ws2tcpip.h>

#include <optional>

#include "sonde/net/address.hpp"

namespace sonde::transport {

class Winsock {
 public:
  Winsock() noexcept;
  ~Winsock();
  Winsock(const Winsock&) = delete;
  Winsock& operator=(const Winsock&) = delete;
  [[nodiscard]] int error() const noexcept { return error_; }  // 0: it works

 private:
  int error_;
};

class UdpSocket {
 public:
  explicit UdpSocket(net::Family family) noexcept;
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;
  [[nodiscard]] SOCKET get() const noexcept { return socket_; }
  [[nodiscard]] bool valid() const noexcept { return socket_ != INVALID_SOCKET; }

 private:
  SOCKET socket_;
};

struct SocketAddress {
  sockaddr_storage storage{};
  int size = 0;
  [[nodiscard]] const sockaddr* get() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage);
  }
};
[[nodiscard]] SocketAddress encode_address(const net::Address& address,
                                           std::uint16_t port) noexcept;
[[nodiscard]] std::optional<net::Address> decode_address(const sockaddr_storage& storage) noexcept;

}  // namespace sonde::transport
