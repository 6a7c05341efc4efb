// bpf_linux.cpp: the raw sockets' filters, run by an interpreter of classic BPF over packets.
#include <doctest/doctest.h>

#include <array>

#include "sonde/base/random.hpp"
#include "sonde/transport/linux/bpf.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/ipv6.hpp"
#include "tests/support/packet_bytes.hpp"
#include "tests/unit/transport/bpf_machine_linux.hpp"

namespace sonde::transport {
namespace {

using Buffer = std::vector<std::byte>;
constexpr net::IcmpIdent kIdent{0xbeef};

using test::BpfMachine;

bool passes(net::Family family, const Buffer& packet) {
  return BpfMachine(packet).accepts(echo_filter(family, kIdent));
}

Buffer icmp(std::uint8_t type, net::IcmpIdent ident, const Buffer& body = Buffer(8)) {
  Buffer out(8 + body.size());
  Writer w(out);
  w.u8(type);
  w.u8(0);
  w.u16(0);
  w.u16(ident.value);
  w.u16(1);
  w.bytes(body);
  return out;
}

struct V4 {
  std::size_t option_words = 0;
  net::IpProtocol protocol = net::kIcmp;
  std::uint16_t fragment_offset = 0;
};

Buffer ipv4(const Buffer& payload, const V4& how = {}) {
  Buffer out(60 + payload.size());
  const Buffer options(how.option_words * 4, std::byte{1});
  Writer w(out);
  wire::Ipv4Header header;
  header.protocol = how.protocol;
  header.fragment_offset = how.fragment_offset;
  header.options = options;
  wire::encode_ipv4(header, w);
  w.bytes(payload);
  out.resize(w.size());
  return out;
}

Buffer ipv6(std::uint8_t next, const Buffer& payload) {
  Buffer out(40 + payload.size());
  Writer w(out);
  wire::Ipv6Header header;
  header.next_header = net::IpProtocol(next);
  header.source = header.destination = *net::Address::parse("::1");
  wire::encode_ipv6(header, w);
  w.bytes(payload);
  return out;
}

constexpr net::IcmpIdent kOther{0xbeee};
constexpr auto kV4 = net::Family::v4;
constexpr auto kV6 = net::Family::v6;

}  // namespace

TEST_CASE("bpf: IPv4 echo replies with our identifier pass, header lengths 20 to 60") {
  for (std::size_t words = 0; words <= 10; ++words) {
    CHECK(passes(kV4, ipv4(icmp(0, kIdent), {.option_words = words})));
    CHECK_FALSE(passes(kV4, ipv4(icmp(0, kOther), {.option_words = words})));
  }
}

TEST_CASE("bpf: of the IPv4 types only echo replies and errors pass") {
  const Buffer quote = ipv4(icmp(8, kIdent));
  for (unsigned type = 0; type < 256; ++type) {
    CAPTURE(type);
    const bool wanted = type == 0 || type == 3 || type == 11 || type == 12;
    CHECK(passes(kV4, ipv4(icmp(static_cast<std::uint8_t>(type), kIdent, quote))) == wanted);
  }
}

TEST_CASE(
    "bpf: IPv4 errors pass when they quote our echo request, whatever both headers' lengths") {
  for (std::size_t outer = 0; outer <= 10; ++outer) {
    for (std::size_t inner = 0; inner <= 10; ++inner) {
      const V4 out{.option_words = outer};
      const auto error = [&](const Buffer& quote) { return ipv4(icmp(11, kOther, quote), out); };
      CHECK(passes(kV4, error(ipv4(icmp(8, kIdent), {.option_words = inner}))));
      CHECK_FALSE(passes(kV4, error(ipv4(icmp(8, kOther), {.option_words = inner}))));
      CHECK_FALSE(passes(kV4, error(ipv4(icmp(0, kIdent), {.option_words = inner}))));
      CHECK_FALSE(passes(
          kV4, error(ipv4(icmp(8, kIdent), {.option_words = inner, .protocol = net::kUdp}))));
      CHECK_FALSE(
          passes(kV4, error(ipv4(icmp(8, kIdent), {.option_words = inner, .fragment_offset = 1}))));
    }
  }
}

TEST_CASE("bpf: IPv6 echo replies with our identifier pass") {
  CHECK(passes(kV6, icmp(129, kIdent)));
  CHECK_FALSE(passes(kV6, icmp(129, kOther)));
}

TEST_CASE("bpf: of the IPv6 types only echo replies and errors pass") {
  const Buffer quote = ipv6(58, icmp(128, kIdent));
  for (unsigned type = 0; type < 256; ++type) {
    CAPTURE(type);
    const bool wanted = type == 129 || (type >= 1 && type <= 4);
    CHECK(passes(kV6, icmp(static_cast<std::uint8_t>(type), kIdent, quote)) == wanted);
  }
}

TEST_CASE("bpf: IPv6 errors pass when they quote our echo request, in a first fragment as well") {
  const auto error = [](const Buffer& quote) { return icmp(1, kOther, quote); };
  CHECK(passes(kV6, error(ipv6(58, icmp(128, kIdent)))));
  CHECK_FALSE(passes(kV6, error(ipv6(58, icmp(128, kOther)))));
  CHECK_FALSE(passes(kV6, error(ipv6(58, icmp(129, kIdent)))));
  CHECK_FALSE(passes(kV6, error(ipv6(17, icmp(128, kIdent)))));
  const auto fragment = [](std::uint8_t next, std::uint16_t offset, const Buffer& payload) {
    Buffer header(8);
    Writer w(header);
    w.u8(next);
    w.u8(0);
    w.u16(static_cast<std::uint16_t>(offset << 3 | 1));
    return ipv6(44, sonde::test::joined(header, payload));
  };
  CHECK(passes(kV6, error(fragment(58, 0, icmp(128, kIdent)))));
  CHECK_FALSE(passes(kV6, error(fragment(58, 1, icmp(128, kIdent)))));
  CHECK_FALSE(passes(kV6, error(fragment(17, 0, icmp(128, kIdent)))));
  CHECK_FALSE(passes(kV6, error(fragment(58, 0, icmp(128, kOther)))));
  for (const auto other : std::array<std::uint8_t, 3>{0, 43, 60}) {
    CHECK(passes(kV6, error(ipv6(other, icmp(128, kIdent)))));  // left to the decoder
  }
}

TEST_CASE("bpf: packets cut anywhere end in a verdict") {
  const Buffer whole4 = ipv4(icmp(11, kOther, ipv4(icmp(8, kIdent))));
  const Buffer whole6 = icmp(1, kOther, ipv6(58, icmp(128, kIdent)));
  for (std::size_t size = 0; size < whole4.size(); ++size) {
    (void)passes(kV4, Buffer(whole4.begin(), whole4.begin() + static_cast<std::ptrdiff_t>(size)));
  }
  for (std::size_t size = 0; size < whole6.size(); ++size) {
    (void)passes(kV6, Buffer(whole6.begin(), whole6.begin() + static_cast<std::ptrdiff_t>(size)));
  }
  SeededRng rng(5);
  for (int round = 0; round < 20000; ++round) {
    const Buffer noise = sonde::test::random_bytes(rng, rng.below(120));
    (void)passes(kV4, noise);
    (void)passes(kV6, noise);
  }
}

TEST_CASE("bpf: the first filter lets nothing in") {
  CHECK_FALSE(BpfMachine(ipv4(icmp(0, kIdent))).accepts(reject_all_filter()));
}

}  // namespace sonde::transport
