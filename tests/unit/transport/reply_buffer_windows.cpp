// Reply buffers as the system writes them, and as it should not.
#include <doctest/doctest.h>

#include "sonde/transport/windows/reply_buffer.hpp"
#include "tests/unit/transport/fake_icmp_api_windows.hpp"

namespace sonde::transport {
namespace {

using probe::Status;

TEST_CASE("reply buffer: every status from the network has an ICMP type that means it again") {
  int found = 0;
  for (const net::Family family : {net::Family::v4, net::Family::v6}) {
    for (std::uint32_t number = 11001; number <= 11050; ++number) {
      const auto status = static_cast<Status>(number);
      const auto icmp = icmp_type_of(family, status);
      if (!icmp || status == Status::time_exceeded ||
          (family == net::Family::v6 && status == Status::parameter_problem)) {
        continue;
      }
      CAPTURE(number);
      CHECK(probe::status_of(family, *icmp) == status);
      ++found;
    }
  }
  CHECK(found == 22);
  CHECK_FALSE(came_from_network(net::Family::v4, Status::general_failure));
  CHECK_FALSE(came_from_network(net::Family::v4, Status::request_timed_out));
}

TEST_CASE("reply buffer: an untouched one is told from an answer") {
  for (const net::Family family : {net::Family::v4, net::Family::v6}) {
    std::vector<std::byte> buffer(reply_room(family, 0));
    prepare_reply(family, buffer);
    CHECK(raw_status(family, buffer) == kUntouched);
  }
}

TEST_CASE("reply buffer: pointers that lead out of it are not followed") {
  std::vector<std::byte> buffer(reply_room(net::Family::v4, 56));
  std::vector<std::byte> elsewhere(64);
  write_v4_reply(buffer, {.payload = std::vector<std::byte>(56)});
  REQUIRE(read_v4(buffer, 1).size() == 1);
  CHECK(read_v4(buffer, 1)[0].payload.size() == 56);
  const void* const outside = elsewhere.data();
  std::memcpy(buffer.data() + offsetof(ICMP_ECHO_REPLY, Data), &outside, sizeof outside);
  CHECK(read_v4(buffer, 1)[0].payload.empty());
  const void* const last = buffer.data() + buffer.size() - 3;
  std::memcpy(buffer.data() + offsetof(ICMP_ECHO_REPLY, Data), &last, sizeof last);
  CHECK(read_v4(buffer, 1)[0].payload.size() == 3);
}

TEST_CASE("reply buffer: no more structures are read than it has room for") {
  std::vector<std::byte> buffer(2 * sizeof(ICMP_ECHO_REPLY));
  CHECK(read_v4(buffer, 1000).size() == 2);
  CHECK(read_v4({}, 3).empty());
}

TEST_CASE("reply buffer: an IPv6 reply shorter than its head has no payload") {
  const std::vector<std::byte> buffer(30);
  const EchoAnswer answer = read_v6(buffer, 56);
  CHECK(answer.payload.empty());
  CHECK(answer.responder.is_unspecified());
}

}  // namespace
}  // namespace sonde::transport
