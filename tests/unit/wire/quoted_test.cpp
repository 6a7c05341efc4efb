#include "sonde/wire/quoted.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/packet_bytes.hpp"

namespace sonde::wire {
namespace {

using test::hex;

// 192.0.2.1 > 198.51.100.2, id 1234, DF, ttl 1, total length 0x54.
test::Packet v4_with(std::uint8_t protocol, std::string_view transport) {
  auto out = hex("45 20 0054 1234 4000 01 00 0000 c0000201 c6336402" + std::string(transport));
  out[9] = static_cast<std::byte>(protocol);
  return test::exactly(out);
}

// 2001:db8::1 > 2001:db8::2, traffic class 20, flow label 12345, hop limit 1, payload length 0x40.
test::Packet v6_with(std::uint8_t next_header, std::string_view rest) {
  auto out =
      hex("62012345 0040 00 01"
          "20010db8000000000000000000000001 20010db8000000000000000000000002" +
          std::string(rest));
  out[6] = static_cast<std::byte>(next_header);
  return test::exactly(out);
}

constexpr std::string_view kEcho = "0800 abcd 51de 0003";
constexpr std::string_view kUdp = "c350 829a 0040 beef";
constexpr std::string_view kTcp = "c350 0050 deadbeef";

}  // namespace

TEST_CASE("quoted: an echo request gives its identity and the header the responder saw") {
  const auto bytes = v4_with(1, kEcho);
  const auto q = decode_quoted(bytes, net::Family::v4);
  REQUIRE(q.has_value());
  CHECK(q->source.to_text() == "192.0.2.1");
  CHECK(q->destination.to_text() == "198.51.100.2");
  CHECK(q->tos == net::Tos(0x20));
  CHECK(q->ttl == net::Ttl(1));
  CHECK(q->protocol == net::kIcmp);
  CHECK(q->identification == 0x1234);
  CHECK(q->total_length == 0x54);
  CHECK(q->icmp == IcmpType{.type = 8, .code = 0});
  CHECK(q->transport_checksum == 0xabcd);
  CHECK(q->ident == net::IcmpIdent(0x51de));
  CHECK(q->seq == net::IcmpSeq(3));
  CHECK(q->payload.empty());
}

TEST_CASE("quoted: a UDP length under its header's, or over what is there, is not believed") {
  for (const unsigned length : {0U, 1U, 7U, 8U, 9U, 0x40U, 0xffffU}) {
    CAPTURE(length);
    auto bytes = v4_with(17, std::string(kUdp) + "aabbccdd");
    bytes[24] = static_cast<std::byte>(length >> 8U);
    bytes[25] = static_cast<std::byte>(length);
    const auto q = decode_quoted(bytes, net::Family::v4);
    REQUIRE(q.has_value());
    CHECK(q->destination_port == net::Port(33434));
    CHECK(q->payload.size() == 4);
    CHECK(test::inside(q->payload, bytes));
  }
}

TEST_CASE("quoted: UDP gives ports and checksum, TCP ports and sequence number") {
  const auto udp = decode_quoted(v4_with(17, kUdp), net::Family::v4);
  REQUIRE(udp.has_value());
  CHECK(udp->source_port == net::Port(50000));
  CHECK(udp->destination_port == net::Port(33434));
  CHECK(udp->transport_checksum == 0xbeef);
  CHECK_FALSE(udp->icmp.has_value());
  const auto tcp = decode_quoted(v4_with(6, kTcp), net::Family::v4);
  REQUIRE(tcp.has_value());
  CHECK(tcp->source_port == net::Port(50000));
  CHECK(tcp->destination_port == net::Port(80));
  CHECK(tcp->tcp_sequence == 0xdeadbeef);
}

TEST_CASE("quoted: an unknown protocol keeps the header and claims no transport fields") {
  const auto q = decode_quoted(v4_with(200, kEcho), net::Family::v4);
  REQUIRE(q.has_value());
  CHECK(q->protocol.value == 200);
  CHECK_FALSE(q->icmp.has_value());
  CHECK(q->source_port == net::Port(0));
}

TEST_CASE("quoted: IPv6 gives flow label and total length, through a chain of headers") {
  const auto bytes = v6_with(60, "3a00010400000000 8000 abcd 51de 0003 aabb");
  const auto q = decode_quoted(bytes, net::Family::v6);
  REQUIRE(q.has_value());
  CHECK(q->tos == net::Tos(0x20));
  CHECK(q->flow_label == 0x12345);
  CHECK(q->ttl == net::Ttl(1));
  CHECK(q->protocol == net::kIcmpV6);
  CHECK(q->total_length == 0x40 + 40);
  CHECK(q->icmp == IcmpType{.type = 128, .code = 0});
  CHECK(q->ident == net::IcmpIdent(0x51de));
  CHECK(q->seq == net::IcmpSeq(3));
  CHECK(test::to_hex(q->payload) == "aabb");
}

TEST_CASE("quoted: the largest IPv6 payload length does not wrap the total length") {
  auto bytes = v6_with(17, kUdp);
  bytes[4] = bytes[5] = std::byte{0xff};
  CHECK(decode_quoted(bytes, net::Family::v6)->total_length == 65575);
}

TEST_CASE("quoted: options of every length are stepped over") {
  for (unsigned words = 5; words <= 15; ++words) {
    CAPTURE(words);
    auto bytes = v4_with(1, "");
    bytes[0] = static_cast<std::byte>(0x40 | words);
    bytes.resize(words * std::size_t{4}, std::byte{1});
    bytes = test::exactly(test::joined(bytes, hex(kEcho)));
    const auto q = decode_quoted(bytes, net::Family::v4);
    REQUIRE(q.has_value());
    CHECK(q->ident == net::IcmpIdent(0x51de));
  }
}

TEST_CASE("quoted: less than the header and 8 bytes is truncated, at every length") {
  for (unsigned words = 5; words <= 15; ++words) {
    auto whole = v4_with(17, "");
    whole[0] = static_cast<std::byte>(0x40 | words);
    whole.resize(words * std::size_t{4}, std::byte{1});
    whole = test::joined(whole, hex(kUdp));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto q = decode_quoted(test::exactly(Bytes(whole).first(size)), net::Family::v4);
      REQUIRE_FALSE(q.has_value());
      CHECK(q.error() == DecodeError::truncated);
    }
  }
  const auto whole = v6_with(44, "1100000000000001 c350829a00080000");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto q = decode_quoted(test::exactly(Bytes(whole).first(size)), net::Family::v6);
    REQUIRE_FALSE(q.has_value());
    CHECK(q.error() == DecodeError::truncated);
  }
}

TEST_CASE("quoted: a later fragment has no transport header and is unsupported") {
  auto v4 = v4_with(17, kUdp);
  v4[7] = std::byte{1};
  CHECK(decode_quoted(v4, net::Family::v4).error() == DecodeError::unsupported);
  const auto v6 = v6_with(44, "1100 0008 00000001 c350829a00080000");
  CHECK(decode_quoted(v6, net::Family::v6).error() == DecodeError::unsupported);
  auto first = v4_with(17, kUdp);
  first[6] = std::byte{0x20};  // more fragments, offset 0
  CHECK(decode_quoted(first, net::Family::v4).has_value());
}

TEST_CASE("quoted: the other family's header is bad_version, a short IHL bad_length") {
  const auto v6 = v6_with(17, kUdp);
  auto v4 = v4_with(17, std::string(kUdp) + "0000000000000000 00000000");
  CHECK(decode_quoted(v6, net::Family::v4).error() == DecodeError::bad_version);
  CHECK(decode_quoted(v4, net::Family::v6).error() == DecodeError::bad_version);
  v4[0] = std::byte{0x44};
  CHECK(decode_quoted(v4, net::Family::v4).error() == DecodeError::bad_length);
}

TEST_CASE("quoted: padding behind the total length is no payload") {
  auto bytes = v4_with(1, std::string(kEcho) + "aabb 000000000000");
  bytes[3] = std::byte{30};
  CHECK(test::to_hex(decode_quoted(bytes, net::Family::v4)->payload) == "aabb");
}

TEST_CASE("quoted: a total length too small to be true is ignored") {
  for (const int total : {0, 8, 19, 20, 27}) {
    auto bytes = v4_with(1, std::string(kEcho) + "aabb");
    bytes[3] = static_cast<std::byte>(total);
    const auto q = decode_quoted(bytes, net::Family::v4);
    REQUIRE(q.has_value());
    CHECK(q->seq == net::IcmpSeq(3));
    CHECK(q->total_length == static_cast<std::uint32_t>(total));
    CHECK(q->payload.size() == 2);
  }
}

TEST_CASE("quoted: the transport part alone is read for sources without an IP header") {
  const auto bytes = hex(std::string(kEcho) + "aa");
  const auto q = decode_quoted_transport(bytes, net::kIcmp);
  REQUIRE(q.has_value());
  CHECK(q->ident == net::IcmpIdent(0x51de));
  CHECK(q->payload.size() == 1);
  for (std::size_t size = 0; size < 8; ++size) {
    for (const net::IpProtocol protocol :
         {net::kIcmp, net::kIcmpV6, net::kUdp, net::kTcp, net::IpProtocol(99)}) {
      const auto cut = test::exactly(Bytes(bytes).first(size));
      CHECK(decode_quoted_transport(cut, protocol).error() == DecodeError::truncated);
    }
  }
}

}  // namespace sonde::wire
