// tcp_ports.hpp: source ports of our own for SYNs that raw sockets send.
// A block of kSize ports, of which each is reserved by a real TCP socket bound to it before its
// first use, so that no other program gets what answers us, and no connection of another program is
// mistaken for ours. A port of the block that somebody else holds is passed over.
// of(): the port of the nth flow, always the same; nullopt: the block has no free port left.
#pragma once

#include <expected>
#include <optional>
#include <vector>

#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/transport/error.hpp"
#include "sonde/transport/posix/fd.hpp"

namespace sonde::transport {

class TcpPorts {
 public:
  static constexpr std::uint16_t kSize = 256;

  // Of all addresses of the family, or of `source` alone. Errors: system, bad_source.
  [[nodiscard]] static std::expected<TcpPorts, Error> open(
      net::Family family, const std::optional<net::Address>& source);

  [[nodiscard]] net::Port first() const noexcept { return first_; }
  [[nodiscard]] net::Port last() const noexcept {
    return net::Port(static_cast<std::uint16_t>(first_.value + kSize - 1));
  }
  [[nodiscard]] std::optional<net::Port> of(std::size_t flow);

 private:
  explicit TcpPorts(const net::Address& address) : address_(address) {}
  [[nodiscard]] int reserve(net::Port port);  // 0: the system's choice; the errno

  net::Address address_;
  net::Port first_{};
  net::Port next_{};  // that was not tried
  struct Reserved {
    net::Port port;
    Fd holder;
  };
  std::vector<Reserved> reserved_;  // by flow
};

}  // namespace sonde::transport
