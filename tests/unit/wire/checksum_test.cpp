#include "sonde/wire/checksum.hpp"

#include <doctest/doctest.h>

#include "tests/support/packet_bytes.hpp"

namespace sonde::wire {

using test::hex;

TEST_CASE("checksum: the example of RFC 1071 section 3") {
  CHECK(internet_checksum(hex("0001 f203 f4f5 f6f7")) == 0x220d);  // sum ddf2
}

TEST_CASE("checksum: nothing sums to zero, whose complement is ffff") {
  CHECK(internet_checksum({}) == 0xffff);
  CHECK(ChecksumSum{}.value() == 0xffff);
}

TEST_CASE("checksum: a last odd byte is the high half of a word") {
  CHECK(internet_checksum(hex("ab")) == 0x54ff);
  CHECK(internet_checksum(hex("0001f2")) == static_cast<std::uint16_t>(~0xf201));
}

TEST_CASE("checksum: a header with its right checksum in it gives 0") {
  // From a capture: 192.0.2.1 > 198.51.100.2, ttl 64.
  CHECK(internet_checksum(hex("45000054162c4000400138 46c0000201c6336402")) == 0);
}

TEST_CASE("checksum: all ones of any length fold without losing a carry") {
  for (std::size_t size = 2; size <= 70000; size += 2222) {
    CAPTURE(size);
    CHECK(internet_checksum(test::Packet(size, std::byte{0xff})) == 0);
  }
}

TEST_CASE("checksum: pieces of odd length add up as if they lay side by side") {
  const auto whole = hex("0102030405060708090a0b0c0d0e0f1011121314151617");
  for (std::size_t a = 0; a <= whole.size(); ++a) {
    for (std::size_t b = a; b <= whole.size(); ++b) {
      ChecksumSum sum;
      sum.add(Bytes(whole).first(a));
      sum.add(Bytes(whole).subspan(a, b - a));
      sum.add(Bytes(whole).subspan(b));
      REQUIRE(sum.value() == internet_checksum(whole));
    }
  }
}

TEST_CASE("checksum: a number added behind an odd byte stands across two words") {
  ChecksumSum sum;
  sum.add(hex("01"));
  sum.add_u16(0x0203);
  sum.add(hex("04"));
  CHECK(sum.value() == internet_checksum(hex("01020304")));
}

TEST_CASE("checksum: the example of RFC 1624 section 4 ends in 0000, not in ffff") {
  CHECK(checksum_update(0xdd2f, 0x5555, 0x3285) == 0x0000);
}

TEST_CASE("checksum: a hop that takes 1 from the TTL updates the header's checksum") {
  const auto before = hex("45000054162c40004001 0000 c0000201c6336402");
  const auto after = hex("45000054162c40003f01 0000 c0000201c6336402");
  CHECK(checksum_update(internet_checksum(before), 0x4001, 0x3f01) == internet_checksum(after));
}

TEST_CASE("checksum: the IPv6 pseudo header is both addresses, the length and the protocol") {
  const auto source = net::Address::parse("2001:db8::1").value_or(net::Address{});
  const auto destination = net::Address::parse("2001:db8::2").value_or(net::Address{});
  ChecksumSum sum;
  sum.add_pseudo_header(source, destination, net::kIcmpV6, 0x00010002);
  // RFC 8200 section 8.1, written out.
  CHECK(sum.value() == internet_checksum(hex("20010db8000000000000000000000001"
                                             "20010db8000000000000000000000002"
                                             "00010002 0000003a")));
}

TEST_CASE("checksum: the IPv4 pseudo header has a length of 16 bits") {
  ChecksumSum sum;
  sum.add_pseudo_header(net::Address::v4(0xc0000201), net::Address::v4(0xc6336402), net::kUdp, 20);
  CHECK(sum.value() == internet_checksum(hex("c0000201 c6336402 0011 0014")));
}

}  // namespace sonde::wire
