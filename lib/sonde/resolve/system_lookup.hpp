// system_lookup.hpp: one blocking question to the system's resolver (getaddrinfo, getnameinfo).
// Only resolver.cpp's threads may call the first two.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "sonde/base/untrusted.hpp"
#include "sonde/net/address.hpp"
#include "sonde/resolve/resolver.hpp"

namespace sonde::resolve {

[[nodiscard]] std::expected<std::vector<net::Address>, ResolveError> system_forward(
    const std::string& name, FamilyWanted family);

// Empty: no name.
[[nodiscard]] Untrusted system_reverse(const net::Address& address);

}  // namespace sonde::resolve
