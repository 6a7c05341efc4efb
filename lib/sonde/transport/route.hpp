// route.hpp: the source address that the system would take for a destination, which is also to say
// whether it has a route there. Asked by connecting a UDP socket: no packet leaves, no privilege is
// needed. nullopt: no route, or no such interface.
#pragma once

#include <optional>
#include <string>

#include "sonde/net/address.hpp"

namespace sonde::transport {

// `interface`: as OpenOptions::interface; empty: any.
[[nodiscard]] std::optional<net::Address> source_address_for(const net::Address& destination,
                                                             const std::string& interface);

}  // namespace sonde::transport
