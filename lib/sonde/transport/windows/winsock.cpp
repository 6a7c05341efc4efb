#include "sonde/transport/windows/winsock.hpp"

#include <cstring>
#include <span>

#include "sonde/base/bytes.hpp"

namespace sonde::transport {

Winsock::Winsock() noexcept {
  constexpr WORD kVersion = 0x0202;
  WSADATA data{};
  error_ = ::WSAStartup(kVersion, &data);
}

Winsock::~Winsock() {
  if (error_ == 0) {
    (void)::WSACleanup();
  }
}

UdpSocket::UdpSocket(net::Family family) noexcept
    : socket_(::socket(family == net::Family::v4 ? AF_INET : AF_INET6, SOCK_DGRAM, IPPROTO_UDP)) {}

UdpSocket::~UdpSocket() {
  if (valid()) {
    (void)::closesocket(socket_);
  }
}

SocketAddress encode_address(const net::Address& address, std::uint16_t port) noexcept {
  SocketAddress out;
  const Bytes bytes = address.bytes();
  if (address.is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = network_order(port);
    std::memcpy(&v4.sin_addr, bytes.data(), bytes.size());
    out.size = sizeof v4;
    std::memcpy(&out.storage, &v4, sizeof v4);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = network_order(port);
    v6.sin6_scope_id = address.zone();
    std::memcpy(&v6.sin6_addr, bytes.data(), bytes.size());
    out.size = sizeof v6;
    std::memcpy(&out.storage, &v6, sizeof v6);
  }
  return out;
}

std::optional<net::Address> decode_address(const sockaddr_storage& storage) noexcept {
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    return net::Address::from_bytes(std::as_bytes(std::span(&v4.sin_addr, 1)));
  }
  if (storage.ss_family != AF_INET6) {
    return std::nullopt;
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &storage, sizeof v6);
  const auto address = net::Address::from_bytes(std::as_bytes(std::span(&v6.sin6_addr, 1)));
  return address ? std::optional(address->with_zone(v6.sin6_scope_id)) : std::nullopt;
}

}  // namespace sonde::transport
