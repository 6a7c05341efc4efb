#include "sonde/transport/route.hpp"

#include <sys/socket.h>

#include <array>

#include "sonde/transport/linux/socket_options.hpp"
#include "sonde/transport/posix/fd.hpp"
#include "sonde/transport/posix/socket_address.hpp"

namespace sonde::transport {

std::optional<net::Address> source_address_for(const net::Address& destination,
                                               const std::string& interface) {
  constexpr std::uint16_t kDiscardPort = 9;  // any but 0 will do
  const Fd fd(::socket(destination.is_v4() ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) {
    return std::nullopt;
  }
  try_option(fd.get(), {SOL_SOCKET, SO_BROADCAST}, 1);
  if (!interface.empty() &&
      set_option(fd.get(), {SOL_SOCKET, SO_BINDTODEVICE}, as_bytes(interface)) != 0) {
    return std::nullopt;
  }
  const SocketAddress peer = encode_address(destination, kDiscardPort);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&peer.storage), peer.size) != 0) {
    return std::nullopt;
  }
  std::array<std::byte, sizeof(SocketAddressStorage)> name{};
  socklen_t length = name.size();
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(name.data()), &length) != 0) {
    return std::nullopt;
  }
  return decode_address(Bytes(name).first(length));
}

}  // namespace sonde::transport
