#include "sonde/wire/pcap.hpp"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/packet_bytes.hpp"

namespace sonde::wire {
namespace {

using test::hex;

// One packet of 3 bytes (5 on the wire) at 1 s and `fraction` 2, raw IP.
constexpr std::string_view kBig =
    "0002 0004 00000000 00000000 00040000 00000065"
    "00000001 00000002 00000003 00000005 aabbcc";
constexpr std::string_view kLittle =
    "0200 0400 00000000 00000000 00000400 65000000"
    "01000000 02000000 03000000 05000000 aabbcc";

PcapReader opened(Bytes file) {
  auto reader = PcapReader::open(file);
  REQUIRE(reader.has_value());
  return *reader;
}

CapturedPacket first_of(PcapReader reader) {
  const auto packet = reader.next();
  REQUIRE(packet.has_value());
  REQUIRE(packet->has_value());
  return **packet;
}

std::optional<test::Packet> ip_in(std::string_view frame, LinkType link) {
  const auto bytes = hex(frame);
  const auto ip = ip_packet({.at = {}, .original_length = 0, .data = bytes}, link);
  return ip ? std::optional(test::exactly(*ip)) : std::nullopt;
}

}  // namespace

TEST_CASE("pcap: both byte orders with microseconds and nanoseconds read the same") {
  struct Dialect {
    std::string_view magic;
    std::string_view rest;
    Duration unit;
  };
  for (const Dialect& d : {Dialect{"a1b2c3d4", kBig, 1us}, Dialect{"a1b23c4d", kBig, 1ns},
                           Dialect{"d4c3b2a1", kLittle, 1us}, Dialect{"4d3cb2a1", kLittle, 1ns}}) {
    CAPTURE(d.magic);
    const auto file = hex(std::string(d.magic) + std::string(d.rest));
    PcapReader reader = opened(file);
    CHECK(reader.link_type() == LinkType::raw_ip);
    const CapturedPacket packet = first_of(reader);
    CHECK(packet.at == WallTime{1s + 2 * d.unit});
    CHECK(packet.original_length == 5);
    CHECK(test::to_hex(packet.data) == "aabbcc");
    CHECK(test::inside(packet.data, file));
    CHECK(reader.next().has_value());
    CHECK_FALSE(reader.next()->has_value());  // the end
    CHECK_FALSE(reader.next()->has_value());  // and still
  }
}

TEST_CASE("pcap: another magic or major version is bad_version") {
  CHECK(PcapReader::open(hex("0a0d0d0a" + std::string(kBig))).error() == DecodeError::bad_version);
  auto file = hex("a1b2c3d4" + std::string(kBig));
  file[5] = std::byte{3};
  CHECK(PcapReader::open(file).error() == DecodeError::bad_version);
}

TEST_CASE("pcap: a file cut off at every length is truncated, and stays so") {
  constexpr std::size_t kHeader = 24;
  const auto whole = hex("a1b23c4d" + std::string(kBig));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const auto file = test::exactly(Bytes(whole).first(size));
    auto reader = PcapReader::open(file);
    REQUIRE(reader.has_value() == (size >= kHeader));
    if (!reader) {
      CHECK(reader.error() == DecodeError::truncated);
    } else if (size == kHeader) {
      CHECK_FALSE(reader->next()->has_value());
    } else {
      CHECK(reader->next().error() == DecodeError::truncated);
      CHECK(reader->next().error() == DecodeError::truncated);
    }
  }
}

TEST_CASE("pcap: a packet length over the file is truncated, however large") {
  auto file = hex("a1b23c4d" + std::string(kBig));
  for (std::size_t i = 32; i < 36; ++i) {
    file[i] = std::byte{0xff};
  }
  PcapReader reader = opened(file);
  CHECK(reader.next().error() == DecodeError::truncated);
}

TEST_CASE("pcap: the largest stamp of the format does not overflow") {
  auto file = hex("a1b2c3d4" + std::string(kBig));
  for (std::size_t i = 24; i < 32; ++i) {
    file[i] = std::byte{0xff};
  }
  const auto at = first_of(opened(file)).at.time_since_epoch();
  CHECK(at == std::chrono::seconds(0xffffffff) + std::chrono::microseconds(0xffffffff));
}

TEST_CASE("pcap: what the writer writes the reader reads") {
  PcapWriter out(LinkType::raw_ip);
  out.add(WallTime{1700000000s + 123456789ns}, hex("45 00"));
  out.add(WallTime{1700000001s}, {});
  CHECK(test::to_hex(out.file().first(24)) == "a1b23c4d0002000400000000000000000004000000000065");
  const auto file = test::exactly(out.file());
  PcapReader reader = opened(file);
  const CapturedPacket a = **reader.next();
  CHECK(a.at == WallTime{1700000000s + 123456789ns});
  CHECK(test::to_hex(a.data) == "4500");
  CHECK(a.original_length == 2);
  const CapturedPacket b = **reader.next();
  CHECK(b.at == WallTime{1700000001s});
  CHECK(b.data.empty());
  CHECK_FALSE(reader.next()->has_value());
}

TEST_CASE("pcap: the IP packet is found behind every link header") {
  constexpr std::string_view kIp = "45 00";
  const auto found = [&](const std::string& header, LinkType link) {
    const auto ip = ip_in(header + std::string(kIp), link);
    return ip && test::to_hex(*ip) == "4500";
  };
  const std::string macs = "020000000001 020000000002";
  CHECK(found("", LinkType::raw_ip));
  CHECK(found("02000000", LinkType::null));
  CHECK(found(macs + "0800", LinkType::ethernet));
  CHECK(found(macs + "86dd", LinkType::ethernet));  // the version nibble is the decoder's business
  CHECK(found(macs + "8100 0064 0800", LinkType::ethernet));
  CHECK(found(macs + "88a8 0064 8100 0065 0800", LinkType::ethernet));
  CHECK(found("0000 0001 0006 020000000001 0000 0800", LinkType::linux_cooked));
  CHECK(found("0800 0000 00000002 0001 00 06 0200000000010000", LinkType::linux_cooked_v2));
}

TEST_CASE("pcap: frames without IP, cut short or of an unknown link yield nothing") {
  const std::string macs = "020000000001 020000000002";
  CHECK_FALSE(ip_in(macs + "0806 0001", LinkType::ethernet));          // ARP
  CHECK_FALSE(ip_in(macs + "8100 0064 0806 45", LinkType::ethernet));  // ARP in a VLAN
  CHECK_FALSE(ip_in(macs + "8100 0064 8100 0064 8100 0064 0800 45", LinkType::ethernet));
  CHECK_FALSE(ip_in(macs + "0800", LinkType::ethernet));  // nothing behind it
  CHECK_FALSE(ip_in(macs + "08", LinkType::ethernet));
  CHECK_FALSE(ip_in("", LinkType::raw_ip));
  CHECK_FALSE(ip_in("50 00", LinkType::raw_ip));
  CHECK_FALSE(ip_in("02000000", LinkType::null));
  CHECK_FALSE(ip_in("45 00", static_cast<LinkType>(147)));
}

}  // namespace sonde::wire
