#include "sonde/wire/tcp.hpp"

#include <doctest/doctest.h>

#include "sonde/base/random.hpp"
#include "tests/support/packet_bytes.hpp"

namespace sonde::wire {
namespace {

using test::hex;

// Of tests/golden/traceroute4-tcp.pcap: a SYN, and the RST of a closed port.
const TcpEnds kThere{.source = net::Address::v4(0xc0000201),
                     .destination = net::Address::v4(0xc6336402)};
const TcpEnds kBack{.source = kThere.destination, .destination = kThere.source};
constexpr std::string_view kSyn =
    "aa07 0050 bf54 5a05 0000 0000 a002 16d0 3e08 0000"
    "0204 05b4 0402 080a 7e34 c50f 0000 0000 0103 0302";
constexpr std::string_view kReset = "0050 e745 0000 0000 fe85 8f87 5014 0000 4df6 0000";

test::Packet encoded(const TcpHeader& header, Bytes payload, const TcpEnds& ends) {
  test::Packet buffer(kTcpMaxHeader + payload.size());
  Writer out{buffer};
  encode_tcp(header, payload, ends, out);
  REQUIRE_FALSE(out.failed());
  buffer.resize(out.size());
  return buffer;
}

}  // namespace

TEST_CASE("tcp: a captured SYN gives its fields, and its checksum fits") {
  const auto bytes = hex(kSyn);
  const auto segment = decode_tcp(bytes, &kThere);
  REQUIRE(segment.has_value());
  const TcpHeader& h = segment->header;
  CHECK(h.source == net::Port(43527));
  CHECK(h.destination == net::Port(80));
  CHECK(h.sequence == 3209976325);
  CHECK(h.acknowledgment == 0);
  CHECK(h.control == tcp::kSyn);
  CHECK(h.window == 5840);
  CHECK(h.checksum == 0x3e08);
  CHECK(h.options.size() == 20);
  CHECK(segment->payload.empty());
}

TEST_CASE("tcp: a captured RST acknowledges the SYN") {
  const auto bytes = hex(kReset);
  const auto segment = decode_tcp(bytes, &kBack);
  REQUIRE(segment.has_value());
  CHECK(segment->header.control == (tcp::kRst | tcp::kAck));
  CHECK(segment->header.acknowledgment == 4270165895);
  CHECK(segment->header.options.empty());
}

TEST_CASE("tcp: what is decoded is written again byte for byte, checksum included") {
  for (const auto& [text, ends] : {std::pair{kSyn, kThere}, std::pair{kReset, kBack}}) {
    const auto bytes = hex(text);
    const auto segment = decode_tcp(bytes);
    REQUIRE(segment.has_value());
    CHECK(test::to_hex(encoded(segment->header, segment->payload, ends)) == test::to_hex(bytes));
  }
}

TEST_CASE("tcp: a checksum is looked at only where the ends are given") {
  auto bytes = hex(kSyn);
  bytes.back() = std::byte{3};
  CHECK(decode_tcp(bytes, &kThere).error() == DecodeError::bad_checksum);
  CHECK(decode_tcp(bytes).has_value());
  CHECK(decode_tcp(hex(kSyn), &kBack).has_value());  // the sum does not know which end is which
}

TEST_CASE("tcp: short and contradictory headers are errors") {
  const auto bytes = hex(kReset);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CHECK(decode_tcp(test::exactly(Bytes(bytes).first(size))).error() == DecodeError::truncated);
  }
  auto small = bytes;
  small[12] = std::byte{0x40};
  CHECK(decode_tcp(small).error() == DecodeError::bad_length);
  auto large = bytes;
  large[12] = std::byte{0x60};
  CHECK(decode_tcp(large).error() == DecodeError::bad_length);
}

TEST_CASE("tcp: headers with options of any length survive the way there and back") {
  SeededRng rng(7);
  const TcpEnds ends{.source = *net::Address::parse("2001:db8::1"),
                     .destination = *net::Address::parse("2001:db8::2")};
  for (std::size_t size = 0; size <= 40; ++size) {
    const auto options = test::random_bytes(rng, size);
    const auto payload = test::random_bytes(rng, rng.below(30));
    const TcpHeader header{.source = net::Port(static_cast<std::uint16_t>(rng.next())),
                           .destination = net::Port(static_cast<std::uint16_t>(rng.next())),
                           .sequence = static_cast<std::uint32_t>(rng.next()),
                           .acknowledgment = static_cast<std::uint32_t>(rng.next()),
                           .control = static_cast<std::uint8_t>(rng.next()),
                           .window = static_cast<std::uint16_t>(rng.next()),
                           .urgent_pointer = static_cast<std::uint16_t>(rng.next()),
                           .options = options};
    const auto bytes = encoded(header, payload, ends);
    const auto segment = decode_tcp(bytes, &ends);
    REQUIRE(segment.has_value());
    const TcpHeader& h = segment->header;
    CHECK(h.source == header.source);
    CHECK(h.destination == header.destination);
    CHECK(h.sequence == header.sequence);
    CHECK(h.acknowledgment == header.acknowledgment);
    CHECK(h.control == header.control);
    CHECK(h.window == header.window);
    CHECK(h.urgent_pointer == header.urgent_pointer);
    CHECK(test::to_hex(h.options.first(size)) == test::to_hex(options));
    CHECK(h.options.size() % 4 == 0);
    CHECK(test::to_hex(segment->payload) == test::to_hex(payload));
  }
}

TEST_CASE("tcp: what has no room is not written") {
  test::Packet buffer(64);
  Writer options{buffer};
  const test::Packet long_options(41);
  encode_tcp({.options = long_options}, {}, kThere, options);
  CHECK(options.failed());
  CHECK(options.size() == 0);
  Writer small{MutableBytes(buffer).first(19)};
  encode_tcp({}, {}, kThere, small);
  CHECK(small.failed());
}

TEST_CASE("tcp: the options of an ordinary SYN") {
  CHECK(test::to_hex(syn_options(net::Family::v4)) == "020405b40101040201030307");
  CHECK(test::to_hex(syn_options(net::Family::v6)) == "020405a00101040201030307");
}

}  // namespace sonde::wire
