// interpret.cpp: whole packets, as sockets hand them over, become observations or rejects.
#include "sonde/transport/interpret.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "sonde/wire/checksum.hpp"
#include "sonde/wire/icmp_extensions.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/ipv6.hpp"
#include "tests/support/interpreted.hpp"
#include "tests/support/packet_bytes.hpp"
#include "tests/unit/transport/matcher_harness.hpp"

namespace sonde::transport {
namespace {

using probe::ObservationKind;
using probe::Reject;
using sonde::test::interpreted;
using test::Harness;
using test::kIdent;
using test::kStart;
using Buffer = std::vector<std::byte>;

const net::Address kHost = net::Address::v4(0xc0000201);
const net::Address kUs = net::Address::v4(0xc0000209);
const net::Address kRouter = net::Address::v4(0xc0000205);
const net::Address kHost6 = *net::Address::parse("2001:db8::1");
const net::Address kRouter6 = *net::Address::parse("2001:db8::5");
constexpr ClockPair kNow{.steady = kStart + 10ms, .wall = WallTime{1'700'000'000s}};

void finish_checksum(Buffer& message) {
  Writer out(message);
  (void)out.reserve(message.size());
  out.patch_u16(2, 0);
  out.patch_u16(2, wire::internet_checksum(message));
}

// type, code, checksum, one word, body
Buffer icmp(wire::IcmpType type, std::uint32_t word, Bytes body) {
  Buffer out(wire::kIcmpHeader + body.size());
  Writer w(out);
  w.u8(type.type);
  w.u8(type.code);
  w.u16(0);
  w.u32(word);
  w.bytes(body);
  finish_checksum(out);
  return out;
}

Buffer echo(std::uint8_t type, std::uint16_t sequence, Bytes payload) {
  return icmp({.type = type, .code = 0}, std::uint32_t{kIdent.value} << 16 | sequence, payload);
}

Buffer ipv4(const net::Address& from, const net::Address& to, Bytes payload, Bytes options = {}) {
  Buffer out(wire::kIpv4MaxHeader + payload.size());
  Writer w(out);
  wire::Ipv4Header header;
  header.tos = net::Tos(0x10);
  header.ttl = net::Ttl(61);
  header.protocol = net::kIcmp;
  header.source = from;
  header.destination = to;
  header.options = options;
  header.total_length =
      static_cast<std::uint16_t>(wire::kIpv4MinHeader + options.size() + payload.size());
  wire::encode_ipv4(header, w);
  w.bytes(payload);
  out.resize(w.size());
  return out;
}

Buffer ipv6(const net::Address& from, const net::Address& to, Bytes payload) {
  Buffer out(wire::kIpv6Header + payload.size());
  Writer w(out);
  wire::Ipv6Header header;
  header.payload_length = static_cast<std::uint16_t>(payload.size());
  header.next_header = net::kIcmpV6;
  header.hop_limit = net::Ttl(1);
  header.traffic_class = net::Tos(8);
  header.source = from;
  header.destination = to;
  wire::encode_ipv6(header, w);
  w.bytes(payload);
  return out;
}

auto seen_raw(Harness& h, const Buffer& packet) {
  return interpreted(
      Packet{.data = packet, .layout = PacketLayout::ipv4, .source = {}, .stamp = kNow.wall - 2ms},
      h.matcher(), kNow);
}

}  // namespace

TEST_CASE("interpret: a raw IPv4 echo reply, header lengths 20 to 60") {
  for (std::size_t words = 0; words <= 10; ++words) {
    CAPTURE(words);
    Harness h;
    const auto payload = h.send(kHost, 7);
    const Buffer options(words * 4, std::byte{1});  // No Operation
    const auto seen = seen_raw(h, ipv4(kHost, kUs, echo(0, 7, payload), options));
    REQUIRE(seen);
    CHECK(seen->kind == ObservationKind::reply);
    CHECK(seen->probe.sequence == 7);
    CHECK(seen->responder == kHost);
    CHECK(seen->bytes == 64);
    CHECK(seen->ttl == net::Ttl(61));
    CHECK(seen->tos == net::Tos(0x10));
    CHECK(seen->at == kNow.steady - 2ms);
    CHECK(seen->stamp == probe::StampSource::kernel);
    CHECK(seen->verified);
    CHECK((seen->extras != nullptr) == (words > 0));
    if (seen->extras) {
      CHECK(seen->extras->header_options.bytes().size() == words * 4);
    }
  }
}

TEST_CASE("interpret: a wrong ICMP checksum on a raw IPv4 socket is refused") {
  Harness h;
  const auto payload = h.send(kHost, 7);
  Buffer message = echo(0, 7, payload);
  message[20] ^= std::byte{1};
  CHECK(seen_raw(h, ipv4(kHost, kUs, message)).error() == Reject::checksum);
}

TEST_CASE("interpret: whatever is cut off, a raw packet is refused, never misread") {
  Harness h;
  const auto payload = h.send(kHost, 7);
  const Buffer whole = ipv4(kHost, kUs, echo(0, 7, payload));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    const auto seen = seen_raw(h, cut);
    REQUIRE_FALSE(seen);
    CHECK((seen.error() == Reject::malformed || seen.error() == Reject::checksum));
  }
}

TEST_CASE("interpret: requests, time stamps and redirects are strangers") {
  Harness h;
  const auto payload = h.send(kHost, 7);
  CHECK(seen_raw(h, ipv4(kHost, kUs, echo(8, 7, payload))).error() == Reject::stranger);
  CHECK(seen_raw(h, ipv4(kHost, kUs, echo(14, 7, payload))).error() == Reject::stranger);
  const Buffer quote = ipv4(kUs, kHost, echo(8, 7, payload));
  for (const std::uint8_t type : {wire::icmpv4::kSourceQuench, wire::icmpv4::kRedirect}) {
    const Buffer error = icmp({.type = type, .code = 0}, 0, quote);
    CHECK(seen_raw(h, ipv4(kRouter, kUs, error)).error() == Reject::stranger);
  }
}

TEST_CASE("interpret: a raw IPv4 error tells responder, MTU and the quoted header") {
  Harness h;
  const auto payload = h.send(kHost, 7);
  const Buffer quote = ipv4(kUs, kHost, echo(8, 7, payload));
  const auto seen = seen_raw(h, ipv4(kRouter, kUs, icmp({.type = 3, .code = 4}, 1400, quote)));
  REQUIRE(seen);
  CHECK(seen->kind == ObservationKind::icmp_error);
  CHECK(seen->responder == kRouter);
  CHECK(seen->icmp == wire::IcmpType{.type = 3, .code = 4});
  CHECK(seen->status == probe::Status::packet_too_big);
  CHECK(seen->next_hop_mtu == net::Mtu(1400));
  REQUIRE(seen->quoted);
  CHECK(seen->quoted->ttl == net::Ttl(61));
  CHECK(seen->quoted->tos == net::Tos(0x10));
  CHECK(seen->ttl == net::Ttl(61));
  CHECK(seen->verified);
}

TEST_CASE("interpret: headers of every length, outside and in the quote") {
  for (std::size_t outer = 0; outer <= 10; ++outer) {
    for (std::size_t inner = 0; inner <= 10; ++inner) {
      Harness h;
      const auto payload = h.send(kHost, 7);
      const Buffer quote = ipv4(kUs, kHost, echo(8, 7, payload), Buffer(inner * 4, std::byte{1}));
      const auto seen = seen_raw(h, ipv4(kRouter, kUs, icmp({.type = 11, .code = 0}, 0, quote),
                                         Buffer(outer * 4, std::byte{1})));
      REQUIRE(seen);
      CHECK(seen->probe.sequence == 7);
      CHECK(seen->verified);
    }
  }
}

TEST_CASE("interpret: extensions come along") {
  Harness h;
  const auto payload = h.send(kHost, 7, 200);
  Buffer quote = ipv4(kUs, kHost, echo(8, 7, payload));
  quote.resize(128);
  Buffer structure(16);
  Writer w(structure);
  wire::ExtensionObject object;
  object.labels.push_back({.label = 16010, .bottom_of_stack = true, .ttl = net::Ttl(1)});
  wire::encode_extensions({.objects = {object}}, w);
  structure.resize(w.size());
  const Buffer body = sonde::test::joined(quote, structure);
  const std::uint32_t words = 128 / 4;
  for (const std::uint32_t word : {words << 16, 0U}) {  // RFC 4884, and routers from before it
    const auto seen = seen_raw(h, ipv4(kRouter, kUs, icmp({.type = 11, .code = 0}, word, body)));
    REQUIRE(seen);
    REQUIRE(seen->extras);
    REQUIRE(seen->extras->extensions.objects.size() == 1);
    CHECK(seen->extras->extensions.objects[0].labels.at(0).label == 16010);
  }
}

TEST_CASE(
    "interpret: a time exceeded in reassembly quotes a long fragment, and has no extensions") {
  Harness h;
  const auto payload = h.send(kHost, 7, 1400);
  Buffer quote = ipv4(kUs, kHost, echo(8, 7, payload));
  Writer(MutableBytes(quote).subspan(6)).u16(0x2000);  // more fragments
  // Data that could be a structure, but for its checksum: version 2, an MPLS label.
  std::ranges::copy(sonde::test::hex("2000 dead 0008 0101 03e8a101"), quote.begin() + 128);
  for (const std::size_t size :
       {quote.size(), std::size_t{548}, std::size_t{140}, std::size_t{132}, std::size_t{28}}) {
    CAPTURE(size);
    quote.resize(size);
    const auto seen = seen_raw(h, ipv4(kHost, kUs, icmp({.type = 11, .code = 1}, 0, quote)));
    REQUIRE(seen);
    CHECK(seen->probe.sequence == 7);
    CHECK(seen->status == probe::Status::ttl_expired_in_reassembly);
    CHECK_FALSE(seen->extras);
  }
}

TEST_CASE("interpret: IPv6 replies and errors") {
  Harness h;
  const auto payload = h.send(kHost6, 7);
  const Buffer reply = echo(129, 7, payload);
  auto seen =
      interpreted(Packet{.data = reply, .source = kHost6, .ttl = net::Ttl(60)}, h.matcher(), kNow);
  REQUIRE(seen);
  CHECK(seen->ttl == net::Ttl(60));
  CHECK(seen->stamp == probe::StampSource::user);
  CHECK(seen->at == kNow.steady);
  const Buffer quote = ipv6(kRouter6, kHost6, echo(128, 7, payload));
  const Buffer error = icmp({.type = 2, .code = 0}, 1280, quote);
  seen = interpreted(Packet{.data = error, .source = kRouter6}, h.matcher(), kNow);
  REQUIRE(seen);
  CHECK(seen->status == probe::Status::packet_too_big);
  CHECK(seen->next_hop_mtu == net::Mtu(1280));
  REQUIRE(seen->quoted);
  CHECK(seen->quoted->ttl == net::Ttl(1));
  CHECK(seen->responder == kRouter6);
}

TEST_CASE("interpret: an error that the kernel took apart") {
  Harness h;
  const auto payload = h.send(kHost, 7);
  const Buffer quoted = echo(8, 7, payload);
  QueuedIcmpError error{.icmp = {.type = 11, .code = 0},
                        .responder = kRouter,
                        .destination = kHost,
                        .quoted = quoted,
                        .ttl = net::Ttl(64),
                        .stamp = kNow.wall - 1ms};
  const auto seen = interpreted(error, h.matcher(), kNow);
  REQUIRE(seen);
  CHECK(seen->kind == ObservationKind::icmp_error);
  CHECK(seen->status == probe::Status::ttl_expired_in_transit);
  CHECK(seen->responder == kRouter);
  CHECK(seen->at == kNow.steady - 1ms);
  CHECK_FALSE(seen->quoted);
  error.quoted = Bytes(quoted).first(7);
  CHECK(interpreted(error, h.matcher(), kNow).error() == Reject::malformed);
  error.quoted = quoted;
  error.icmp = {.type = 5, .code = 1};
  CHECK(interpreted(error, h.matcher(), kNow).error() == Reject::stranger);
}

TEST_CASE("interpret: a stamp from before the probe was sent is not believed") {
  Harness h;
  const auto payload = h.send(kHost, 7);
  const Buffer packet = ipv4(kHost, kUs, echo(0, 7, payload));
  const auto seen = interpreted(
      Packet{.data = packet, .layout = PacketLayout::ipv4, .source = {}, .stamp = kNow.wall - 11ms},
      h.matcher(), kNow);
  REQUIRE(seen);
  CHECK(seen->at == kNow.steady);
  CHECK(seen->stamp == probe::StampSource::user);
}

TEST_CASE("interpret: mutated packets never crash and never become another probe") {
  Harness h;
  const auto payload = h.send(kHost, 7);
  const Buffer quote = ipv4(kUs, kHost, echo(8, 7, payload));
  const Buffer packets[] = {ipv4(kHost, kUs, echo(0, 7, payload)),
                            ipv4(kRouter, kUs, icmp({.type = 11, .code = 0}, 0, quote))};
  SeededRng rng(11);
  for (int round = 0; round < 20000; ++round) {
    Buffer packet = packets[rng.below(2)];
    for (std::uint64_t n = rng.below(4) + 1; n > 0; --n) {
      packet[rng.below(packet.size())] = static_cast<std::byte>(rng.next());
    }
    packet.resize(packet.size() - rng.below(packet.size()));
    if (const auto seen = seen_raw(h, sonde::test::exactly(packet))) {
      CHECK(seen->probe == probe::ProbeId{.target = 0, .sequence = 7});
    }
  }
}

}  // namespace sonde::transport
