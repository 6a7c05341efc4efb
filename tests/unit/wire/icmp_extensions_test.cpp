#include "sonde/wire/icmp_extensions.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

#include "sonde/wire/checksum.hpp"
#include "tests/support/packet_bytes.hpp"

namespace sonde::wire {
namespace {

using test::hex;

// A version 2 structure around `objects`, with its checksum.
test::Packet structure_of(const test::Packet& objects) {
  auto out = test::joined(hex("2000 0000"), objects);
  Writer patch{out};
  (void)patch.reserve(out.size());
  patch.patch_u16(2, internet_checksum(out));
  return test::exactly(out);
}

test::Packet mpls_object(std::size_t labels) {
  auto out = hex("0000 0101");
  out[1] = static_cast<std::byte>(4 + 4 * labels);
  for (std::size_t i = 0; i < labels; ++i) {
    out = test::joined(out, hex("00010101"));
  }
  return out;
}

IcmpExtensions decoded(const test::Packet& structure) {
  const auto extensions = decode_extensions(structure);
  REQUIRE(extensions.has_value());
  return *extensions;
}

test::Packet encoded(const IcmpExtensions& extensions) {
  std::array<std::byte, 4096> buffer{};
  Writer out{buffer};
  encode_extensions(extensions, out);
  REQUIRE_FALSE(out.failed());
  return test::exactly(out.written());
}

}  // namespace

TEST_CASE("extensions: nothing is a valid empty structure, and so is a bare header") {
  CHECK(decoded({}).objects.empty());
  CHECK(decoded(hex("2000 dfff")).objects.empty());
  CHECK(decoded(hex("2000 0000")).complete);
}

TEST_CASE("extensions: an MPLS stack, byte for byte as RFC 4950 and RFC 3032 draw it") {
  // Label 299776, TC 2, not bottom, TTL 1; label 16, TC 0, bottom, TTL 254.
  const auto x = decoded(structure_of(hex("000c 0101 49300401 000101fe")));
  REQUIRE(x.objects.size() == 1);
  CHECK(x.objects[0].class_num == 1);
  CHECK(x.objects[0].c_type == 1);
  CHECK(x.objects[0].raw.empty());
  REQUIRE(x.objects[0].labels.size() == 2);
  CHECK(
      x.objects[0].labels[0] ==
      MplsLabel{.label = 299776, .traffic_class = 2, .bottom_of_stack = false, .ttl = net::Ttl(1)});
  CHECK(x.objects[0].labels[1] ==
        MplsLabel{.label = 16, .traffic_class = 0, .bottom_of_stack = true, .ttl = net::Ttl(254)});
}

TEST_CASE("extensions: an unknown class keeps its bytes") {
  const auto x = decoded(structure_of(hex("0006 c809 beef")));
  REQUIRE(x.objects.size() == 1);
  CHECK(x.objects[0].class_num == 200);
  CHECK(x.objects[0].c_type == 9);
  CHECK(test::to_hex(x.objects[0].raw) == "beef");
}

TEST_CASE("extensions: labels that are no whole number of words stay raw") {
  for (std::size_t size = 0; size < 12; ++size) {
    CAPTURE(size);
    auto object = test::joined(hex("0000 0101"), test::Packet(size));
    object[1] = static_cast<std::byte>(object.size());
    const auto x = decoded(structure_of(object));
    const bool whole = size > 0 && size % 4 == 0;
    CHECK(x.objects.at(0).labels.size() == (whole ? size / 4 : 0));
    CHECK(x.objects.at(0).raw.size() == (whole ? 0 : size));
  }
  CHECK(decoded(structure_of(hex("0008 0102 00000000"))).objects.at(0).raw.size() == 4);
}

TEST_CASE("extensions: more than 16 labels or 16 objects are dropped, and that is said") {
  const auto labels = decoded(structure_of(mpls_object(17)));
  CHECK(labels.objects.at(0).labels.size() == 16);
  CHECK_FALSE(labels.complete);
  CHECK(decoded(structure_of(mpls_object(16))).complete);

  test::Packet objects;
  for (int i = 0; i < 16; ++i) {
    objects = test::joined(objects, mpls_object(1));
  }
  CHECK(decoded(structure_of(objects)).complete);
  const auto many = decoded(structure_of(test::joined(objects, mpls_object(1))));
  CHECK(many.objects.size() == 16);
  CHECK_FALSE(many.complete);
}

TEST_CASE("extensions: a version other than 2 is bad_version") {
  for (unsigned version = 0; version < 16; ++version) {
    auto bytes = hex("0000 0000");
    bytes[0] = static_cast<std::byte>(version << 4);
    CHECK(decode_extensions(bytes).has_value() == (version == 2));
  }
}

TEST_CASE("extensions: a wrong checksum is an error, none at all is accepted") {
  auto bytes = structure_of(mpls_object(1));
  bytes[3] ^= std::byte{1};
  CHECK(decode_extensions(bytes).error() == DecodeError::bad_checksum);
  bytes[2] = bytes[3] = std::byte{0};
  CHECK(decode_extensions(bytes).has_value());
}

TEST_CASE("extensions: an object length under its header or over what is there is bad_length") {
  for (unsigned length = 0; length < 256; ++length) {
    CAPTURE(length);
    auto object = hex("0000 c801 01020304 05060708");
    object[1] = static_cast<std::byte>(length);
    const auto x = decode_extensions(structure_of(object));
    if (length < 4 || length > 12) {
      REQUIRE_FALSE(x.has_value());
      CHECK(x.error() == DecodeError::bad_length);
    }
  }
}

TEST_CASE("extensions: cut off at every length they are an error or a valid shorter structure") {
  const auto whole = test::joined(hex("2000 0000"), test::joined(mpls_object(3), mpls_object(1)));
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CAPTURE(size);
    const bool at_a_boundary = size == 0 || size == 4 || size == 20 || size == 28;
    CHECK(decode_extensions(test::exactly(Bytes(whole).first(size))).has_value() == at_a_boundary);
  }
}

TEST_CASE("extensions: interface information with every combination of attributes") {
  for (unsigned role = 0; role < 4; ++role) {
    for (unsigned has = 0; has < 32; ++has) {
      CAPTURE(role);
      CAPTURE(has);
      InterfaceInformation info;
      info.role = static_cast<InterfaceRole>(role);
      if ((has & 8U) != 0) {
        info.index = 0x01020304;
      }
      if ((has & 4U) != 0) {
        info.address = net::Address::parse((has & 16U) != 0 ? "2001:db8::aa" : "203.0.113.9");
      }
      if ((has & 2U) != 0) {
        info.name = Untrusted("ge-0/0/1");
      }
      if ((has & 1U) != 0) {
        info.mtu = net::Mtu(1500);
      }
      ExtensionObject object;
      object.interface_info = info;
      const auto bytes = encoded({.objects = {object}});
      CHECK(std::to_integer<unsigned>(bytes[7]) == (role << 6 | (has & 15U)));
      const auto x = decoded(bytes);
      REQUIRE(x.objects.size() == 1);
      CHECK(x.objects[0].class_num == 2);
      CHECK(x.objects[0].interface_info == info);
      CHECK(x.objects[0].raw.empty());
    }
  }
}

TEST_CASE("extensions: interface information, byte for byte as RFC 5837 draws it") {
  const auto x =
      decoded(structure_of(hex("0020 024f 00000007 00010000 cb007109"
                               "08 65746830 000000 000005dc 00000000")));
  // 4 bytes too many: that contradicts the c-type, so they stay raw.
  CHECK_FALSE(x.objects.at(0).interface_info.has_value());
  CHECK(x.objects.at(0).raw.size() == 28);
  const auto y = decoded(
      structure_of(hex("001c 024f 00000007 00010000 cb007109 08 65746830 000000 000005dc")));
  REQUIRE(y.objects.at(0).interface_info.has_value());
  const InterfaceInformation& info = *y.objects[0].interface_info;
  CHECK(info.role == InterfaceRole::sub_ip);
  CHECK(info.index == 7);
  CHECK(info.address->to_text() == "203.0.113.9");
  CHECK(info.name.raw() == "eth0");
  CHECK(info.mtu == net::Mtu(1500));
}

TEST_CASE("extensions: interface information that is cut short or of no known family stays raw") {
  const auto whole = hex("00000007 00010000 cb007109 08 65746830 000000 000005dc");
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    CAPTURE(size);
    auto object = test::joined(hex("0000 020f"), test::exactly(Bytes(whole).first(size)));
    object[1] = static_cast<std::byte>(object.size());
    const auto x = decoded(structure_of(object));
    CHECK(x.objects.at(0).interface_info.has_value() == (size == whole.size()));
    CHECK(x.objects.at(0).raw.size() == (size == whole.size() ? 0 : size));
  }
  CHECK_FALSE(decoded(structure_of(hex("000c 0204 00030000 cb007109")))
                  .objects.at(0)
                  .interface_info.has_value());
}

TEST_CASE("extensions: an interface name of every length field is read or left raw") {
  for (unsigned length = 0; length < 256; ++length) {
    CAPTURE(length);
    test::Packet name(length == 0 ? 1 : length, std::byte{'x'});
    name[0] = static_cast<std::byte>(length);
    auto object = test::joined(hex("0000 0202"), name);
    object[0] = static_cast<std::byte>(object.size() >> 8);
    object[1] = static_cast<std::byte>(object.size());
    const auto x = decoded(structure_of(object));
    const bool valid = length >= 1 && length <= 64;
    REQUIRE(x.objects.at(0).interface_info.has_value() == valid);
    if (valid) {
      CHECK(x.objects[0].interface_info->name.raw() == std::string(length - 1, 'x'));
    }
  }
}

TEST_CASE("extensions: a name over 63 bytes is cut when written") {
  ExtensionObject object;
  object.interface_info.emplace();
  object.interface_info->name = Untrusted(std::string(100, 'n'));
  const auto x = decoded(encoded({.objects = {object}}));
  CHECK(x.objects.at(0).interface_info->name.raw() == std::string(63, 'n'));
}

TEST_CASE("extensions: a structure that does not fit the buffer sets failed") {
  ExtensionObject object;
  object.labels = {MplsLabel{}, MplsLabel{}};
  for (std::size_t size = 0; size <= 16; ++size) {
    test::Packet buffer(size);
    Writer out{buffer};
    encode_extensions({.objects = {object}}, out);
    CHECK(out.failed() == (size < 16));
  }
}

TEST_CASE("error body: with a length attribute the structure stands behind the quote") {
  const auto structure = structure_of(mpls_object(1));
  for (const std::size_t quote : {std::size_t{128}, std::size_t{160}, std::size_t{1020}}) {
    const auto body = test::joined(test::Packet(quote, std::byte{0x45}), structure);
    const ErrorBody split = split_error_body(body, quote);
    CHECK(split.quoted.size() == quote);
    CHECK(split.extensions.size() == structure.size());
    CHECK(split.extensions.data() == body.data() + quote);
  }
}

TEST_CASE("error body: a length attribute over the body, or before no structure, is not believed") {
  const auto body = test::joined(test::Packet(128, std::byte{0x45}), hex("00000000"));
  CHECK(split_error_body(body, 2040).quoted.size() == body.size());
  CHECK(split_error_body(body, 128).quoted.size() == body.size());  // version 0 behind it
  CHECK(split_error_body(body, 4).quoted.size() == body.size());
  CHECK(split_error_body(body, body.size()).quoted.size() == body.size());
  CHECK(split_error_body(body, body.size()).extensions.empty());
}

TEST_CASE("error body: with a length attribute a broken structure is split off and then refused") {
  auto structure = structure_of(mpls_object(1));
  structure[3] ^= std::byte{1};
  const auto body = test::joined(test::Packet(128, std::byte{0x45}), structure);
  const ErrorBody split = split_error_body(body, 128);
  CHECK(split.quoted.size() == 128);
  CHECK(decode_extensions(split.extensions).error() == DecodeError::bad_checksum);
}

TEST_CASE("error body: without a length the structure behind 128 bytes needs a right checksum") {
  const auto structure = structure_of(mpls_object(2));
  const auto body = test::joined(test::Packet(128, std::byte{0x45}), structure);
  CHECK(split_error_body(body, 0).quoted.size() == 128);
  CHECK(split_error_body(body, 0).extensions.size() == structure.size());

  auto damaged = body;
  damaged.back() ^= std::byte{1};
  CHECK(split_error_body(damaged, 0).extensions.empty());

  auto uncomputed = body;
  uncomputed[130] = uncomputed[131] = std::byte{0};
  CHECK(split_error_body(uncomputed, 0).extensions.empty());
}

TEST_CASE("error body: every body length and length attribute splits inside the body") {
  const auto whole = test::joined(test::Packet(140, std::byte{0x20}), structure_of(mpls_object(1)));
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const auto body = test::exactly(Bytes(whole).first(size));
    for (std::size_t quoted = 0; quoted <= 160; quoted += 4) {
      const ErrorBody split = split_error_body(body, quoted);
      REQUIRE(test::inside(split.quoted, body));
      REQUIRE(test::inside(split.extensions, body));
      REQUIRE(split.quoted.size() + split.extensions.size() == size);
    }
  }
}

}  // namespace sonde::wire
