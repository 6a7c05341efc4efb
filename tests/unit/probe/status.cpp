// status.cpp: IP_STATUS and the names of ICMP types and codes.
#include "sonde/probe/status.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace sonde::probe {
namespace {

using net::Family;

}  // namespace

TEST_CASE("status: the numbers are those of ipexport.h") {
  CHECK(static_cast<int>(Status::success) == 0);
  CHECK(static_cast<int>(Status::destination_net_unreachable) == 11002);
  CHECK(static_cast<int>(Status::packet_too_big) == 11009);
  CHECK(static_cast<int>(Status::request_timed_out) == 11010);
  CHECK(static_cast<int>(Status::ttl_expired_in_transit) == 11013);
  CHECK(static_cast<int>(Status::general_failure) == 11050);
  CHECK(static_cast<int>(Status::pending) == 11255);
}

TEST_CASE("status: ICMPv4 types and codes") {
  CHECK(status_of(Family::v4, {0, 0}) == Status::success);
  CHECK(status_of(Family::v4, {3, 0}) == Status::destination_net_unreachable);
  CHECK(status_of(Family::v4, {3, 1}) == Status::destination_host_unreachable);
  CHECK(status_of(Family::v4, {3, 2}) == Status::destination_protocol_unreachable);
  CHECK(status_of(Family::v4, {3, 3}) == Status::destination_port_unreachable);
  CHECK(status_of(Family::v4, {3, 4}) == Status::packet_too_big);
  CHECK(status_of(Family::v4, {3, 5}) == Status::bad_route);
  CHECK(status_of(Family::v4, {4, 0}) == Status::source_quench);
  CHECK(status_of(Family::v4, {11, 0}) == Status::ttl_expired_in_transit);
  CHECK(status_of(Family::v4, {11, 1}) == Status::ttl_expired_in_reassembly);
  CHECK(status_of(Family::v4, {12, 0}) == Status::parameter_problem);
}

TEST_CASE("status: ICMPv6 types and codes") {
  CHECK(status_of(Family::v6, {129, 0}) == Status::success);
  CHECK(status_of(Family::v6, {1, 0}) == Status::destination_net_unreachable);
  CHECK(status_of(Family::v6, {1, 1}) == Status::destination_protocol_unreachable);
  CHECK(status_of(Family::v6, {1, 2}) == Status::destination_scope_mismatch);
  CHECK(status_of(Family::v6, {1, 3}) == Status::destination_host_unreachable);
  CHECK(status_of(Family::v6, {1, 4}) == Status::destination_port_unreachable);
  CHECK(status_of(Family::v6, {2, 0}) == Status::packet_too_big);
  CHECK(status_of(Family::v6, {3, 0}) == Status::ttl_expired_in_transit);
  CHECK(status_of(Family::v6, {4, 1}) == Status::unrecognized_next_header);
}

TEST_CASE("status: every type and code has some status, and an error is never a success") {
  for (int type = 0; type < 256; ++type) {
    for (int code = 0; code < 256; ++code) {
      const wire::IcmpType icmp{static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(code)};
      REQUIRE((status_of(Family::v4, icmp) == Status::success) == (type == 0));
      REQUIRE((status_of(Family::v6, icmp) == Status::success) == (type == 129));
    }
  }
}

TEST_CASE("status: names are lower case with dashes, and no two codes of a family share one") {
  for (const Family family : {Family::v4, Family::v6}) {
    std::set<std::string> seen;
    for (int type = 0; type < 128; ++type) {
      for (int code = 0; code < 20; ++code) {
        const wire::IcmpType icmp{static_cast<std::uint8_t>(type), static_cast<std::uint8_t>(code)};
        const std::string name(icmp_name(family, icmp));
        if (name.empty() || name == "echo-reply" || name == "packet-too-big") {
          continue;
        }
        CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos);
        CHECK_MESSAGE(seen.insert(name).second, name);
      }
    }
    CHECK(seen.size() >= 12);
  }
}

TEST_CASE("status: unknown codes have no name of their own") {
  CHECK(icmp_name(Family::v4, {3, 99}).empty());
  CHECK(icmp_name(Family::v4, {200, 0}).empty());
  CHECK(icmp_name(Family::v6, {100, 1}).empty());
}

}  // namespace sonde::probe
