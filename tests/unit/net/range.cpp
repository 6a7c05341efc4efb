// range.cpp: addresses in a row: ends, sizes, what a prefix leaves to hosts.
#include "sonde/net/range.hpp"

#include <doctest/doctest.h>

namespace sonde::net {
namespace {

Address at(std::string_view text) { return Address::parse(text).value(); }
Prefix prefix(std::string_view text) { return Prefix::parse(text).value(); }

TEST_CASE("range: both ends count") {
  const auto range = AddressRange::between(at("192.0.2.1"), at("192.0.3.0"));
  REQUIRE(range.has_value());
  CHECK(range->count == 256);
  CHECK(range->last() == at("192.0.3.0"));
  CHECK(AddressRange::between(at("::1"), at("::1"))->count == 1);
}

TEST_CASE("range: IPv6 carries from the lower half into the upper") {
  const auto range =
      AddressRange::between(at("2001:db8::ffff:ffff:ffff:ffff"), at("2001:db8:0:1::1"));
  REQUIRE(range.has_value());
  CHECK(range->count == 3);
  CHECK(range->last() == at("2001:db8:0:1::1"));
}

TEST_CASE("range: no range the wrong way round, between families or zones, or too long") {
  CHECK_FALSE(AddressRange::between(at("192.0.2.2"), at("192.0.2.1")).has_value());
  CHECK_FALSE(AddressRange::between(at("192.0.2.2"), at("::1")).has_value());
  CHECK_FALSE(AddressRange::between(at("fe80::1%1"), at("fe80::2%2")).has_value());
  CHECK_FALSE(AddressRange::between(at("2001:db8::"), at("2001:db8:0:1::")).has_value());
  CHECK_FALSE(
      AddressRange::between(at("2001:db8::"), at("2001:db8::ffff:ffff:ffff:ffff")).has_value());
}

TEST_CASE("range: an IPv4 prefix has neither its network nor its broadcast address") {
  CHECK(AddressRange::hosts_of(prefix("192.0.2.0/24")) ==
        AddressRange{.first = at("192.0.2.1"), .count = 254});
  CHECK(AddressRange::hosts_of(prefix("192.0.2.4/30")) ==
        AddressRange{.first = at("192.0.2.5"), .count = 2});
  CHECK(AddressRange::hosts_of(prefix("127.0.0.0/8"))->count == 16'777'214);
}

TEST_CASE("range: short prefixes and IPv6 are whole") {
  CHECK(AddressRange::hosts_of(prefix("192.0.2.6/31")) ==
        AddressRange{.first = at("192.0.2.6"), .count = 2});
  CHECK(AddressRange::hosts_of(prefix("192.0.2.7/32"))->count == 1);
  CHECK(AddressRange::hosts_of(prefix("2001:db8::/120")) ==
        AddressRange{.first = at("2001:db8::"), .count = 256});
  CHECK_FALSE(AddressRange::hosts_of(prefix("2001:db8::/64")).has_value());
}

TEST_CASE("range: inside and overlapping prefixes") {
  const AddressRange range{.first = at("223.255.255.250"), .count = 20};
  CHECK(range.overlaps(prefix("224.0.0.0/4")));
  CHECK_FALSE(range.inside(prefix("224.0.0.0/4")));
  CHECK_FALSE(range.overlaps(prefix("10.0.0.0/8")));
  CHECK_FALSE(range.overlaps(prefix("ff00::/8")));
  CHECK(AddressRange{.first = at("9.0.0.0"), .count = 100'000'000}.overlaps(prefix("10.1.0.0/16")));
  CHECK(AddressRange{.first = at("127.0.0.1"), .count = 300}.inside(prefix("127.0.0.0/8")));
}

TEST_CASE("address: append_text() continues a text") {
  std::string text = "to ";
  at("255.10.0.9").append_text(text);
  text += ' ';
  at("2001:db8::1").append_text(text);
  text += ' ';
  at("::").append_text(text);
  CHECK(text == "to 255.10.0.9 2001:db8::1 ::");
}

}  // namespace
}  // namespace sonde::net
