#include "sonde/wire/ipv6.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "tests/support/packet_bytes.hpp"

namespace sonde::wire {
namespace {

using test::hex;

constexpr std::string_view kEnds =
    "20010db8000000000000000000000001 20010db8000000000000000000000002";

// Traffic class 2e, flow label 12345, hop limit 7; the length is that of `payload`.
test::Packet packet_of(std::uint8_t next_header, const test::Packet& payload) {
  test::Packet out = hex("62e12345 0000 00 07" + std::string(kEnds));
  out[4] = static_cast<std::byte>(payload.size() >> 8);
  out[5] = static_cast<std::byte>(payload.size());
  out[6] = static_cast<std::byte>(next_header);
  return test::exactly(test::joined(out, payload));
}

}  // namespace

TEST_CASE("ipv6: each field stands where RFC 8200 section 3 draws it") {
  const auto bytes = packet_of(58, hex("8000 0000"));
  const auto packet = decode_ipv6(bytes);
  REQUIRE(packet.has_value());
  const Ipv6Header& h = packet->header;
  CHECK(h.traffic_class == net::Tos(0x2e));
  CHECK(h.flow_label == 0x12345);
  CHECK(h.payload_length == 4);
  CHECK(h.next_header == net::kIcmpV6);
  CHECK(h.hop_limit == net::Ttl(7));
  CHECK(h.source.to_text() == "2001:db8::1");
  CHECK(h.destination.to_text() == "2001:db8::2");
  CHECK(packet->upper_protocol == net::kIcmpV6);
  CHECK_FALSE(packet->fragment.has_value());
  CHECK(packet->payload.data() == bytes.data() + 40);
}

TEST_CASE("ipv6: the chain is walked to the upper layer") {
  const auto bytes =
      packet_of(0, hex("3c00 010400000000"                    // hop-by-hop, next 60
                       "2b01 0000 00000000 0000000000000000"  // options of 16, next 43
                       "2c00 000000000000"                    // routing, next 44
                       "3300 0001 feedface"                   // fragment, more, next 51
                       "1104 0000 00000100 00000001 010101010101010101010101"  // AH
                       "c350829a 0008 0000"));                                 // UDP
  const auto packet = decode_ipv6(bytes);
  REQUIRE(packet.has_value());
  CHECK(packet->header.next_header.value == 0);
  CHECK(packet->upper_protocol == net::kUdp);
  REQUIRE(packet->fragment.has_value());
  CHECK(packet->fragment->offset == 0);
  CHECK(packet->fragment->more);
  CHECK(packet->fragment->identification == 0xfeedface);
  CHECK(test::to_hex(packet->payload) == "c350829a00080000");
}

TEST_CASE("ipv6: the walk ends at a later fragment, whose bytes are data") {
  const auto bytes = packet_of(44, hex("3c00 05a8 00000001 ffffffffffffffff"));
  const auto packet = decode_ipv6(bytes);
  REQUIRE(packet.has_value());
  CHECK(packet->fragment->offset == 181);
  CHECK_FALSE(packet->fragment->more);
  CHECK(packet->upper_protocol.value == 60);
  CHECK(packet->payload.size() == 8);
}

TEST_CASE("ipv6: No Next Header and ESP end the walk with their number") {
  for (const std::uint8_t protocol : {std::uint8_t{59}, std::uint8_t{50}}) {
    const auto packet = decode_ipv6(packet_of(protocol, hex("0000000000000000")));
    REQUIRE(packet.has_value());
    CHECK(packet->upper_protocol.value == protocol);
    CHECK(packet->payload.size() == 8);
  }
}

TEST_CASE("ipv6: sixteen extension headers are walked, the seventeenth is unsupported") {
  test::Packet chain;
  for (int count = 1; count <= 17; ++count) {
    CAPTURE(count);
    chain = test::joined(chain, hex("3c00000000000000"));
    auto last = chain;
    last[last.size() - 8] = std::byte{58};
    const auto packet = decode_ipv6(packet_of(60, last));
    REQUIRE(packet.has_value() == (count <= 16));
    if (!packet) {
      CHECK(packet.error() == DecodeError::unsupported);
    }
  }
}

TEST_CASE("ipv6: an AH shorter than its fixed part is bad_length") {
  CHECK(decode_ipv6(packet_of(51, hex("3a00000000000000"))).error() == DecodeError::bad_length);
  CHECK(decode_ipv6(packet_of(51, hex("3a010000 00000000 00000000"))).has_value());
}

TEST_CASE("ipv6: cut off anywhere in the chain it is truncated, behind it the payload is shorter") {
  const auto chain =
      hex("2b00 010400000000"
          "2c01 000000000000 0000000000000000"
          "3300 0000 00000001"
          "3a02 0000 00000100 00000001 00000000");
  const auto whole = packet_of(0, test::joined(chain, hex("80000000 00010002 aabb")));
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CAPTURE(size);
    const auto bytes = test::exactly(Bytes(whole).first(size));
    const auto packet = decode_ipv6(bytes);
    const std::size_t headers = kIpv6Header + chain.size();
    REQUIRE(packet.has_value() == (size >= headers));
    if (packet) {
      CHECK(packet->payload.size() == size - headers);
      CHECK(test::inside(packet->payload, bytes));
    } else {
      CHECK(packet.error() == DecodeError::truncated);
    }
  }
}

TEST_CASE("ipv6: a payload length cuts the chain, whatever lies behind it") {
  auto bytes = packet_of(0, hex("3a00000000000000 8000000000000000"));
  bytes[5] = std::byte{7};
  CHECK(decode_ipv6(bytes).error() == DecodeError::truncated);
  bytes[5] = std::byte{8};
  CHECK(decode_ipv6(bytes)->payload.empty());
}

TEST_CASE("ipv6: a version other than 6 is bad_version") {
  for (unsigned version = 0; version < 16; ++version) {
    auto bytes = packet_of(58, {});
    bytes[0] = static_cast<std::byte>(version << 4 | 2);
    CHECK(decode_ipv6(bytes).has_value() == (version == 6));
  }
}

TEST_CASE("ipv6: every first next header is read without harm") {
  for (unsigned protocol = 0; protocol < 256; ++protocol) {
    CAPTURE(protocol);
    const auto bytes = packet_of(static_cast<std::uint8_t>(protocol), hex("3b00000000000000 11"));
    const auto packet = decode_ipv6(bytes);
    if (packet) {
      CHECK(test::inside(packet->payload, bytes));
    }
  }
}

TEST_CASE("ipv6: an encoded header is read back, byte for byte") {
  const auto bytes = packet_of(58, {});
  std::array<std::byte, kIpv6Header> buffer{};
  Writer out{buffer};
  encode_ipv6(decode_ipv6(bytes)->header, out);
  CHECK(test::to_hex(out.written()) == test::to_hex(bytes));
  std::array<std::byte, kIpv6Header - 1> small{};
  Writer refused{small};
  encode_ipv6(decode_ipv6(bytes)->header, refused);
  CHECK(refused.failed());
}

}  // namespace sonde::wire
