#include "icmpapi/reply_buffer.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <icmpapi.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace {

using namespace sonde;
using namespace sonde::icmpapi;

std::vector<std::byte> bytes(std::size_t size, int value) {
  return std::vector<std::byte>(size, static_cast<std::byte>(value));
}

Answer answer(std::size_t payload, std::size_t options = 0, int value = 7) {
  const auto header = bytes(options, 0x44);
  auto extras = probe::ObservationExtras{.extensions = {},
                                         .header_options = *probe::HeaderOptions::from(header),
                                         .payload = bytes(payload, value)};
  return {.responder = net::Address::v4(0x7f000001),
          .rtt = 2500us,
          .ttl = net::Ttl(63),
          .tos = net::Tos(4),
          .extras = std::make_shared<const probe::ObservationExtras>(std::move(extras))};
}

// A buffer with canaries behind it.
struct Buffer {
  explicit Buffer(std::size_t of_size) : memory(of_size + 64, std::byte{0xee}), size(of_size) {}
  std::vector<std::byte> memory;
  std::size_t size;

  ReplyBuffer::Written write(std::span<const Answer> answers, bool leave_count = false,
                             probe::Status none = probe::Status::request_timed_out) {
    return ReplyBuffer(memory.data(), size, net::Family::v4).write(answers, none, leave_count);
  }
  [[nodiscard]] ICMP_ECHO_REPLY reply(std::size_t index) const {
    ICMP_ECHO_REPLY out;
    std::memcpy(&out, memory.data() + index * sizeof out, sizeof out);
    return out;
  }
  [[nodiscard]] std::ptrdiff_t at(const void* pointer) const {
    return static_cast<const std::byte*>(pointer) - memory.data();
  }
  [[nodiscard]] bool canaries() const {
    return std::all_of(memory.begin() + static_cast<std::ptrdiff_t>(size), memory.end(),
                       [](std::byte byte) { return byte == std::byte{0xee}; });
  }
};

constexpr std::ptrdiff_t kStruct = sizeof(ICMP_ECHO_REPLY);

TEST_CASE("reply buffer: one answer stands as documented") {
  Buffer buffer(kStruct + 32 + 8);
  const std::array answers{answer(32)};
  const auto written = buffer.write(answers);
  CHECK(written.count == 1);
  CHECK(written.bytes == kStruct + 32);
  const auto reply = buffer.reply(0);
  CHECK(reply.Address == htonl(0x7f000001));
  CHECK(reply.Status == IP_SUCCESS);
  CHECK(reply.RoundTripTime == 2);
  CHECK(reply.DataSize == 32);
  CHECK(reply.Reserved == 0);
  CHECK(buffer.at(reply.Data) == kStruct);
  CHECK(reply.Options.Ttl == 63);
  CHECK(reply.Options.Tos == 4);
  CHECK(reply.Options.OptionsData == nullptr);
  CHECK(buffer.memory[kStruct] == std::byte{7});
}

TEST_CASE("reply buffer: options stand padded between structure and payload") {
  Buffer buffer(kStruct + 8 + 16);
  const std::array answers{answer(16, 7)};
  CHECK(buffer.write(answers).bytes == kStruct + 8 + 16);
  const auto reply = buffer.reply(0);
  CHECK(reply.Options.OptionsSize == 7);
  CHECK(buffer.at(reply.Options.OptionsData) == kStruct);
  CHECK(buffer.at(reply.Data) == kStruct + 8);
  CHECK(buffer.canaries());
}

TEST_CASE("reply buffer: without room the options go first, then the payload is cut") {
  Buffer tight(kStruct + 16);
  const std::array answers{answer(16, 7)};
  (void)tight.write(answers);
  CHECK(tight.reply(0).Options.OptionsSize == 0);
  CHECK(tight.reply(0).DataSize == 16);
  Buffer bare(kStruct + 3);
  (void)bare.write(answers);
  CHECK(bare.reply(0).DataSize == 3);
  CHECK(bare.canaries());
}

TEST_CASE("reply buffer: several answers, as many as fit whole, with the count for parsing") {
  const std::array answers{answer(10, 0, 1), answer(10, 4, 2), answer(10, 0, 3)};
  Buffer two(3 * kStruct + 30);
  const auto written = two.write(answers, true);
  CHECK(written.count == 2);
  CHECK(two.reply(0).Reserved == 2);
  CHECK(two.reply(1).Reserved == 0);
  CHECK(two.at(two.reply(0).Data) == 2 * kStruct);
  CHECK(two.at(two.reply(1).Options.OptionsData) == 2 * kStruct + 10);
  CHECK(two.at(two.reply(1).Data) == 2 * kStruct + 14);
  CHECK(two.memory[2 * kStruct + 14] == std::byte{2});
  CHECK(two.canaries());
  CHECK(IcmpParseReplies(two.memory.data(), static_cast<DWORD>(two.size)) == 2);
  CHECK(IcmpParseReplies(two.memory.data(), static_cast<DWORD>(two.size)) == 0);
}

TEST_CASE("reply buffer: has_room_for() says whether one more like the last would fit") {
  const std::array one{answer(10)};
  CHECK(ReplyBuffer(nullptr, 2 * kStruct + 20, net::Family::v4).has_room_for(one));
  CHECK(!ReplyBuffer(nullptr, 2 * kStruct + 19, net::Family::v4).has_room_for(one));
}

TEST_CASE("reply buffer: no answer leaves the status, which parsing makes the last error") {
  Buffer buffer(kStruct);
  const auto written = buffer.write({}, true);
  CHECK(written.count == 0);
  CHECK(written.error == IP_REQ_TIMED_OUT);
  CHECK(buffer.canaries());
  CHECK(IcmpParseReplies(buffer.memory.data(), kStruct) == 0);
  CHECK(GetLastError() == IP_REQ_TIMED_OUT);
}

TEST_CASE("reply buffer: an ICMP error is an answer without data, also in a tight buffer") {
  Answer error = answer(0);
  error.status = probe::Status::ttl_expired_in_transit;
  Buffer buffer(kStruct);
  const auto written = buffer.write({&error, 1}, true);
  CHECK(written.count == 1);
  CHECK(buffer.reply(0).Status == IP_TTL_EXPIRED_TRANSIT);
  CHECK(buffer.reply(0).DataSize == 0);
  CHECK(buffer.canaries());
}

TEST_CASE("reply buffer: IPv6 counts answers and expired hop limits, not other errors") {
  std::vector<std::byte> memory(sizeof(ICMPV6_ECHO_REPLY) + 4, std::byte{0xee});
  const ReplyBuffer buffer(memory.data(), memory.size(), net::Family::v6);
  Answer one = answer(9);
  one.responder = *net::Address::parse("fe80::1%3");
  const auto good = buffer.write({&one, 1}, probe::Status::success, true);
  CHECK(good.count == 1);
  CHECK(good.bytes == memory.size());  // cut
  ICMPV6_ECHO_REPLY reply;
  std::memcpy(&reply, memory.data(), sizeof reply);
  CHECK(reply.Address.sin6_scope_id == 3);
  CHECK(reply.Address.sin6_addr[0] == htons(0xfe80));
  one.status = probe::Status::ttl_expired_in_transit;
  CHECK(buffer.write({&one, 1}, one.status, true).count == 1);
  CHECK(Icmp6ParseReplies(memory.data(), static_cast<DWORD>(memory.size())) == 1);
  one.status = probe::Status::destination_net_unreachable;
  const auto bad = buffer.write({&one, 1}, one.status, true);
  CHECK(bad.count == 0);
  CHECK(bad.error == IP_DEST_NO_ROUTE);
}

TEST_CASE("replies: as 32-bit structures in place, with offsets for pointers") {
  Buffer buffer(2 * kStruct + 40);
  const std::array answers{answer(10, 4, 1), answer(10, 0, 2)};
  REQUIRE(buffer.write(answers).count == 2);
  REQUIRE(SondeRepliesTo32(buffer.memory.data(), static_cast<DWORD>(buffer.size), 2) == 2);
  std::array<ICMP_ECHO_REPLY32, 2> replies{};
  std::memcpy(replies.data(), buffer.memory.data(), sizeof replies);
  CHECK(replies[0].Options.OptionsData == 2 * kStruct);
  CHECK(replies[0].Data == 2 * kStruct + 4);
  CHECK(replies[1].Options.OptionsData == 0);
  CHECK(replies[1].Data == 2 * kStruct + 14);
  CHECK(replies[1].DataSize == 10);
  CHECK(buffer.memory[replies[1].Data] == std::byte{2});
  CHECK(SondeRepliesTo32(buffer.memory.data(), kStruct, 2) == 0);
  CHECK(GetLastError() == ERROR_INVALID_PARAMETER);
}

}  // namespace
