// open.hpp (Windows): open_icmp() on echo functions of the caller's, for tests.
#pragma once

#include "sonde/transport/open.hpp"
#include "sonde/transport/windows/iphlpapi.hpp"

namespace sonde::transport {

[[nodiscard]] std::expected<Opened, Error> open_icmp_on(std::unique_ptr<IcmpApi> api,
                                                        const OpenOptions& options,
                                                        const Clock& clock, Rng& rng);

}  // namespace sonde::transport
