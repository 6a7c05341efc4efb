// cmsg_posix.cpp: control messages survive any alignment and any length.
#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/transport/posix/cmsg.hpp"
#include "tests/support/packet_bytes.hpp"

namespace sonde::transport {

TEST_CASE("cmsg: what is written is read back, in order") {
  std::array<std::byte, 128> buffer{};
  ControlWriter writer{MutableBytes(buffer)};
  CHECK(writer.add(1, 2, 3));
  const std::array<std::byte, 5> odd{std::byte{9}, std::byte{8}, std::byte{7}};
  CHECK(writer.add(4, 5, odd));
  CHECK(writer.add(6, 7, -8));
  CHECK(writer.size() == 2 * CMSG_SPACE(sizeof(int)) + CMSG_SPACE(odd.size()));
  ControlReader reader(Bytes(buffer).first(writer.size()));
  const auto first = reader.next();
  REQUIRE(first);
  CHECK(first->level == 1);
  CHECK(first->type == 2);
  CHECK(value<int>(first->data) == 3);
  const auto second = reader.next();
  REQUIRE(second);
  CHECK(second->data.size() == odd.size());
  CHECK(second->data[1] == std::byte{8});
  const auto third = reader.next();
  REQUIRE(third);
  CHECK(value<int>(third->data) == -8);
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.next());
}

TEST_CASE("cmsg: the layout is the C library's") {
  std::array<std::byte, 64> buffer{};
  ControlWriter writer{MutableBytes(buffer)};
  REQUIRE(writer.add(41, 52, 77));
  alignas(cmsghdr) std::array<std::byte, 64> aligned = buffer;
  msghdr header{};
  header.msg_control = aligned.data();
  header.msg_controllen = writer.size();
  const cmsghdr* const first = CMSG_FIRSTHDR(&header);
  REQUIRE(first != nullptr);
  CHECK(first->cmsg_level == 41);
  CHECK(first->cmsg_type == 52);
  CHECK(first->cmsg_len == CMSG_LEN(sizeof(int)));
}

TEST_CASE("cmsg: no room is no message") {
  std::array<std::byte, 30> buffer{};
  ControlWriter writer{MutableBytes(buffer)};
  CHECK(writer.add(1, 2, 3));
  CHECK_FALSE(writer.add(1, 2, 3));
  CHECK(writer.size() == CMSG_SPACE(sizeof(int)));
}

TEST_CASE("cmsg: a length that does not fit ends the walk") {
  std::array<std::byte, 64> buffer{};
  ControlWriter writer{MutableBytes(buffer)};
  REQUIRE(writer.add(1, 2, 3));
  REQUIRE(writer.add(1, 2, 3));
  for (const std::size_t length :
       {std::size_t{0}, CMSG_LEN(0) - 1, buffer.size() + 1, ~std::size_t{0}}) {
    auto spoiled = buffer;
    std::memcpy(spoiled.data(), &length, sizeof length);
    ControlReader reader{Bytes(spoiled)};
    CHECK_FALSE(reader.next());
  }
}

TEST_CASE("cmsg: random bytes at every alignment end, and stay inside") {
  SeededRng rng(3);
  for (int round = 0; round < 2000; ++round) {
    auto bytes = sonde::test::random_bytes(rng, rng.below(80));
    if (bytes.size() >= sizeof(std::size_t)) {
      const std::size_t length = rng.below(80);
      std::memcpy(bytes.data(), &length, sizeof length);
    }
    const std::size_t shift = rng.below(bytes.size() + 1);
    const Bytes control = Bytes(bytes).subspan(shift);
    ControlReader reader(control);
    int messages = 0;
    while (const auto message = reader.next()) {
      CHECK(sonde::test::inside(message->data, control));
      REQUIRE(++messages < 80);
    }
  }
}

TEST_CASE("cmsg: a value needs all its bytes") {
  const std::array<std::byte, 3> three{};
  CHECK_FALSE(value<int>(three));
  CHECK(value<std::uint16_t>(three) == 0);
}

}  // namespace sonde::transport
