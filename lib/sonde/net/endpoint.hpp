// endpoint.hpp: an address and a port, as UDP and TCP probes need them.
#pragma once

#include <compare>

#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"

namespace sonde::net {

struct Endpoint {
  Address address;
  Port port;
  friend constexpr auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

}  // namespace sonde::net
