// ping_socket.hpp: what a datagram ICMP socket ("ping socket") needs over a raw one.
// The kernel writes the identifier, which is the bound port: bind_ping_socket() binds it (0: the
// kernel's choice) and says which it is. ICMP errors come through the error queue alone.
// permission_error(): why no socket of the wanted kind could be had, with the ways out (CLI.md).
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/transport/error.hpp"
#include "sonde/transport/open.hpp"

namespace sonde::transport {

[[nodiscard]] std::expected<net::IcmpIdent, Error> bind_ping_socket(
    int fd, const net::Address& source, std::optional<net::IcmpIdent> ident);
// Best effort. It may still send to other addresses of 127.0.0.0/8, and hears them.
void connect_to_loopback(int fd) noexcept;
// The error queue and the extensions of its errors. For UDP sockets as well, both of these.
void request_error_queue(int fd, net::Family family) noexcept;
// TTL and TOS of what comes in.
void request_header(int fd, net::Family family) noexcept;
// That a socket is bound to: of a datagram ICMP socket the identifier.
[[nodiscard]] std::expected<std::uint16_t, Error> bound_port(int fd);

// The present value of net.ipv4.ping_group_range; empty: cannot be read.
[[nodiscard]] std::string ping_group_range();
[[nodiscard]] Error permission_error(int os_code, Backend backend);

}  // namespace sonde::transport
