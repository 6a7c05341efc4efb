#include "sonde/net/prefix.hpp"

#include <doctest/doctest.h>

#include <string_view>

namespace sonde::net {
namespace {

Prefix parsed(std::string_view text) {
  const auto prefix = Prefix::parse(text);
  CAPTURE(text);
  REQUIRE(prefix.has_value());
  return *prefix;
}
Address address(std::string_view text) { return Address::parse(text).value_or(Address{}); }

}  // namespace

TEST_CASE("prefix: host bits are cleared") {
  CHECK(parsed("192.0.2.7/24") == parsed("192.0.2.0/24"));
  CHECK(parsed("192.0.2.255/31").first() == address("192.0.2.254"));
  CHECK(parsed("255.255.255.255/0").to_text() == "0.0.0.0/0");
  CHECK(parsed("2001:db8::ffff/64").to_text() == "2001:db8::/64");
  CHECK(parsed("2001:db8:ffff:ffff::1/33").to_text() == "2001:db8:8000::/33");
  CHECK(parsed("ffff::ffff/0").to_text() == "::/0");
  CHECK(parsed("::ffff/128").to_text() == "::ffff/128");
  CHECK(parsed("fe80::1%3/64").to_text() == "fe80::%3/64");
}

TEST_CASE("prefix: text that is not an address, a slash and a length is refused") {
  for (const std::string_view text :
       {"", "/", "/24", "1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3.4/+8",
        "1.2.3.4/08", "1.2.3.4/8/8", "1.2.3.4/ 8", "1.2.3.4/8 ", "1.2.3/8", "::/129",
        "::/99999999999999999999", "::", "1.2.3.4/255.0.0.0", "1.2.3.4/0x8"}) {
    CAPTURE(text);
    CHECK_FALSE(Prefix::parse(text).has_value());
  }
  CHECK_FALSE(Prefix::make(address("1.2.3.4"), 33).has_value());
  CHECK_FALSE(Prefix::make(address("::"), 129).has_value());
}

TEST_CASE("prefix: size is a power of two, and unknown from 2^64 addresses on") {
  CHECK(parsed("10.0.0.0/8").size() == std::uint64_t{1} << 24);
  CHECK(parsed("10.0.0.0/32").size() == 1);
  CHECK(parsed("0.0.0.0/0").size() == std::uint64_t{1} << 32);
  CHECK(parsed("::/65").size() == std::uint64_t{1} << 63);
  CHECK_FALSE(parsed("::/64").size().has_value());
  CHECK_FALSE(parsed("::/0").size().has_value());
}

TEST_CASE("prefix: the walk goes from the first address to the last and no further") {
  const Prefix p = parsed("192.0.2.252/30");
  CHECK(p.at(0) == address("192.0.2.252"));
  CHECK(p.at(3) == address("192.0.2.255"));
  CHECK_FALSE(p.at(4).has_value());
  CHECK_FALSE(p.at(UINT64_MAX).has_value());
  CHECK(parsed("0.0.0.0/0").at(0xffffffff) == address("255.255.255.255"));
  CHECK(parsed("2001:db8::/64").at(UINT64_MAX) == address("2001:db8::ffff:ffff:ffff:ffff"));
  CHECK(parsed("2001:db8::/32").at(5) == address("2001:db8::5"));
  CHECK(parsed("fe80::%3/64").at(1) == address("fe80::1%3"));
}

TEST_CASE("prefix: contains knows family, length and zone") {
  const Prefix p = parsed("192.0.2.0/25");
  CHECK(p.contains(address("192.0.2.0")));
  CHECK(p.contains(address("192.0.2.127")));
  CHECK_FALSE(p.contains(address("192.0.2.128")));
  CHECK_FALSE(p.contains(address("::192.0.2.1")));
  CHECK(parsed("0.0.0.0/0").contains(address("8.8.8.8")));
  CHECK(parsed("2001:db8::/32").contains(address("2001:db8:ffff::1")));
  CHECK_FALSE(parsed("2001:db8::/32").contains(address("2001:db9::1")));
  CHECK(parsed("fe80::%3/64").contains(address("fe80::1")));
  CHECK_FALSE(parsed("fe80::%3/64").contains(address("fe80::1%4")));
}

TEST_CASE("prefix: for every length, first and last are inside and their neighbours are not") {
  const Address v4 = address("172.31.85.171");
  for (unsigned length = 1; length <= 32; ++length) {
    CAPTURE(length);
    const Prefix p = *Prefix::make(v4, length);
    CHECK(p.contains(v4));
    const std::uint32_t first = p.first().v4_value();
    const auto last = static_cast<std::uint32_t>(first + (*p.size() - 1));
    CHECK(p.contains(Address::v4(last)));
    CHECK_FALSE(p.contains(Address::v4(first - 1)));
    CHECK_FALSE(p.contains(Address::v4(last + 1)));
    CHECK(Prefix::parse(p.to_text()) == p);
  }
}

}  // namespace sonde::net
