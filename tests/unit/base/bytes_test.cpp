#include "sonde/base/bytes.hpp"

#include <doctest/doctest.h>

#include <array>

#include "tests/support/packet_bytes.hpp"

namespace sonde {

using test::hex;

TEST_CASE("reader: integers are read in network order and move the cursor") {
  const auto bytes = hex("01 0203 04050607 08090a0b0c0d0e0f");
  Reader in{bytes};
  CHECK(in.u8() == 0x01);
  CHECK(in.u16() == 0x0203);
  CHECK(in.u32() == 0x04050607);
  CHECK(in.u64() == 0x08090a0b0c0d0e0f);
  CHECK(in.remaining() == 0);
  CHECK(in.position() == bytes.size());
  CHECK_FALSE(in.failed());
}

TEST_CASE("reader: the first short read fails, yields 0 and stays failed") {
  const auto bytes = hex("ff ff ff");
  Reader in{bytes};
  CHECK(in.u32() == 0);
  CHECK(in.failed());
  CHECK(in.u8() == 0);  // though three bytes are there
  CHECK(in.take(1).empty());
  CHECK(in.rest().empty());
  CHECK(in.peek_rest().empty());
  CHECK(in.remaining() == 0);
}

TEST_CASE("reader: a length near the largest size_t is refused and does not wrap around") {
  const auto bytes = hex("00 01");
  Reader in{bytes};
  in.skip(1);
  CHECK(in.take(SIZE_MAX).empty());
  CHECK(in.failed());
}

TEST_CASE("reader: take and rest are views into the bytes given, in order") {
  const auto bytes = hex("0a 0b 0c 0d");
  Reader in{bytes};
  const Bytes two = in.take(2);
  CHECK(two.data() == bytes.data());
  CHECK(in.peek_rest().size() == 2);
  CHECK(in.rest().data() == bytes.data() + 2);
  CHECK(in.rest().empty());
  CHECK_FALSE(in.failed());
}

TEST_CASE("reader: reading nothing from nothing is not a failure") {
  Reader in{Bytes{}};
  CHECK(in.take(0).empty());
  CHECK(in.rest().empty());
  CHECK_FALSE(in.failed());
}

TEST_CASE("writer: integers are written in network order") {
  std::array<std::byte, 15> buffer{};
  Writer out{buffer};
  out.u8(0x01);
  out.u16(0x0203);
  out.u32(0x04050607);
  out.u64(0x08090a0b0c0d0e0f);
  CHECK(test::to_hex(out.written()) == "0102030405060708090a0b0c0d0e0f");
  CHECK_FALSE(out.failed());
}

TEST_CASE("writer: what does not fit changes nothing, fails, and so does all that follows") {
  std::array<std::byte, 3> buffer{};
  Writer out{buffer};
  out.u16(0xaaaa);
  out.u16(0xbbbb);
  out.u8(0xcc);
  CHECK(out.failed());
  CHECK(out.size() == 2);
  CHECK(test::to_hex(buffer) == "aaaa00");
}

TEST_CASE("writer: bytes and fill are laid one behind the other") {
  std::array<std::byte, 6> buffer{};
  Writer out{buffer};
  out.bytes(hex("0102"));
  out.fill(3, std::byte{0xee});
  out.bytes({});
  CHECK(test::to_hex(out.written()) == "0102eeeeee");
}

TEST_CASE("writer: patching changes bytes already written, and only those") {
  std::array<std::byte, 4> buffer{};
  Writer out{buffer};
  out.u16(0);
  out.patch_u16(0, 0x1234);
  CHECK(test::to_hex(out.written()) == "1234");
  CHECK_FALSE(out.failed());
  out.patch_u16(1, 0xffff);  // its second byte is not written yet
  CHECK(out.failed());
  CHECK(test::to_hex(buffer) == "12340000");
}

}  // namespace sonde
