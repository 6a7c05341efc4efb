// wire_roundtrip_test.cpp: what any value encodes to decodes to the same value, for seeded random
// values; checksums against a naive sum. A failure prints the seed's case number.
#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/net/prefix.hpp"
#include "sonde/wire/checksum.hpp"
#include "sonde/wire/icmp_extensions.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/ipv6.hpp"
#include "sonde/wire/pcap.hpp"
#include "tests/support/packet_bytes.hpp"

namespace sonde::wire {
namespace {

constexpr int kCases = 3000;
constexpr std::uint64_t kSeed = 20240607;

std::uint8_t any_u8(Rng& rng) { return static_cast<std::uint8_t>(rng.next()); }
std::uint16_t any_u16(Rng& rng) { return static_cast<std::uint16_t>(rng.next()); }
std::uint32_t any_u32(Rng& rng) { return static_cast<std::uint32_t>(rng.next()); }
bool any_bool(Rng& rng) { return rng.below(2) == 1; }

net::Address any_v4(Rng& rng) { return net::Address::v4(any_u32(rng)); }

// Half of the groups zero, so that "::" comes in every place.
net::Address any_v6(Rng& rng) {
  test::Packet bytes(net::Address::kV6Bytes);
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    if (any_bool(rng)) {
      bytes[i] = static_cast<std::byte>(rng.below(2) * rng.below(256));
      bytes[i + 1] = static_cast<std::byte>(rng.next());
    }
  }
  return net::Address::from_bytes(bytes).value_or(net::Address{});
}

net::Address any_address(Rng& rng) {
  if (any_bool(rng)) {
    return any_v4(rng);
  }
  return any_v6(rng).with_zone(any_bool(rng) ? any_u32(rng) : 0);
}

// RFC 1071 section 4.1, word by word.
std::uint16_t naive_checksum(Bytes data) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const auto byte = std::to_integer<std::uint64_t>(data[i]);
    sum += i % 2 == 0 ? byte << 8 : byte;
  }
  while (sum > 0xffff) {
    sum = (sum >> 16) + (sum & 0xffff);
  }
  return static_cast<std::uint16_t>(~sum);
}

ExtensionObject any_mpls(Rng& rng) {
  ExtensionObject object{
      .class_num = 1, .c_type = 1, .labels = {}, .interface_info = {}, .raw = {}};
  for (std::uint64_t i = 1 + rng.below(kMaxMplsLabels); i > 0; --i) {
    object.labels.push_back({.label = static_cast<std::uint32_t>(rng.below(1U << 20)),
                             .traffic_class = static_cast<std::uint8_t>(rng.below(8)),
                             .bottom_of_stack = any_bool(rng),
                             .ttl = net::Ttl(any_u8(rng))});
  }
  return object;
}

ExtensionObject any_interface(Rng& rng) {
  InterfaceInformation info;
  info.role = static_cast<InterfaceRole>(rng.below(4));
  unsigned c_type = static_cast<unsigned>(info.role) << 6;
  if (any_bool(rng)) {
    c_type |= 8U;
    info.index = any_u32(rng);
  }
  if (any_bool(rng)) {
    c_type |= 4U;
    info.address = any_bool(rng) ? any_v4(rng) : any_v6(rng);
  }
  if (any_bool(rng)) {
    c_type |= 2U;
    std::string name(1 + rng.below(63), ' ');
    for (char& c : name) {
      c = static_cast<char>(1 + rng.below(255));  // any byte but the padding's
    }
    info.name = Untrusted(name);
  }
  if (any_bool(rng)) {
    c_type |= 1U;
    info.mtu = net::Mtu(any_u32(rng));
  }
  ExtensionObject object;
  object.class_num = 2;
  object.c_type = static_cast<std::uint8_t>(c_type);
  object.interface_info = info;
  return object;
}

ExtensionObject any_raw(Rng& rng) {
  ExtensionObject object;
  object.class_num = static_cast<std::uint8_t>(3 + rng.below(253));
  object.c_type = any_u8(rng);
  object.raw = test::random_bytes(rng, rng.below(40));
  return object;
}

IcmpExtensions any_extensions(Rng& rng) {
  IcmpExtensions out;
  for (std::uint64_t i = rng.below(kMaxExtensionObjects + 1); i > 0; --i) {
    switch (rng.below(3)) {
      case 0:
        out.objects.push_back(any_mpls(rng));
        break;
      case 1:
        out.objects.push_back(any_interface(rng));
        break;
      default:
        out.objects.push_back(any_raw(rng));
    }
  }
  return out;
}

Ipv4Header any_ipv4(Rng& rng, Bytes options, std::size_t payload) {
  Ipv4Header h;
  h.tos = net::Tos(any_u8(rng));
  h.total_length = static_cast<std::uint16_t>(kIpv4MinHeader + options.size() + payload);
  h.identification = any_u16(rng);
  h.dont_fragment = any_bool(rng);
  h.more_fragments = any_bool(rng);
  h.fragment_offset = any_u16(rng) & 0x1fff;
  h.ttl = net::Ttl(any_u8(rng));
  h.protocol = net::IpProtocol(any_u8(rng));
  h.source = any_v4(rng);
  h.destination = any_v4(rng);
  h.options = options;
  return h;
}

void check_same(const Ipv4Header& a, const Ipv4Header& b) {
  CHECK(a.tos == b.tos);
  CHECK(a.total_length == b.total_length);
  CHECK(a.identification == b.identification);
  CHECK(a.dont_fragment == b.dont_fragment);
  CHECK(a.more_fragments == b.more_fragments);
  CHECK(a.fragment_offset == b.fragment_offset);
  CHECK(a.ttl == b.ttl);
  CHECK(a.protocol == b.protocol);
  CHECK(a.source == b.source);
  CHECK(a.destination == b.destination);
  CHECK(test::to_hex(a.options) == test::to_hex(b.options));
}

}  // namespace

TEST_CASE("property: the checksum is the naive word-by-word sum, at any length and alignment") {
  SeededRng rng{kSeed};
  for (int i = 0; i < kCases; ++i) {
    CAPTURE(i);
    const auto bytes = test::random_bytes(rng, rng.below(300));
    const Bytes data = Bytes(bytes).subspan(rng.below(bytes.size() + 1));
    CHECK(internet_checksum(data) == naive_checksum(data));
  }
}

TEST_CASE("property: an incremental update is the checksum computed anew") {
  SeededRng rng{kSeed};
  for (int i = 0; i < kCases; ++i) {
    CAPTURE(i);
    auto bytes = test::random_bytes(rng, 2 * (2 + rng.below(30)));
    const std::size_t at = 2 * rng.below(bytes.size() / 2);
    const std::uint16_t before = internet_checksum(bytes);
    const std::uint16_t old_field = Reader(Bytes(bytes).subspan(at)).u16();
    const std::uint16_t new_field = rng.below(4) == 0 ? old_field : any_u16(rng);
    Writer(MutableBytes(bytes).subspan(at)).u16(new_field);
    CHECK(checksum_update(before, old_field, new_field) == internet_checksum(bytes));
  }
}

TEST_CASE("property: address text is read back as the same address") {
  SeededRng rng{kSeed};
  for (int i = 0; i < kCases; ++i) {
    CAPTURE(i);
    const net::Address address = any_address(rng);
    const std::string text = address.to_text();
    CAPTURE(text);
    const auto back = net::Address::parse(text);
    REQUIRE(back.has_value());
    CHECK(*back == address);
    CHECK(back->hash() == address.hash());
    CHECK(back->to_text() == text);
  }
}

TEST_CASE("property: prefix text is read back, and a prefix holds what it counts") {
  SeededRng rng{kSeed};
  for (int i = 0; i < kCases; ++i) {
    CAPTURE(i);
    const net::Address address = any_address(rng);
    const auto bits = static_cast<unsigned>(address.bytes().size() * 8);
    const auto prefix = net::Prefix::make(address, static_cast<unsigned>(rng.below(bits + 1)));
    REQUIRE(prefix.has_value());
    CHECK(net::Prefix::parse(prefix->to_text()) == prefix);
    CHECK(prefix->contains(address));
    const auto size = prefix->size();
    const std::uint64_t offset = size ? rng.below(*size) : rng.next();
    const auto inside = prefix->at(offset);
    REQUIRE(inside.has_value());
    CHECK(prefix->contains(*inside));
    CHECK((*inside >= prefix->first()));
    CHECK((!size || !prefix->at(*size).has_value()));
  }
}

TEST_CASE("property: an IPv4 header is read back as it was written, with a right checksum") {
  SeededRng rng{kSeed};
  for (int i = 0; i < kCases; ++i) {
    CAPTURE(i);
    const auto options = test::random_bytes(rng, 4 * rng.below(11));
    const auto payload = test::random_bytes(rng, rng.below(64));
    const Ipv4Header header = any_ipv4(rng, options, payload.size());
    std::array<std::byte, 128> buffer{};
    Writer out{buffer};
    encode_ipv4(header, out);
    out.bytes(payload);
    const auto bytes = test::exactly(out.written());
    CHECK(naive_checksum(Bytes(bytes).first(bytes.size() - payload.size())) == 0);
    const auto packet = decode_ipv4(bytes);
    REQUIRE(packet.has_value());
    check_same(packet->header, header);
    CHECK(test::to_hex(packet->payload) == test::to_hex(payload));
  }
}

TEST_CASE("property: an IPv6 header is read back as it was written") {
  SeededRng rng{kSeed};
  for (int i = 0; i < kCases; ++i) {
    CAPTURE(i);
    const auto payload = test::random_bytes(rng, rng.below(64));
    const Ipv6Header h{.traffic_class = net::Tos(any_u8(rng)),
                       .flow_label = any_u32(rng) & 0xfffff,
                       .payload_length = static_cast<std::uint16_t>(payload.size()),
                       .next_header = net::kUdp,
                       .hop_limit = net::Ttl(any_u8(rng)),
                       .source = any_v6(rng),
                       .destination = any_v6(rng)};
    std::array<std::byte, 128> buffer{};
    Writer out{buffer};
    encode_ipv6(h, out);
    out.bytes(payload);
    const auto bytes = test::exactly(out.written());
    const auto packet = decode_ipv6(bytes);
    REQUIRE(packet.has_value());
    CHECK(packet->header.traffic_class == h.traffic_class);
    CHECK(packet->header.flow_label == h.flow_label);
    CHECK(packet->header.payload_length == h.payload_length);
    CHECK(packet->header.hop_limit == h.hop_limit);
    CHECK(packet->header.source == h.source);
    CHECK(packet->header.destination == h.destination);
    CHECK(test::to_hex(packet->payload) == test::to_hex(payload));
  }
}

TEST_CASE("property: an echo request is read back with identifier, sequence and payload") {
  SeededRng rng{kSeed};
  for (int i = 0; i < kCases; ++i) {
    CAPTURE(i);
    const auto payload = test::random_bytes(rng, rng.below(120));
    const net::IcmpIdent ident(any_u16(rng));
    const net::IcmpSeq seq(any_u16(rng));
    const Ipv6Ends ends{.source = any_v6(rng), .destination = any_v6(rng)};
    std::array<std::byte, 128> buffer{};
    for (const bool v4 : {true, false}) {
      Writer out{buffer};
      v4 ? encode_icmpv4_echo_request(ident, seq, payload, out)
         : encode_icmpv6_echo_request(ident, seq, payload, out, &ends);
      const auto bytes = test::exactly(out.written());
      const auto m = v4 ? decode_icmpv4(bytes) : decode_icmpv6(bytes, &ends);
      REQUIRE(m.has_value());
      CHECK(m->message_class == IcmpClass::echo_request);
      CHECK(m->ident == ident);
      CHECK(m->seq == seq);
      CHECK(test::to_hex(m->body) == test::to_hex(payload));
    }
  }
}

TEST_CASE("property: one flipped bit anywhere in an echo request spoils its checksum") {
  SeededRng rng{kSeed};
  for (int i = 0; i < kCases; ++i) {
    CAPTURE(i);
    const auto payload = test::random_bytes(rng, rng.below(60));
    std::array<std::byte, 128> buffer{};
    Writer out{buffer};
    encode_icmpv4_echo_request(net::IcmpIdent(any_u16(rng)), net::IcmpSeq(any_u16(rng)), payload,
                               out);
    auto bytes = test::exactly(out.written());
    bytes[rng.below(bytes.size())] ^= std::byte{1} << rng.below(8);
    CHECK_FALSE(decode_icmpv4(bytes).has_value());
  }
}

TEST_CASE("property: extensions are read back as they were written") {
  SeededRng rng{kSeed};
  std::vector<std::byte> buffer(8192);
  for (int i = 0; i < kCases; ++i) {
    CAPTURE(i);
    const IcmpExtensions extensions = any_extensions(rng);
    Writer out{buffer};
    encode_extensions(extensions, out);
    REQUIRE_FALSE(out.failed());
    const auto back = decode_extensions(test::exactly(out.written()));
    REQUIRE(back.has_value());
    CHECK(*back == extensions);
  }
}

TEST_CASE("property: a capture is read back packet by packet") {
  SeededRng rng{kSeed};
  constexpr int kFiles = 200;
  constexpr std::uint64_t kEndOfTime = 4'294'967'296'000'000'000;  // 32 bits of seconds
  for (int i = 0; i < kFiles; ++i) {
    CAPTURE(i);
    PcapWriter out(LinkType::ethernet);
    std::vector<std::pair<WallTime, test::Packet>> packets(rng.below(10));
    for (auto& [at, bytes] : packets) {
      at = WallTime{Duration(rng.below(kEndOfTime))};
      bytes = test::random_bytes(rng, rng.below(100));
      out.add(at, bytes);
    }
    auto reader = PcapReader::open(out.file());
    REQUIRE(reader.has_value());
    for (const auto& [at, bytes] : packets) {
      const auto packet = reader->next();
      REQUIRE((packet.has_value() && packet->has_value()));
      CHECK((*packet)->at == at);
      CHECK(test::to_hex((*packet)->data) == test::to_hex(bytes));
    }
    CHECK_FALSE(reader->next()->has_value());
  }
}

}  // namespace sonde::wire
