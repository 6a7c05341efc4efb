#include "sonde/wire/icmpv6.hpp"

#include <doctest/doctest.h>

#include <array>

#include "tests/support/packet_bytes.hpp"

namespace sonde::wire {
namespace {

using test::hex;

Ipv6Ends ends() {
  return {.source = net::Address::parse("2001:db8:1::1").value_or(net::Address{}),
          .destination = net::Address::parse("2001:db8:2::2").value_or(net::Address{})};
}

IcmpMessage unverified(std::string_view text) {
  const auto bytes = hex(text);
  auto message = decode_icmpv6(bytes);
  REQUIRE(message.has_value());
  message->body = {};  // its bytes end with this function
  return *message;
}

}  // namespace

TEST_CASE("icmpv6: an echo request of a capture, with its checksum over the pseudo header") {
  // crafted-chain6.pcap, id 7, seq 8, no payload: scapy's checksum 9270.
  const auto bytes = hex("8000 2436 0007 0008");
  const Ipv6Ends e = ends();
  const auto m = decode_icmpv6(bytes, &e);
  REQUIRE(m.has_value());
  CHECK(m->message_class == IcmpClass::echo_request);
  CHECK(m->checksum == 9270);
  CHECK(m->ident == net::IcmpIdent(7));
  CHECK(m->seq == net::IcmpSeq(8));
  CHECK(m->body.empty());
}

TEST_CASE("icmpv6: a checksum is wrong for other ends, and not looked at without ends") {
  const auto bytes = hex("8000 2436 0007 0008");
  Ipv6Ends e = ends();
  e.destination = net::Address::parse("2001:db8:2::3").value_or(net::Address{});
  CHECK(decode_icmpv6(bytes, &e).error() == DecodeError::bad_checksum);
  CHECK(decode_icmpv6(hex("8000 0000 0007 0008")).has_value());
}

TEST_CASE("icmpv6: packet too big carries an MTU of 32 bits, zero means not told") {
  CHECK(unverified("0200 0000 00000578").next_hop_mtu == net::Mtu(1400));
  CHECK(unverified("0200 0000 ffffffff").next_hop_mtu == net::Mtu(0xffffffff));
  CHECK_FALSE(unverified("0200 0000 00000000").next_hop_mtu.has_value());
}

TEST_CASE("icmpv6: the length attribute counts words of 8 bytes in the types that have it") {
  CHECK(unverified("0100 0000 10000000").quoted_length == 128);
  CHECK(unverified("0300 0000 ff000000").quoted_length == 2040);
  CHECK(unverified("0200 0000 10000000").quoted_length == 0);
  CHECK(unverified("0400 0000 10000000").quoted_length == 0);
}

TEST_CASE("icmpv6: parameter problem has a pointer of 32 bits") {
  CHECK(unverified("0401 0000 00000006").pointer == 6);
  CHECK_FALSE(unverified("0100 0000 00000006").pointer.has_value());
}

TEST_CASE("icmpv6: every type and code keeps its pair, below 128 it is an error") {
  for (unsigned type = 0; type < 256; ++type) {
    for (unsigned code = 0; code < 256; ++code) {
      auto bytes = hex("0000 0000 ffff ffff 60");
      bytes[0] = static_cast<std::byte>(type);
      bytes[1] = static_cast<std::byte>(code);
      const auto m = decode_icmpv6(bytes);
      REQUIRE(m.has_value());
      REQUIRE(m->icmp.type == type);
      REQUIRE(m->icmp.code == code);
      REQUIRE((m->message_class == IcmpClass::error) == (type < 128));
      REQUIRE((m->message_class == IcmpClass::echo_request) == (type == 128));
      REQUIRE((m->message_class == IcmpClass::echo_reply) == (type == 129));
    }
  }
}

TEST_CASE("icmpv6: under 8 bytes a message is truncated, with ends or without") {
  const Ipv6Ends e = ends();
  for (std::size_t size = 0; size < kIcmpHeader; ++size) {
    CHECK(decode_icmpv6(test::Packet(size)).error() == DecodeError::truncated);
    CHECK(decode_icmpv6(test::Packet(size), &e).error() == DecodeError::truncated);
  }
}

TEST_CASE("icmpv6: an encoded echo request, byte for byte, with the ends known and unknown") {
  const Ipv6Ends e = ends();
  std::array<std::byte, 16> buffer{};
  Writer known{buffer};
  encode_icmpv6_echo_request(net::IcmpIdent(7), net::IcmpSeq(8), {}, known, &e);
  CHECK(test::to_hex(known.written()) == "8000243600070008");
  Writer unknown{buffer};
  encode_icmpv6_echo_request(net::IcmpIdent(7), net::IcmpSeq(8), hex("aa"), unknown);
  CHECK(test::to_hex(unknown.written()) == "8000000000070008aa");
}

}  // namespace sonde::wire
