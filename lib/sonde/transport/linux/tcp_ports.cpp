#include "sonde/transport/linux/tcp_ports.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "sonde/transport/linux/socket_options.hpp"
#include "sonde/transport/posix/socket_address.hpp"

namespace sonde::transport {
namespace {

net::Address any_address(net::Family family) noexcept {
  constexpr std::array<std::byte, net::Address::kV6Bytes> kZeros{};
  return family == net::Family::v4 ? net::Address::v4(0) : net::Address::v6(kZeros);
}

// sin_port and sin6_port stand at the same place.
net::Port port_of(int fd) noexcept {
  SocketAddress name{.storage = {}, .size = sizeof(SocketAddressStorage)};
  const bool known = ::getsockname(fd, &name.storage.generic, &name.size) == 0;
  return net::Port(known ? ntohs(name.storage.v6.sin6_port) : std::uint16_t{0});
}

}  // namespace

std::expected<TcpPorts, Error> TcpPorts::open(net::Family family,
                                              const std::optional<net::Address>& source) {
  constexpr int kTries = 64;
  constexpr std::uint32_t kPorts = 65536;
  TcpPorts ports(source.value_or(any_address(family)));
  for (int i = 0; i < kTries; ++i) {
    if (const int failure = ports.reserve(net::Port(0)); failure != 0) {
      return std::unexpected(
          system_error("reserve a TCP port", failure,
                       failure == EADDRNOTAVAIL ? ErrorCode::bad_source : ErrorCode::system));
    }
    ports.first_ = ports.reserved_.back().port;
    if (std::uint32_t{ports.first_.value} + kSize <= kPorts) {
      ports.next_ = net::Port(static_cast<std::uint16_t>(ports.first_.value + 1));
      return ports;
    }
    ports.reserved_.clear();
  }
  return std::unexpected(system_error("reserve a block of TCP ports", EADDRINUSE));
}

int TcpPorts::reserve(net::Port port) {
  const int domain = address_.is_v4() ? AF_INET : AF_INET6;
  Fd holder(::socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!holder.valid()) {
    return errno;
  }
  if (address_.is_v6()) {
    try_option(holder.get(), {IPPROTO_IPV6, IPV6_V6ONLY}, 1);
  }
  const SocketAddress name = encode_address(address_, port.value);
  if (::bind(holder.get(), &name.storage.generic, name.size) != 0) {
    return errno;
  }
  const net::Port got = port.value != 0 ? port : port_of(holder.get());
  reserved_.push_back({.port = got, .holder = std::move(holder)});
  return 0;
}

std::optional<net::Port> TcpPorts::of(std::size_t flow) {
  while (reserved_.size() <= flow && next_ <= last() && next_ > first_) {
    (void)reserve(next_);  // held by somebody else: the next one then
    next_ = net::Port(static_cast<std::uint16_t>(next_.value + 1));
  }
  return flow < reserved_.size() ? std::optional(reserved_[flow].port) : std::nullopt;
}

}  // namespace sonde::transport
