#include "sonde/wire/pcap.hpp"

#include <array>
#include <bit>

namespace sonde::wire {
namespace {

constexpr std::uint32_t kMagicMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kMagicNanoseconds = 0xa1b23c4d;
constexpr std::uint16_t kMajor = 2;
constexpr std::uint16_t kMinor = 4;
constexpr std::uint32_t kLinkMask = 0xffff;  // above it stands the length of a frame check sequence
constexpr std::uint32_t kSnapLength = 262144;
constexpr std::size_t kFileHeader = 24;
constexpr std::size_t kRecordHeader = 16;

constexpr std::uint16_t kEtherIpv4 = 0x0800;
constexpr std::uint16_t kEtherIpv6 = 0x86dd;
constexpr std::uint16_t kEtherVlan = 0x8100;         // IEEE 802.1Q
constexpr std::uint16_t kEtherServiceVlan = 0x88a8;  // IEEE 802.1ad

// What an Ethernet type says; its VLAN tags, two at most, are skipped.
bool is_ip_behind(std::uint16_t ether_type, Reader& in) noexcept {
  constexpr int kMaxTags = 2;
  constexpr std::size_t kTag = 2;
  for (int i = 0; i < kMaxTags; ++i) {
    if (ether_type != kEtherVlan && ether_type != kEtherServiceVlan) {
      break;
    }
    in.skip(kTag);
    ether_type = in.u16();
  }
  return ether_type == kEtherIpv4 || ether_type == kEtherIpv6;
}

// Moves `in` behind the link header; false: not IP.
bool skip_link_header(Reader& in, LinkType link) noexcept {
  constexpr std::size_t kNullHeader = 4;
  constexpr std::size_t kMacAddresses = 12;
  constexpr std::size_t kCookedProtocolAt = 14;
  constexpr std::size_t kCookedV2AfterProtocol = 18;
  std::uint16_t type = 0;
  switch (link) {
    case LinkType::raw_ip:
      return true;
    case LinkType::null:
      in.skip(kNullHeader);  // an address family whose number differs between systems
      return true;
    case LinkType::ethernet:
      in.skip(kMacAddresses);
      return is_ip_behind(in.u16(), in);
    case LinkType::linux_cooked:
      in.skip(kCookedProtocolAt);
      return is_ip_behind(in.u16(), in);
    case LinkType::linux_cooked_v2:
      type = in.u16();
      in.skip(kCookedV2AfterProtocol);
      return is_ip_behind(type, in);
  }
  return false;
}

bool starts_like_ip(Bytes data) noexcept {
  constexpr unsigned kNibble = 4;
  const unsigned version = Reader(data).u8() >> kNibble;
  return version == 4 || version == 6;  // NOLINT(readability-magic-numbers): IP versions
}

}  // namespace

std::expected<PcapReader, DecodeError> PcapReader::open(Bytes file) noexcept {
  constexpr std::size_t kUnused = 12;  // time zone, accuracy, snap length
  Reader in{file};
  const std::uint32_t magic = in.u32();
  const bool swapped =
      magic == std::byteswap(kMagicMicroseconds) || magic == std::byteswap(kMagicNanoseconds);
  const std::uint32_t straight = swapped ? std::byteswap(magic) : magic;
  const std::uint16_t major = in.u16();
  in.skip(2);
  in.skip(kUnused);
  if (in.remaining() < sizeof(std::uint32_t)) {
    return std::unexpected(DecodeError::truncated);
  }
  const bool known = straight == kMagicMicroseconds || straight == kMagicNanoseconds;
  if (!known || (swapped ? std::byteswap(major) : major) != kMajor) {
    return std::unexpected(DecodeError::bad_version);
  }
  PcapReader reader(in, swapped, straight == kMagicNanoseconds, LinkType::null);
  reader.link_type_ = static_cast<LinkType>(reader.field() & kLinkMask);
  return reader;
}

std::uint32_t PcapReader::field() noexcept {
  const std::uint32_t value = reader_.u32();
  return swapped_ ? std::byteswap(value) : value;
}

std::expected<std::optional<CapturedPacket>, DecodeError> PcapReader::next() noexcept {
  if (!reader_.failed() && reader_.remaining() == 0) {
    return std::nullopt;
  }
  const auto seconds = std::chrono::seconds(field());
  const std::uint32_t fraction = field();
  const Duration within = nanoseconds_ ? Duration(std::chrono::nanoseconds(fraction))
                                       : Duration(std::chrono::microseconds(fraction));
  CapturedPacket packet{.at = WallTime(seconds + within), .original_length = 0, .data = {}};
  const std::uint32_t captured = field();
  packet.original_length = field();
  packet.data = reader_.take(captured);
  if (reader_.failed()) {
    return std::unexpected(DecodeError::truncated);
  }
  return packet;
}

std::optional<Bytes> ip_packet(const CapturedPacket& packet, LinkType link) noexcept {
  Reader in{packet.data};
  const bool ip = skip_link_header(in, link) && starts_like_ip(in.peek_rest());
  return ip ? std::optional(in.rest()) : std::nullopt;
}

PcapWriter::PcapWriter(LinkType link_type) : file_(kFileHeader) {
  constexpr std::size_t kTimeZoneAndAccuracy = 8;
  Writer out{file_};
  out.u32(kMagicNanoseconds);
  out.u16(kMajor);
  out.u16(kMinor);
  out.fill(kTimeZoneAndAccuracy, std::byte{0});
  out.u32(kSnapLength);
  out.u32(static_cast<std::uint32_t>(link_type));
}

void PcapWriter::add(WallTime at, Bytes data) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch());
  const auto within = at.time_since_epoch() - seconds;
  const auto length = static_cast<std::uint32_t>(data.size());
  std::array<std::byte, kRecordHeader> header{};
  Writer out{header};
  out.u32(static_cast<std::uint32_t>(seconds.count()));
  out.u32(static_cast<std::uint32_t>(within.count()));
  out.u32(length);
  out.u32(length);
  file_.insert(file_.end(), header.begin(), header.end());
  file_.insert(file_.end(), data.begin(), data.end());
}

}  // namespace sonde::wire
