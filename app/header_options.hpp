// header_options.hpp: IPv4 header options that ask routers to leave their mark, empty, as a probe
// carries them out. Record route: RFC 791 section 3.1, type 7, up to 9 slots. Time stamps: type 68,
// up to 9 stamps alone or 4 with addresses. Always 40 bytes or fewer, padded to whole words. Pure.
#pragma once

#include "app/options.hpp"
#include "sonde/probe/ip_options.hpp"

namespace sonde::app {

[[nodiscard]] probe::HeaderOptions record_route_option(std::uint8_t slots);
[[nodiscard]] probe::HeaderOptions timestamp_header_option(const TimestampRequest& request);

}  // namespace sonde::app
