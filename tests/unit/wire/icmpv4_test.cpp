#include "sonde/wire/icmpv4.hpp"

#include <doctest/doctest.h>

#include <array>

#include "sonde/wire/checksum.hpp"
#include "tests/support/packet_bytes.hpp"

namespace sonde::wire {
namespace {

using test::hex;

IcmpMessage unverified(std::string_view text) {
  const auto bytes = hex(text);
  auto message = decode_icmpv4(bytes, VerifyChecksum::no);
  REQUIRE(message.has_value());
  message->body = {};  // its bytes end with this function
  return *message;
}

}  // namespace

TEST_CASE("icmpv4: an echo reply gives identifier, sequence and payload") {
  const auto bytes = hex("0000 fcf9 0102 0104 01");
  const auto m = decode_icmpv4(bytes);
  REQUIRE(m.has_value());
  CHECK(m->icmp == IcmpType{.type = 0, .code = 0});
  CHECK(m->message_class == IcmpClass::echo_reply);
  CHECK(m->checksum == 0xfcf9);
  CHECK(m->ident == net::IcmpIdent(0x0102));
  CHECK(m->seq == net::IcmpSeq(0x0104));
  CHECK(m->body.data() == bytes.data() + 8);
  CHECK(m->body.size() == 1);
}

TEST_CASE("icmpv4: a wrong checksum is an error only where it is verified") {
  const auto bytes = hex("0000 fcf8 0102 0104 01");
  CHECK(decode_icmpv4(bytes).error() == DecodeError::bad_checksum);
  CHECK(decode_icmpv4(bytes, VerifyChecksum::no).has_value());
}

TEST_CASE("icmpv4: fragmentation needed carries the next hop's MTU, zero means not told") {
  CHECK(unverified("0304 0000 0000 0578").next_hop_mtu == net::Mtu(1400));
  CHECK_FALSE(unverified("0304 0000 0000 0000").next_hop_mtu.has_value());
  CHECK_FALSE(unverified("0303 0000 0000 0578").next_hop_mtu.has_value());
}

TEST_CASE("icmpv4: the length attribute counts words of 4 bytes in the types that have it") {
  CHECK(unverified("0300 0000 0020 0000").quoted_length == 128);
  CHECK(unverified("0b00 0000 0020 0000").quoted_length == 128);
  CHECK(unverified("0c00 0000 01ff 0000").quoted_length == 1020);
  CHECK(unverified("0400 0000 0020 0000").quoted_length == 0);
  CHECK(unverified("0500 0000 0020 0000").quoted_length == 0);
  const auto both = unverified("0304 0000 0020 0578");
  CHECK(both.quoted_length == 128);
  CHECK(both.next_hop_mtu == net::Mtu(1400));
}

TEST_CASE("icmpv4: parameter problem has a pointer, redirect a gateway") {
  CHECK(unverified("0c00 0000 1400 0000").pointer == 20);
  CHECK(unverified("0501 0000 c0000263").gateway == net::Address::v4(0xc0000263));
  CHECK_FALSE(unverified("0b00 0000 c0000263").gateway.has_value());
  CHECK_FALSE(unverified("0b00 0000 1400 0000").pointer.has_value());
}

TEST_CASE("icmpv4: every type and code keeps its pair and has the right class") {
  for (unsigned type = 0; type < 256; ++type) {
    for (unsigned code = 0; code < 256; ++code) {
      auto bytes = hex("0000 0000 ffff ffff 45");
      bytes[0] = static_cast<std::byte>(type);
      bytes[1] = static_cast<std::byte>(code);
      const auto m = decode_icmpv4(bytes, VerifyChecksum::no);
      REQUIRE(m.has_value());
      REQUIRE(m->icmp.type == type);
      REQUIRE(m->icmp.code == code);
      const bool error = (type >= 3 && type <= 5) || type == 11 || type == 12;
      REQUIRE((m->message_class == IcmpClass::error) == error);
      REQUIRE((m->message_class == IcmpClass::echo_request) == (type == 8));
      REQUIRE((m->message_class == IcmpClass::echo_reply) == (type == 0));
      REQUIRE(m->body.size() == 1);
    }
  }
}

TEST_CASE("icmpv4: under 8 bytes a message is truncated") {
  for (std::size_t size = 0; size < kIcmpHeader; ++size) {
    CHECK(decode_icmpv4(test::Packet(size), VerifyChecksum::no).error() == DecodeError::truncated);
    CHECK(decode_icmpv4(test::Packet(size)).error() == DecodeError::truncated);
  }
}

TEST_CASE("icmpv4: an encoded echo request, byte for byte, for even and odd payloads") {
  std::array<std::byte, 16> buffer{};
  Writer even{buffer};
  encode_icmpv4_echo_request(net::IcmpIdent(0x51de), net::IcmpSeq(1), hex("0001f203"), even);
  CHECK(test::to_hex(even.written()) == "0800b41b51de00010001f203");
  Writer odd{buffer};
  encode_icmpv4_echo_request(net::IcmpIdent(0x51de), net::IcmpSeq(1), hex("0001f2"), odd);
  CHECK(test::to_hex(odd.written()) == "0800b41e51de00010001f2");
  Writer empty{buffer};
  encode_icmpv4_echo_request(net::IcmpIdent(0), net::IcmpSeq(0), {}, empty);
  CHECK(test::to_hex(empty.written()) == "0800f7ff00000000");
}

TEST_CASE("icmpv4: a request that does not fit sets failed") {
  std::array<std::byte, 9> buffer{};
  Writer out{buffer};
  encode_icmpv4_echo_request(net::IcmpIdent(1), net::IcmpSeq(1), hex("0102"), out);
  CHECK(out.failed());
}

}  // namespace sonde::wire
