// raw.hpp: what a raw ICMP socket needs over a datagram one: its filter, and nothing else.
// In: a fresh socket. Order (RELIABILITY.md 5.1, step 4): reject everything, throw away what came
// before, let in what is ours, lock the filter. Out: the word of raw_filter.hpp. Errors: system.
#pragma once

#include <expected>
#include <string>

#include "sonde/net/address.hpp"
#include "sonde/transport/error.hpp"
#include "sonde/transport/linux/bpf.hpp"

namespace sonde::transport {

[[nodiscard]] std::expected<std::string, Error> filter_raw_socket(int fd, FilterProgram program,
                                                                  net::Family family);
// What replies are to be told with: TTL and TOS of IPv6 (IPv4 packets bring their header).
void request_raw_details(int fd, net::Family family) noexcept;

}  // namespace sonde::transport
