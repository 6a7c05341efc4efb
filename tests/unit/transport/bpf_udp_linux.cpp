// bpf_udp_linux.cpp: the filter of the raw ICMP socket that listens beside a UDP socket.
#include <doctest/doctest.h>

#include <vector>

#include "sonde/transport/linux/bpf_errors.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/ipv6.hpp"
#include "tests/unit/transport/bpf_machine_linux.hpp"

namespace sonde::transport {
namespace {

using Buffer = std::vector<std::byte>;
constexpr net::Port kOurs{50'000};
constexpr net::Port kOther{50'001};

bool passes(net::Family family, const Buffer& packet) {
  return test::BpfMachine(packet).accepts(udp_error_filter(family, kOurs));
}

Buffer udp(net::Port source) {
  Buffer out(8);
  Writer w{out};
  w.u16(source.value);
  w.u16(33434);
  return out;
}

Buffer error(std::uint8_t type, const Buffer& quote) {
  Buffer out(8 + quote.size());
  Writer w{out};
  w.u8(type);
  w.fill(7, std::byte{0});
  w.bytes(quote);
  return out;
}

struct Header {
  net::IpProtocol protocol = net::kUdp;
  std::size_t option_words = 0;
  std::uint16_t fragment_offset = 0;
};

Buffer ipv4(const Buffer& payload, const Header& how) {
  Buffer out(60 + payload.size());
  const Buffer options(how.option_words * 4, std::byte{1});
  Writer w{out};
  wire::Ipv4Header header;
  header.protocol = how.protocol;
  header.fragment_offset = how.fragment_offset;
  header.options = options;
  wire::encode_ipv4(header, w);
  w.bytes(payload);
  out.resize(w.size());
  return out;
}

Buffer ipv6(const Buffer& payload, net::IpProtocol next = net::kUdp) {
  Buffer out(40 + payload.size());
  Writer w{out};
  wire::Ipv6Header header;
  header.next_header = next;
  header.source = header.destination = *net::Address::parse("::1");
  wire::encode_ipv6(header, w);
  w.bytes(payload);
  return out;
}

}  // namespace

TEST_CASE("bpf UDP: of the IPv4 types only errors pass, and only those about our port") {
  for (unsigned type = 0; type < 256; ++type) {
    CAPTURE(type);
    const bool wanted = type == 3 || type == 11 || type == 12;
    const auto packet = [&](net::Port port) {
      const Buffer message = error(static_cast<std::uint8_t>(type), ipv4(udp(port), {}));
      return ipv4(message, {.protocol = net::kIcmp});
    };
    CHECK(passes(net::Family::v4, packet(kOurs)) == wanted);
    CHECK_FALSE(passes(net::Family::v4, packet(kOther)));
  }
}

TEST_CASE("bpf UDP: IPv4 headers of any length, and no later fragments or other protocols") {
  for (std::size_t outer = 0; outer <= 10; ++outer) {
    for (std::size_t inner = 0; inner <= 10; ++inner) {
      const auto packet = [&](const Header& quoted) {
        return ipv4(error(11, ipv4(udp(kOurs), quoted)),
                    {.protocol = net::kIcmp, .option_words = outer});
      };
      CHECK(passes(net::Family::v4, packet({.option_words = inner})));
      CHECK_FALSE(passes(net::Family::v4, packet({.protocol = net::kTcp, .option_words = inner})));
      CHECK_FALSE(passes(net::Family::v4, packet({.option_words = inner, .fragment_offset = 1})));
    }
  }
}

TEST_CASE("bpf UDP: of the IPv6 types only errors pass, and only those about our port") {
  for (unsigned type = 0; type < 256; ++type) {
    CAPTURE(type);
    const auto of = static_cast<std::uint8_t>(type);
    CHECK(passes(net::Family::v6, error(of, ipv6(udp(kOurs)))) == (type >= 1 && type <= 4));
    CHECK_FALSE(passes(net::Family::v6, error(of, ipv6(udp(kOther)))));
    CHECK_FALSE(passes(net::Family::v6, error(of, ipv6(udp(kOurs), net::kTcp))));
  }
}

TEST_CASE("bpf UDP: a packet cut anywhere before the quoted port is rejected") {
  const Buffer v4 = ipv4(error(11, ipv4(udp(kOurs), {})), {.protocol = net::kIcmp});
  for (std::size_t size = 0; size < 20 + 8 + 20 + 2; ++size) {
    CHECK_FALSE(passes(net::Family::v4, Buffer(v4.begin(), v4.begin() + static_cast<long>(size))));
  }
  const Buffer v6 = error(3, ipv6(udp(kOurs)));
  for (std::size_t size = 0; size < 8 + 40 + 2; ++size) {
    CHECK_FALSE(passes(net::Family::v6, Buffer(v6.begin(), v6.begin() + static_cast<long>(size))));
  }
}

}  // namespace sonde::transport
