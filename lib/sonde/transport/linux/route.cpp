#include "sonde/transport/route.hpp"

#include <sys/socket.h>

#include <utility>

#include "sonde/transport/linux/privilege.hpp"
#include "sonde/transport/linux/socket_options.hpp"
#include "sonde/transport/posix/fd.hpp"

namespace sonde::transport {
namespace {

// Not valid where the options cannot be had.
Fd open_socket(net::Family family, const OpenOptions& options) {
  Fd fd(::socket(family == net::Family::v4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) {
    return fd;
  }
  try_option(fd.get(), {SOL_SOCKET, SO_BROADCAST}, 1);
  auto done = apply_common(fd.get(), family, options);
  if (done && options.source) {
    done = bind_source(fd.get(), *options.source);
  }
  return done ? std::move(fd) : Fd();
}

}  // namespace

struct RouteAsker::Sockets {
  explicit Sockets(OpenOptions wanted) : options(std::move(wanted)) {
    options.flow_label.reset();
    options.send_buffer_bytes = options.receive_buffer_bytes = 0;
    if (plain()) {
      return;  // seldom asked: when it is wanted
    }
    const RaisedPrivilege raised;
    for (const net::Family family : {net::Family::v4, net::Family::v6}) {
      if (family == net::Family::v4 ? options.v4 : options.v6) {
        of(family) = open_socket(family, options);
      }
    }
  }
  [[nodiscard]] bool plain() const {
    return !options.mark && !options.source && options.interface.empty();
  }
  [[nodiscard]] Fd& of(net::Family family) { return family == net::Family::v4 ? v4 : v6; }

  OpenOptions options;
  Fd v4;
  Fd v6;
};

RouteAsker::RouteAsker(const OpenOptions& options) : sockets_(std::make_unique<Sockets>(options)) {}
RouteAsker::RouteAsker(RouteAsker&& other) noexcept = default;
RouteAsker& RouteAsker::operator=(RouteAsker&& other) noexcept = default;
RouteAsker::~RouteAsker() = default;

std::optional<net::Address> RouteAsker::source_for(const net::Address& destination) {
  constexpr net::Port kDiscardPort(9);  // any but 0 will do
  Fd& fd = sockets_->of(destination.family());
  if (!fd.valid() && sockets_->plain()) {
    fd = open_socket(destination.family(), sockets_->options);
  }
  if (!fd.valid()) {
    return std::nullopt;
  }
  const auto source =
      routed_source(fd.get(), destination, kDiscardPort, sockets_->options.interface);
  return source ? std::optional(*source) : std::nullopt;
}

}  // namespace sonde::transport
