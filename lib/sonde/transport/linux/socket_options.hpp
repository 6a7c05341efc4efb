// socket_options.hpp: setsockopt(2) with a value, and what both kinds of ICMP socket are told.
// set_option(): 0 or the errno. apply_common(): all of OpenOptions that is not about kind, ident,
// source or stamps. Errors: bad_source (interface), permission (mark), system.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "sonde/base/bytes.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/transport/error.hpp"
#include "sonde/transport/open.hpp"

namespace sonde::transport {

struct OptionName {
  int level = 0;
  int name = 0;
};

[[nodiscard]] int set_option(int fd, OptionName option, Bytes value) noexcept;
[[nodiscard]] int set_option(int fd, OptionName option, int value) noexcept;
// For options whose absence on an old kernel costs only what they would have told us.
void try_option(int fd, OptionName option, int value) noexcept;

// Of a flow of a trace: routers hash the label of what has no ports (ICMPv6), and some hash nothing
// else. `base`: of this run. The first flow's is the system's.
[[nodiscard]] constexpr std::uint32_t flow_label_of(std::uint16_t base,
                                                    std::uint16_t flow) noexcept {
  constexpr unsigned kLowBits = 4;  // 20 bits in all
  return flow == 0 ? 0U : (std::uint32_t{base} << kLowBits) ^ flow;
}

[[nodiscard]] std::expected<void, Error> apply_common(int fd, net::Family family,
                                                      const OpenOptions& options);
// To the source address, and for datagram sockets to the identifier (0: the kernel's choice).
[[nodiscard]] std::expected<void, Error> bind_source(int fd, const net::Address& source,
                                                     std::uint16_t ident = 0);

// The source that a UDP socket gets when it is connected there; no packet leaves. Errors: errno,
// such as that of a missing route. It forgets its last peer first, so that the kernel chooses anew,
// which gives up the interface (OpenOptions::interface) as well: it is set again.
[[nodiscard]] std::expected<net::Address, int> routed_source(int fd,
                                                             const net::Address& destination,
                                                             net::Port port,
                                                             const std::string& interface);

// Takes away the error that an ICMP error left for the socket's next call (SO_ERROR, socket(7)).
// What the error queue holds stays there.
void clear_pending_error(int fd) noexcept;

// How many packets the system dropped because this socket's queue was full.
[[nodiscard]] std::uint32_t queue_drops(int fd) noexcept;
// What of this socket's packets has not left this computer: the network device has not taken it.
[[nodiscard]] std::uint32_t bytes_in_queues(int fd) noexcept;

[[nodiscard]] Error system_error(std::string operation, int os_code,
                                 ErrorCode code = ErrorCode::system);
[[nodiscard]] std::string error_text(int os_code);

}  // namespace sonde::transport
