// wire_hostile_test.cpp: no decoder crashes, hangs or hands out a view outside its input, whatever
// the bytes. Each input is a heap block of exactly its size: a sanitizer sees one byte too many.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "sonde/base/random.hpp"
#include "sonde/net/prefix.hpp"
#include "sonde/wire/checksum.hpp"
#include "sonde/wire/icmp_extensions.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/ipv6.hpp"
#include "sonde/wire/pcap.hpp"
#include "sonde/wire/quoted.hpp"
#include "tests/support/packet_bytes.hpp"

namespace sonde::wire {
namespace {

constexpr int kCases = 20000;
constexpr std::uint64_t kSeed = 20240608;

void check_extensions(Bytes structure) {
  const auto x = decode_extensions(structure);
  if (!x) {
    return;
  }
  REQUIRE(x->objects.size() <= kMaxExtensionObjects);
  for (const ExtensionObject& object : x->objects) {
    REQUIRE(object.labels.size() <= kMaxMplsLabels);
    REQUIRE(object.raw.size() <= structure.size());
  }
}

void check_error(const IcmpMessage& m, net::Family family) {
  const ErrorBody body = split_error_body(m.body, m.quoted_length);
  REQUIRE(test::inside(body.quoted, m.body));
  REQUIRE(test::inside(body.extensions, m.body));
  check_extensions(body.extensions);
  if (const auto q = decode_quoted(body.quoted, family)) {
    REQUIRE(test::inside(q->payload, m.body));
  }
}

void check_v4(Bytes data) {
  const auto packet = decode_ipv4(data);
  if (!packet) {
    return;
  }
  REQUIRE(test::inside(packet->payload, data));
  REQUIRE(test::inside(packet->header.options, data));
  if (const auto m = decode_icmpv4(packet->payload, VerifyChecksum::no)) {
    REQUIRE(test::inside(m->body, data));
    check_error(*m, net::Family::v4);
  }
}

void check_v6(Bytes data) {
  const auto packet = decode_ipv6(data);
  if (!packet) {
    return;
  }
  REQUIRE(test::inside(packet->payload, data));
  if (const auto m = decode_icmpv6(packet->payload)) {
    REQUIRE(test::inside(m->body, data));
    check_error(*m, net::Family::v6);
  }
}

void check_pcap(Bytes file) {
  auto reader = PcapReader::open(file);
  // Every packet takes 16 bytes at least: more rounds than that would be a hang.
  for (std::size_t i = 0; reader && i <= file.size() / 16; ++i) {
    const auto packet = reader->next();
    if (!packet || !*packet) {
      return;
    }
    REQUIRE(test::inside((*packet)->data, file));
    if (const auto ip = ip_packet(**packet, reader->link_type())) {
      REQUIRE(test::inside(*ip, file));
    }
  }
  REQUIRE_FALSE(reader.has_value());
}

void check_all(Bytes data) {
  check_v4(data);
  check_v6(data);
  check_extensions(data);
  check_pcap(data);
  for (const net::IpProtocol protocol :
       {net::kIcmp, net::kIcmpV6, net::kUdp, net::kTcp, net::IpProtocol(99)}) {
    const auto q = decode_quoted_transport(data, protocol);
    REQUIRE(q.has_value() == (data.size() >= 8));
  }
}

// Time exceeded with a length attribute, a quoted echo request with options and an MPLS stack.
test::Packet v4_error() {
  auto quote = test::hex(
      "47 00 003c 1234 4000 01 01 0000 c0000201 c6336402"
      "0101010101010101 0800 abcd 51de 0003");
  quote.resize(128);
  return test::joined(
      test::hex("46 c0 00cc 0001 0000 40 01 0000 c00002fe c0000201 94040000"
                "0b00 0000 0020 0000"),
      test::joined(quote, test::hex("2000 0000 000c 0101 49300401 000101fe"
                                    "001c 020f 00000007 00010000 cb007109 0865746830000000"
                                    "000005dc")));
}

// Packet too big behind a hop-by-hop header, quoting UDP in a fragment.
test::Packet v6_error() {
  const std::string ends = "20010db8000000000000000000000001 20010db8000000000000000000000002";
  return test::hex("60000000 004c 00 40" + ends + "3a00 010400000000 0200 0000 00000578" +
                   "60012345 0040 2c 01" + ends +
                   "1100 0001 00000001 c350 829a 0040 beef aabbccdd");
}

test::Packet capture() {
  return test::hex(
      "a1b23c4d 0002 0004 00000000 00000000 00040000 00000001"
      "00000001 00000002 00000014 00000014"
      "020000000001 020000000002 8100 0064 0800 4500"
      "00000001 00000002 00000002 00000002 4500");
}

}  // namespace

TEST_CASE("property: decoders are total on random bytes") {
  SeededRng rng{kSeed};
  for (int i = 0; i < kCases; ++i) {
    CAPTURE(i);
    const auto bytes = test::random_bytes(rng, rng.below(rng.below(8) == 0 ? 600 : 80));
    check_all(test::exactly(bytes));
  }
}

TEST_CASE("property: decoders are total on mutated packets") {
  SeededRng rng{kSeed};
  const std::array<test::Packet, 3> seeds = {v4_error(), v6_error(), capture()};
  for (int i = 0; i < kCases; ++i) {
    CAPTURE(i);
    check_all(test::mutated(rng, seeds[rng.below(seeds.size())]));
  }
}

TEST_CASE("property: decoders and encoders work at every address, aligned or not") {
  SeededRng rng{kSeed};
  for (const test::Packet& packet : {v4_error(), v6_error(), capture()}) {
    alignas(16) std::array<std::byte, 1024> room{};
    for (std::size_t at = 0; at < 16; ++at) {
      CAPTURE(at);
      const MutableBytes place = MutableBytes(room).subspan(at, packet.size());
      std::ranges::copy(packet, place.begin());
      check_all(place);
      CHECK(internet_checksum(place) == internet_checksum(packet));
      Writer out(place);
      out.u8(1);
      out.u64(rng.next());
      out.u16(2);
      out.u32(3);
      CHECK_FALSE(out.failed());
    }
  }
  const auto v4 = v4_error();
  for (std::size_t at = 0; at < 16; ++at) {
    test::Packet room(at);
    room.insert(room.end(), v4.begin(), v4.end());
    const auto packet = decode_ipv4(Bytes(room).subspan(at));
    REQUIRE(packet);
    CHECK(packet->header.source == net::Address::v4(0xc00002fe));
    const auto m = decode_icmpv4(packet->payload, VerifyChecksum::no);
    REQUIRE(m);
    const ErrorBody body = split_error_body(m->body, m->quoted_length);
    REQUIRE(decode_quoted(body.quoted, net::Family::v4));
    CHECK(decode_quoted(body.quoted, net::Family::v4)->seq == net::IcmpSeq(3));
    REQUIRE(decode_extensions(body.extensions));
    CHECK(decode_extensions(body.extensions)->objects.size() == 2);
  }
}

TEST_CASE("property: the seeds of the mutations are packets that decode") {
  const auto v4 = v4_error();
  const auto packet = decode_ipv4(v4);
  REQUIRE(packet.has_value());
  const auto m = decode_icmpv4(packet->payload, VerifyChecksum::no);
  const ErrorBody body = split_error_body(m->body, m->quoted_length);
  CHECK(decode_quoted(body.quoted, net::Family::v4)->seq == net::IcmpSeq(3));
  CHECK(decode_extensions(body.extensions)->objects.size() == 2);
  const auto v6 = v6_error();
  const auto too_big = decode_icmpv6(decode_ipv6(v6)->payload);
  CHECK(decode_quoted(too_big->body, net::Family::v6)->source_port == net::Port(50000));
}

TEST_CASE("property: address and prefix parsers are total on random text") {
  SeededRng rng{kSeed};
  constexpr std::string_view kLetters = "0123456789abcdefABCDEF::::....%%//gx -+";
  for (int i = 0; i < 10 * kCases; ++i) {
    std::string text(rng.below(24), ' ');
    for (char& c : text) {
      c = rng.below(50) == 0 ? static_cast<char>(rng.next()) : kLetters[rng.below(kLetters.size())];
    }
    CAPTURE(text);
    if (const auto address = net::Address::parse(text)) {
      REQUIRE(net::Address::parse(address->to_text()) == address);
    }
    if (const auto prefix = net::Prefix::parse(text)) {
      REQUIRE(net::Prefix::parse(prefix->to_text()) == prefix);
    }
  }
}

}  // namespace sonde::wire
