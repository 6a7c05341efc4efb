#include "sonde/wire/ipv4.hpp"

#include <doctest/doctest.h>

#include <array>

#include "sonde/wire/checksum.hpp"
#include "tests/support/packet_bytes.hpp"

namespace sonde::wire {
namespace {

using test::hex;

// Version 4, IHL 5, tos b9, length 24, id 1234, DF, ttl 33, ICMP, 192.0.2.1 > 198.51.100.2, 4
// bytes.
constexpr std::string_view kPacket = "45 b9 0018 1234 4000 21 01 0000 c0000201 c6336402  deadbeef";

// A header of `words` words of 4 bytes, options counting up, with `payload` bytes behind it.
test::Packet packet_with(unsigned words, std::size_t payload) {
  test::Packet out = hex(kPacket);
  out.resize(kIpv4MinHeader);
  out[0] = static_cast<std::byte>(0x40 | words);
  const std::size_t header = words * std::size_t{4};
  for (std::size_t i = kIpv4MinHeader; i < header; ++i) {
    out.push_back(static_cast<std::byte>(i));
  }
  out.resize(out.size() + payload, std::byte{0x55});
  out[3] = static_cast<std::byte>(header + payload);
  return test::exactly(out);
}

}  // namespace

TEST_CASE("ipv4: each field stands where RFC 791 section 3.1 draws it") {
  const auto bytes = hex(kPacket);
  const auto packet = decode_ipv4(bytes);
  REQUIRE(packet.has_value());
  const Ipv4Header& h = packet->header;
  CHECK(h.tos == net::Tos(0xb9));
  CHECK(h.total_length == 24);
  CHECK(h.identification == 0x1234);
  CHECK(h.dont_fragment);
  CHECK_FALSE(h.more_fragments);
  CHECK(h.fragment_offset == 0);
  CHECK(h.ttl == net::Ttl(33));
  CHECK(h.protocol == net::kIcmp);
  CHECK(h.source.to_text() == "192.0.2.1");
  CHECK(h.destination.to_text() == "198.51.100.2");
  CHECK(h.options.empty());
  CHECK(test::to_hex(packet->payload) == "deadbeef");
  CHECK(packet->payload.data() == bytes.data() + 20);
}

TEST_CASE("ipv4: flags and fragment offset share two bytes") {
  const auto with = [](std::string_view flags) {
    auto bytes = hex(kPacket);
    const auto two = hex(flags);
    bytes[6] = two[0];
    bytes[7] = two[1];
    return decode_ipv4(bytes)->header;
  };
  CHECK(with("2000").more_fragments);
  CHECK_FALSE(with("2000").dont_fragment);
  CHECK(with("1fff").fragment_offset == 0x1fff);
  CHECK_FALSE(with("1fff").more_fragments);
  CHECK_FALSE(with("8000").dont_fragment);  // the reserved bit
}

TEST_CASE("ipv4: a header of every length from 5 to 15 words keeps its options") {
  for (unsigned words = 5; words <= 15; ++words) {
    CAPTURE(words);
    const auto bytes = packet_with(words, 3);
    const auto packet = decode_ipv4(bytes);
    REQUIRE(packet.has_value());
    CHECK(packet->header.options.size() == words * std::size_t{4} - kIpv4MinHeader);
    CHECK(packet->payload.size() == 3);
    CHECK(test::inside(packet->header.options, bytes));
    CHECK(packet->payload.data() == bytes.data() + words * std::size_t{4});
  }
}

TEST_CASE("ipv4: a header length under 5 words is bad_length") {
  for (unsigned words = 0; words < 5; ++words) {
    auto bytes = packet_with(5, 3);
    bytes[0] = static_cast<std::byte>(0x40 | words);
    CHECK(decode_ipv4(bytes).error() == DecodeError::bad_length);
  }
}

TEST_CASE("ipv4: a version other than 4 is bad_version") {
  for (unsigned version = 0; version < 16; ++version) {
    auto bytes = packet_with(5, 0);
    bytes[0] = static_cast<std::byte>(version << 4 | 5);
    CHECK(decode_ipv4(bytes).has_value() == (version == 4));
  }
}

TEST_CASE("ipv4: cut off anywhere, the header is truncated and the payload is what is there") {
  for (unsigned words = 5; words <= 15; ++words) {
    const auto whole = packet_with(words, 9);
    for (std::size_t size = 0; size <= whole.size(); ++size) {
      CAPTURE(words);
      CAPTURE(size);
      const auto bytes = test::exactly(Bytes(whole).first(size));
      const auto packet = decode_ipv4(bytes);
      const std::size_t header = words * std::size_t{4};
      REQUIRE(packet.has_value() == (size >= header));
      if (packet) {
        CHECK(packet->payload.size() == size - header);
      } else {
        CHECK(packet.error() == DecodeError::truncated);
      }
    }
  }
}

TEST_CASE("ipv4: bytes behind the total length are no payload") {
  const auto bytes = test::joined(hex(kPacket), hex("00000000"));  // Ethernet padding
  CHECK(decode_ipv4(bytes)->payload.size() == 4);
}

TEST_CASE("ipv4: a total length under the header's is bad_length") {
  for (unsigned total = 0; total < 24; ++total) {
    auto bytes = packet_with(6, 10);
    bytes[3] = static_cast<std::byte>(total);
    CHECK(decode_ipv4(bytes).error() == DecodeError::bad_length);
  }
}

TEST_CASE("ipv4: the header alone can be read whatever its total length says") {
  auto bytes = packet_with(6, 10);
  bytes[3] = std::byte{0};
  Reader in{bytes};
  const auto header = decode_ipv4_header(in);
  REQUIRE(header.has_value());
  CHECK(header->options.size() == 4);
  CHECK(in.remaining() == 10);
}

TEST_CASE("ipv4: an encoded header is the one of a capture, byte for byte") {
  Ipv4Header h;
  h.total_length = 84;
  h.identification = 0x162c;
  h.dont_fragment = true;
  h.ttl = net::Ttl(64);
  h.protocol = net::kIcmp;
  h.source = net::Address::v4(0xc0000201);
  h.destination = net::Address::v4(0xc6336402);
  std::array<std::byte, kIpv4MaxHeader> buffer{};
  Writer out{buffer};
  encode_ipv4(h, out);
  CHECK(test::to_hex(out.written()) == "45000054162c400040013846c0000201c6336402");
}

TEST_CASE("ipv4: options are padded to whole words, and over 40 bytes are refused") {
  const test::Packet options(41, std::byte{1});
  for (std::size_t size = 0; size <= options.size(); ++size) {
    CAPTURE(size);
    Ipv4Header h;
    h.total_length = 60;
    h.options = Bytes(options).first(size);
    std::array<std::byte, 80> buffer{};
    Writer out{buffer};
    encode_ipv4(h, out);
    REQUIRE(out.failed() == (size > 40));
    if (size > 40) {
      CHECK(out.size() == 0);
      continue;
    }
    CHECK(internet_checksum(out.written()) == 0);
    const auto packet = decode_ipv4(out.written());
    REQUIRE(packet.has_value());
    CHECK(packet->header.options.size() == (size + 3) / 4 * 4);
    for (std::size_t i = 0; i < packet->header.options.size(); ++i) {
      CHECK(packet->header.options[i] == (i < size ? std::byte{1} : std::byte{0}));
    }
  }
}

TEST_CASE("ipv4: a header that does not fit the buffer fails and writes nothing") {
  std::array<std::byte, kIpv4MinHeader - 1> buffer{};
  Writer out{buffer};
  encode_ipv4(Ipv4Header{}, out);
  CHECK(out.failed());
  CHECK(out.size() == 0);
}

}  // namespace sonde::wire
