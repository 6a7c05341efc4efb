#include "sonde/net/fields.hpp"

#include <doctest/doctest.h>

#include "sonde/net/endpoint.hpp"

namespace sonde::net {

TEST_CASE("fields: DSCP is the upper six bits of the octet and ECN the lower two") {
  CHECK(dscp_of(Tos(0xb9)) == 46);  // expedited forwarding, RFC 3246
  CHECK(ecn_of(Tos(0xb9)) == 1);
  CHECK(dscp_of(Tos(0xff)) == 63);
  CHECK(ecn_of(Tos(0xff)) == 3);
}

TEST_CASE("fields: a flow label has 20 bits") {
  CHECK(FlowLabel::from(0xfffff)->value() == 0xfffff);
  CHECK_FALSE(FlowLabel::from(0x100000).has_value());
}

TEST_CASE("endpoint: order is by address, then by port") {
  const Endpoint a{.address = Address::v4(1), .port = Port(2)};
  const Endpoint b{.address = Address::v4(1), .port = Port(3)};
  const Endpoint c{.address = Address::v4(2), .port = Port(1)};
  CHECK(a < b);
  CHECK(b < c);
  CHECK(a == a);
}

}  // namespace sonde::net
