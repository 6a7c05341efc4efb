#include "sonde/net/address.hpp"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "tests/support/packet_bytes.hpp"

namespace sonde::net {
namespace {

Address parsed(std::string_view text) {
  const auto address = Address::parse(text);
  CAPTURE(text);
  REQUIRE(address.has_value());
  return *address;
}

}  // namespace

TEST_CASE("address: dotted decimal is read part by part") {
  CHECK(parsed("192.0.2.1") == Address::v4(0xc0000201));
  CHECK(parsed("0.0.0.0") == Address{});
  CHECK(parsed("255.255.255.255") == Address::v4(0xffffffff));
  CHECK(parsed("10.0.0.9").v4_value() == 0x0a000009);
}

TEST_CASE("address: text that is not exactly four decimal parts is refused") {
  for (const std::string_view text : {"",           " ",
                                      ".",          "1",
                                      "1.2.3",      "1.2.3.4.5",
                                      "1.2.3.",     ".1.2.3",
                                      "1..2.3",     "1.2.3.4.",
                                      "256.1.1.1",  "1.1.1.256",
                                      "01.2.3.4",   "1.2.3.00",
                                      "1.2.3.08",   "1.2.3.0x4",
                                      "1.2.3.-4",   "1.2.3.+4",
                                      "1.2.3. 4",   " 1.2.3.4",
                                      "1.2.3.4 ",   "1.2.3.4%1",
                                      "1.2.3.4/8",  "1,2,3,4",
                                      "a.b.c.d",    "999999999999.1.1.1",
                                      "1.2.3.0004", "3232235521"}) {
    CAPTURE(text);
    CHECK_FALSE(Address::parse(text).has_value());
  }
}

TEST_CASE("address: an embedded NUL does not end the text") {
  using namespace std::string_view_literals;
  CHECK_FALSE(Address::parse("1.2.3.4\0"sv).has_value());
  CHECK_FALSE(Address::parse("::1\0"sv).has_value());
}

TEST_CASE("address: every form of RFC 4291 section 2.2 is read") {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 18> kForms = {{
      {"2001:db8:0:0:8:800:200c:417a", "20010db80000000000080800200c417a"},
      {"2001:DB8::8:800:200C:417A", "20010db80000000000080800200c417a"},
      {"ff01::101", "ff010000000000000000000000000101"},
      {"::1", "00000000000000000000000000000001"},
      {"::", "00000000000000000000000000000000"},
      {"0:0:0:0:0:0:0:0", "00000000000000000000000000000000"},
      {"0000:0000:0000:0000:0000:0000:0000:0001", "00000000000000000000000000000001"},
      {"0:0:0:0:0:0:13.1.68.3", "0000000000000000000000000d014403"},
      {"::13.1.68.3", "0000000000000000000000000d014403"},
      {"::ffff:129.144.52.38", "00000000000000000000ffff81903426"},
      {"0:0:0:0:0:ffff:129.144.52.38", "00000000000000000000ffff81903426"},
      {"64:ff9b::192.0.2.33", "0064ff9b0000000000000000c0000221"},
      {"1:2:3:4:5:6:7::", "00010002000300040005000600070000"},
      {"::2:3:4:5:6:7:8", "00000002000300040005000600070008"},
      {"1::8", "00010000000000000000000000000008"},
      {"1:2:3::5:6:7:8", "00010002000300000005000600070008"},
      {"1:2:3:4:5:6:1.2.3.4", "00010002000300040005000601020304"},
      {"1::3:4:5:6:1.2.3.4", "00010000000300040005000601020304"},
  }};
  for (const auto& [text, bytes] : kForms) {
    CAPTURE(text);
    CHECK(test::to_hex(parsed(text).bytes()) == bytes);
  }
}

TEST_CASE("address: text outside RFC 4291 is refused") {
  for (const std::string_view text : {":",
                                      ":::",
                                      "::::",
                                      "1::2::3",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "1:2:3:4:5:6:7:8::",
                                      "::1:2:3:4:5:6:7:8",
                                      "1:2:3:4::5:6:7:8",
                                      ":1",
                                      "1:",
                                      ":1::2",
                                      "1::2:",
                                      "12345::",
                                      "::g",
                                      "::-1",
                                      "::+1",
                                      "::0x1",
                                      "::1 ",
                                      " ::1",
                                      "[::1]",
                                      "::1.2.3",
                                      "::1.2.3.256",
                                      "::01.2.3.4",
                                      "1.2.3.4::",
                                      "::1.2.3.4:5",
                                      "1:2:3:4:5:6:7:1.2.3.4",
                                      "::1:2:3:4:5:6:1.2.3.4",
                                      "::1/64",
                                      "::ffff:1.2.3.4.5",
                                      "1:2:3:4:5:6:7:8.",
                                      "::.",
                                      "::1.",
                                      "::00001"}) {
    CAPTURE(text);
    CHECK_FALSE(Address::parse(text).has_value());
  }
}

TEST_CASE("address: a zone is a number from 0 to 2^32 - 1, and only IPv6 has one") {
  CHECK(parsed("fe80::1%7").zone() == 7);
  CHECK(parsed("fe80::1%4294967295").zone() == 4294967295);
  CHECK(parsed("fe80::1%0") == parsed("fe80::1"));  // the default zone, RFC 4007 section 6
  for (const std::string_view text :
       {"fe80::1%", "fe80::1%eth0", "fe80::1%4294967296", "fe80::1%-1", "fe80::1%01", "fe80::1%1%2",
        "fe80::1%1 ", "%1", "fe80::%99999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(Address::parse(text).has_value());
  }
  CHECK(Address::v4(1).with_zone(3).zone() == 0);
  CHECK(parsed("fe80::1").with_zone(3).to_text() == "fe80::1%3");
}

TEST_CASE("address: IPv6 is written as RFC 5952 asks") {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kForms = {{
      {"2001:0DB8::0001", "2001:db8::1"},                // section 4.1, 4.3
      {"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"},         // 4.2.1
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // 4.2.2: not one group alone
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},           // 4.2.3: the longest
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},     // 4.2.3: the first of equals
      {"0:0:0:0:0:0:0:0", "::"},
      {"0:0:0:0:0:0:0:1", "::1"},
      {"1:0:0:0:0:0:0:0", "1::"},
      {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
      {"0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"},
      {"0:2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"ABCD:EF01:2345:6789:ABCD:EF01:2345:6789", "abcd:ef01:2345:6789:abcd:ef01:2345:6789"},
      {"::ffff:c000:0201", "::ffff:192.0.2.1"},  // section 5
      {"::c000:0201", "::c000:201"},             // IPv4-compatible: deprecated, no mixed notation
  }};
  for (const auto& [text, canonical] : kForms) {
    CAPTURE(text);
    CHECK(parsed(text).to_text() == canonical);
  }
}

TEST_CASE("address: IPv4 is written without leading zeros") {
  CHECK(Address::v4(0x0a00000a).to_text() == "10.0.0.10");
  CHECK(Address::v4(0xffffffff).to_text() == "255.255.255.255");
  CHECK(Address{}.to_text() == "0.0.0.0");
}

TEST_CASE("address: kinds of address") {
  CHECK(parsed("0.0.0.0").is_unspecified());
  CHECK(parsed("::").is_unspecified());
  CHECK_FALSE(parsed("::1").is_unspecified());
  CHECK(parsed("127.255.0.1").is_loopback());
  CHECK(parsed("::1").is_loopback());
  CHECK_FALSE(parsed("::2").is_loopback());
  CHECK_FALSE(parsed("128.0.0.1").is_loopback());
  CHECK(parsed("224.0.0.1").is_multicast());
  CHECK(parsed("239.255.255.255").is_multicast());
  CHECK_FALSE(parsed("240.0.0.1").is_multicast());
  CHECK(parsed("ff02::1").is_multicast());
  CHECK_FALSE(parsed("fe80::1").is_multicast());
  CHECK(parsed("169.254.1.1").is_link_local());
  CHECK_FALSE(parsed("169.253.1.1").is_link_local());
  CHECK(parsed("fe80::1").is_link_local());
  CHECK(parsed("febf::1").is_link_local());
  CHECK_FALSE(parsed("fec0::1").is_link_local());
  CHECK(parsed("255.255.255.255").is_broadcast());
  CHECK_FALSE(parsed("255.255.255.254").is_broadcast());
  CHECK_FALSE(parsed("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").is_broadcast());
  CHECK(parsed("::ffff:1.2.3.4").is_v4_mapped());
  CHECK_FALSE(parsed("::fffe:1.2.3.4").is_v4_mapped());
  CHECK_FALSE(parsed("1.2.3.4").is_v4_mapped());
}

TEST_CASE("address: bytes of a header make an address, other lengths do not") {
  CHECK(Address::from_bytes(test::hex("c0000201")) == Address::v4(0xc0000201));
  CHECK(Address::from_bytes(test::hex("20010db8000000000000000000000001")) ==
        parsed("2001:db8::1"));
  for (std::size_t size = 0; size <= 20; ++size) {
    const bool known = size == Address::kV4Bytes || size == Address::kV6Bytes;
    CHECK(Address::from_bytes(test::Packet(size)).has_value() == known);
  }
}

TEST_CASE("address: same_host ignores a zone that only one side knows") {
  const Address plain = parsed("fe80::1");
  CHECK(plain.same_host(plain.with_zone(2)));
  CHECK(plain.with_zone(2).same_host(plain));
  CHECK_FALSE(plain.with_zone(1).same_host(plain.with_zone(2)));
  CHECK_FALSE(plain.same_host(parsed("fe80::2")));
  CHECK_FALSE(parsed("0.0.0.0").same_host(parsed("::")));
  CHECK(plain != plain.with_zone(2));
  CHECK(plain.hash() == plain.with_zone(2).hash());
}

TEST_CASE("address: neighbours hash far apart and families do not collide") {
  std::set<std::uint64_t> seen;
  constexpr std::uint32_t kHosts = 65536;
  for (std::uint32_t i = 0; i < kHosts; ++i) {
    seen.insert(Address::v4(0x7f000000 + i).hash());
  }
  CHECK(seen.size() == kHosts);
  std::set<std::uint64_t> low_bits;
  for (const std::uint64_t h : seen) {
    low_bits.insert(h % kHosts);
  }
  CHECK(low_bits.size() > kHosts / 2);  // at random about 63 in 100 buckets are hit
  CHECK(parsed("::").hash() != Address{}.hash());
}

}  // namespace sonde::net
