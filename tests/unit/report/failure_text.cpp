#include "sonde/report/failure_text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>

namespace sonde::report {
namespace {

std::string text(const char* from, int type, int code, std::optional<net::Mtu> mtu = std::nullopt) {
  probe::Observation seen;
  seen.kind = probe::ObservationKind::icmp_error;
  seen.responder = net::Address::parse(from).value();
  seen.icmp.type = static_cast<std::uint8_t>(type);
  seen.icmp.code = static_cast<std::uint8_t>(code);
  seen.next_hop_mtu = mtu;
  return icmp_error_text(seen);
}
std::string v4(int type, int code) { return text("10.9.1.2", type, code); }
std::string v6(int type, int code) { return text("fd00:1::2", type, code); }

TEST_CASE("failure text: ICMP errors in ping's words") {
  CHECK(v4(11, 0) == "Time to live exceeded");
  CHECK(v4(11, 1) == "Frag reassembly time exceeded");
  CHECK(v4(3, 0) == "Destination Net Unreachable");
  CHECK(v4(3, 1) == "Destination Host Unreachable");
  CHECK(v4(3, 2) == "Destination Protocol Unreachable");
  CHECK(v4(3, 3) == "Destination Port Unreachable");
  CHECK(text("10.9.1.2", 3, 4, net::Mtu(1400)) == "Frag needed and DF set (mtu = 1400)");
  CHECK(v4(3, 4) == "Frag needed and DF set");  // a router that names none
  CHECK(v4(3, 9) == "Destination Net Prohibited");
  CHECK(v4(3, 10) == "Destination Host Prohibited");
  CHECK(v4(3, 13) == "Packet filtered");
  CHECK(v4(3, 99) == "Dest Unreachable, Bad Code: 99");
  CHECK(v4(4, 0) == "Source Quench");
  CHECK(v4(5, 1) == "Redirect Host");
  CHECK(v4(12, 0) == "Parameter problem");
  CHECK(v4(200, 0) == "Bad ICMP type: 200");
}

TEST_CASE("failure text: ICMPv6 errors in ping's words") {
  CHECK(v6(1, 0) == "Destination unreachable: No route");
  CHECK(v6(1, 1) == "Destination unreachable: Administratively prohibited");
  CHECK(v6(1, 2) == "Destination unreachable: Beyond scope of source address");
  CHECK(v6(1, 3) == "Destination unreachable: Address unreachable");
  CHECK(v6(1, 4) == "Destination unreachable: Port unreachable");
  CHECK(v6(1, 9) == "Destination unreachable: Unknown code 9");
  CHECK(text("fd00:1::2", 2, 0, net::Mtu(1300)) == "Packet too big: mtu=1300");
  CHECK(v6(2, 0) == "Packet too big");
  CHECK(v6(3, 0) == "Time exceeded: Hop limit");
  CHECK(v6(3, 1) == "Time exceeded: Defragmentation failure");
  CHECK(v6(4, 1) == "Parameter problem: Unknown header");
  CHECK(v6(200, 0) == "unknown icmp type: 200");
}

TEST_CASE("failure text: every type and code has words of one printable line") {
  for (const auto& words : {v4, v6}) {
    for (int type = 0; type < 256; ++type) {
      for (int code = 0; code < 256; ++code) {
        const std::string told = words(type, code);
        REQUIRE_FALSE(told.empty());
        REQUIRE(told.size() <= 80);
        REQUIRE(std::ranges::all_of(told, [](char c) { return c >= ' ' && c <= '~'; }));
      }
    }
  }
}

TEST_CASE("failure text: a bad argument that is a blackhole route is no bad argument") {
  const int code = static_cast<int>(std::errc::invalid_argument);
  CHECK(send_error_text({.failure = probe::SendFailure::unreachable, .os_code = code}) ==
        "No usable route");
  CHECK(send_error_text({.failure = probe::SendFailure::other, .os_code = code}) !=
        "No usable route");
}

TEST_CASE("failure text: a send error in the system's words, or ours without a code") {
  CHECK(send_error_text({.failure = probe::SendFailure::unreachable, .os_code = ENETUNREACH}) ==
        "Network is unreachable");
  CHECK(send_error_text({.failure = probe::SendFailure::prohibited, .os_code = EPERM}) ==
        "Operation not permitted");
  CHECK(send_error_text({.failure = probe::SendFailure::no_buffer}) == "No buffer space available");
  CHECK(send_error_text({.failure = probe::SendFailure::other, .os_code = 11050}) ==
        "general failure (error 11050)");
  CHECK(send_error_text({.failure = probe::SendFailure::unreachable, .os_code = 11003}) ==
        "the host is unreachable (error 11003)");
}

TEST_CASE("failure text: corruption, also behind the end of what was sent") {
  CHECK(corruption_text({.offset = 17, .expected = 0x10, .actual = 0x11}) ==
        "corrupt at byte 17: 0x11 instead of 0x10");
  CHECK(corruption_text({.offset = 56, .expected = std::nullopt, .actual = 0x58}) ==
        "corrupt at byte 56: 0x58 behind all that was sent");
}

}  // namespace
}  // namespace sonde::report
