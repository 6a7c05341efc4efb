// address_list_test.cpp: runs, names, limits.
#include "sonde/net/address_list.hpp"

#include <doctest/doctest.h>

namespace sonde::net {
namespace {

Address address(const char* text) { return Address::parse(text).value(); }

}  // namespace

TEST_CASE("address list: its digest is that of its targets, however they were given") {
  AddressList all;
  REQUIRE(all.append(address("10.0.0.1"), 3));
  REQUIRE(all.append_name("host.example"));
  AddressList singly;
  for (const char* text : {"10.0.0.1", "10.0.0.2", "10.0.0.3"}) {
    CHECK(singly.digest() != all.digest());
    REQUIRE(singly.append(address(text)));
  }
  const auto name = singly.append_name("host.example");
  REQUIRE(name);
  CHECK(singly.digest() == all.digest());
  singly.set_address(*name, address("::1"));
  CHECK(singly.digest() == all.digest());
  REQUIRE(all.append(address("2001:db8::1")));
  REQUIRE(singly.append(address("2001:db8::2")));
  CHECK(singly.digest() != all.digest());
}

TEST_CASE("address list: indices follow the input, over ranges, single addresses and families") {
  AddressList list;
  REQUIRE(list.append(address("10.0.0.0"), 256));
  REQUIRE(list.append(address("10.0.1.0")));  // continues
  REQUIRE(list.append(address("2001:db8::fffe"), 3));
  REQUIRE(list.append(address("2001:db8::1:1")));  // continues
  REQUIRE(list.append(address("10.0.0.5")));       // once more: a target of its own
  CHECK(list.size() == 262);
  CHECK(list.at(0) == address("10.0.0.0"));
  CHECK(list.at(255) == address("10.0.0.255"));
  CHECK(list.at(256) == address("10.0.1.0"));
  CHECK(list.at(258) == address("2001:db8::ffff"));
  CHECK(list.at(259) == address("2001:db8::1:0"));
  CHECK(list.at(260) == address("2001:db8::1:1"));
  CHECK(list.at(261) == address("10.0.0.5"));
  CHECK(list.at(3) == address("10.0.0.3"));
  CHECK(list.name(3).empty());
}

TEST_CASE("address list: a name has its text at once and its address later") {
  AddressList list;
  REQUIRE(list.append(address("10.0.0.1")));
  const auto first = list.append_name("host.example");
  const auto second = list.append_name("other.example");
  REQUIRE(list.append(address("10.0.0.2")));
  REQUIRE(first == 1U);
  REQUIRE(second == 2U);
  CHECK_FALSE(list.at(1));
  CHECK(list.name(1) == "host.example");
  CHECK(list.name(2) == "other.example");
  CHECK(list.is_name(2));
  CHECK_FALSE(list.is_name(3));
  list.set_address(2, address("::1"));
  CHECK_FALSE(list.at(1));
  CHECK(list.at(2) == address("::1"));
  CHECK(list.at(3) == address("10.0.0.2"));
  list.set_address(3, address("::1"));  // no name: stays what it is
  CHECK(list.at(3) == address("10.0.0.2"));
}

TEST_CASE("address list: what does not fit is refused as a whole") {
  AddressList list;
  CHECK_FALSE(list.append(address("255.255.255.0"), 257));
  CHECK_FALSE(list.append(address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), 2));
  CHECK(list.size() == 0);
  CHECK(list.append(address("10.0.0.1"), 0));
  CHECK(list.size() == 0);
  REQUIRE(list.append(address("2001:db8::"), AddressList::kMax));
  CHECK(list.size() == AddressList::kMax);
  CHECK_FALSE(list.append(address("10.0.0.1")));
  CHECK_FALSE(list.append_name("one.more"));
  CHECK(list.at(0xfffffffe) == address("2001:db8::ffff:fffe"));
}

TEST_CASE("address list: a zone is part of an address, and ends a run") {
  AddressList list;
  REQUIRE(list.append(address("fe80::1%2")));
  REQUIRE(list.append(address("fe80::2%2")));
  REQUIRE(list.append(address("fe80::3%3")));
  CHECK(list.at(1)->zone() == 2);
  CHECK(list.at(2)->zone() == 3);
}

TEST_CASE("address list: the last IPv4 address is not followed by the first") {
  AddressList list;
  REQUIRE(list.append(address("255.255.255.255")));
  REQUIRE(list.append(address("0.0.0.0")));
  CHECK(list.at(1) == address("0.0.0.0"));
}

TEST_CASE("address list: many scattered single addresses are found in any order") {
  AddressList list;
  for (std::uint32_t i = 0; i < 5000; ++i) {
    REQUIRE(list.append(Address::v4(0x0a000000 + i * 3)));
  }
  for (std::uint32_t i = 0; i < 5000; ++i) {
    const std::uint32_t index = i * 2749 % 5000;
    REQUIRE(list.at(index) == Address::v4(0x0a000000 + index * 3));
  }
}

}  // namespace sonde::net
