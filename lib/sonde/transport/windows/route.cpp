#include "sonde/transport/route.hpp"

#include "sonde/transport/windows/winsock.hpp"

namespace sonde::transport {

// Interfaces cannot be chosen here: open_icmp() has refused one already. IcmpSendEcho2Ex() takes a
// source as it is.
struct RouteAsker::Sockets {
  OpenOptions options;
};

RouteAsker::RouteAsker(const OpenOptions& options)
    : sockets_(std::make_unique<Sockets>(Sockets{.options = options})) {}
RouteAsker::RouteAsker(RouteAsker&& other) noexcept = default;
RouteAsker& RouteAsker::operator=(RouteAsker&& other) noexcept = default;
RouteAsker::~RouteAsker() = default;

std::optional<net::Address> RouteAsker::source_for(const net::Address& destination) {
  if (sockets_->options.source) {
    return sockets_->options.source;
  }
  constexpr std::uint16_t kDiscardPort = 9;  // any but 0 will do
  const Winsock winsock;
  const UdpSocket socket(destination.family());
  if (!sockets_->options.interface.empty() || !socket.valid()) {
    return std::nullopt;
  }
  const BOOL broadcast = TRUE;
  (void)::setsockopt(socket.get(), SOL_SOCKET, SO_BROADCAST,
                     reinterpret_cast<const char*>(&broadcast), sizeof broadcast);
  const SocketAddress peer = encode_address(destination, kDiscardPort);
  if (::connect(socket.get(), peer.get(), peer.size) != 0) {
    return std::nullopt;
  }
  sockaddr_storage name{};
  int length = sizeof name;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&name), &length) != 0) {
    return std::nullopt;
  }
  return decode_address(name);
}

}  // namespace sonde::transport
