#include "icmpapi/lane.hpp"

#include <doctest/doctest.h>
#include <icmpapi.h>
#include <iphlpapi.h>

#include <array>
#include <cerrno>
#include <string>

#include "icmpapi/messages.hpp"

namespace {

using namespace sonde;
using namespace sonde::icmpapi;

TEST_CASE("lane: what the system refused becomes the documented status") {
  const auto error = [](int os_code, probe::SendFailure failure = probe::SendFailure::other) {
    return error_of(probe::SendError{.failure = failure, .os_code = os_code}, {});
  };
  CHECK(error(EMSGSIZE) == IP_PACKET_TOO_BIG);
  CHECK(error(EHOSTUNREACH) == IP_DEST_HOST_UNREACHABLE);
  CHECK(error(ENETUNREACH) == IP_DEST_NET_UNREACHABLE);
  CHECK(error(EOPNOTSUPP) == ERROR_NOT_SUPPORTED);
  CHECK(error(EPERM) == IP_GENERAL_FAILURE);
  CHECK(error(EINVAL) == IP_GENERAL_FAILURE);
  CHECK(error(ENOBUFS, probe::SendFailure::no_buffer) == IP_NO_RESOURCES);
}

TEST_CASE("lane: an option that the socket does not take is a bad option") {
  probe::IpOptions ip;
  constexpr std::array kRecordRoute{std::byte{7}, std::byte{3}, std::byte{4}, std::byte{0}};
  ip.header_options = *probe::HeaderOptions::from(kRecordRoute);
  CHECK(error_of(probe::SendError{.os_code = EINVAL}, ip) == IP_BAD_OPTION);
}

TEST_CASE("lane: a status stands in the structure, a system error as a general failure") {
  CHECK(status_of_error(IP_PACKET_TOO_BIG) == probe::Status::packet_too_big);
  CHECK(status_of_error(ERROR_NOT_SUPPORTED) == probe::Status::general_failure);
}

TEST_CASE("lane: several hosts may answer a multicast and a broadcast") {
  const LaneKey ordinary{};
  const LaneKey broadcast{.broadcast = true};
  CHECK(!is_group(ordinary, net::Address::v4(0x7f000001)));
  CHECK(is_group(ordinary, net::Address::v4(0xe0000001)));
  CHECK(is_group(broadcast, net::Address::v4(0x7fffffff)));
}

TEST_CASE("messages: every status that a reply can have, and every error, has a sentence") {
  for (const DWORD status : {0,     11001, 11002, 11003, 11004, 11005, 11006, 11007, 11008,
                             11009, 11010, 11011, 11012, 11013, 11014, 11015, 11016, 11017,
                             11018, 11040, 11041, 11042, 11043, 11044, 11045, 11050}) {
    CHECK(message_of_status(status).ends_with('.'));
  }
  for (const DWORD error : {0, 2, 4, 5, 6, 8, 31, 50, 87, 122, 997, 998, 1214}) {
    CHECK(message_of_error(error).ends_with('.'));
  }
  CHECK(message_of_status(11099).empty());
}

TEST_CASE("messages: GetIpErrorString says how much room it needs, and needs no more") {
  std::wstring text(64, L'#');
  DWORD size = 0;
  CHECK(GetIpErrorString(IP_REQ_TIMED_OUT, text.data(), &size) == ERROR_INSUFFICIENT_BUFFER);
  REQUIRE(size > 0);
  const DWORD needed = size;
  CHECK(GetIpErrorString(IP_REQ_TIMED_OUT, nullptr, &size) == ERROR_INSUFFICIENT_BUFFER);
  size = needed;
  CHECK(GetIpErrorString(IP_REQ_TIMED_OUT, text.data(), &size) == NO_ERROR);
  CHECK(text[needed] == L'\0');
  CHECK(text[needed + 1] == L'#');
  --size;
  CHECK(GetIpErrorString(IP_REQ_TIMED_OUT, text.data(), &size) == ERROR_INSUFFICIENT_BUFFER);
}

}  // namespace
