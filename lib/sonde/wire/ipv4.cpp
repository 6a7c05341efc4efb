#include "sonde/wire/ipv4.hpp"

#include <algorithm>
#include <optional>

#include "sonde/wire/checksum.hpp"

namespace sonde::wire {
namespace {

constexpr unsigned kVersion = 4;
constexpr unsigned kNibble = 4;
constexpr unsigned kNibbleMask = 0xf;
constexpr std::size_t kWord = 4;  // IHL counts words of 4 bytes
constexpr std::uint16_t kDontFragment = 0x4000;
constexpr std::uint16_t kMoreFragments = 0x2000;
constexpr std::uint16_t kOffsetMask = 0x1fff;
constexpr std::size_t kChecksumAt = 10;

std::uint16_t flags_and_offset(const Ipv4Header& header) noexcept {
  return static_cast<std::uint16_t>((header.dont_fragment ? kDontFragment : 0U) |
                                    (header.more_fragments ? kMoreFragments : 0U) |
                                    (header.fragment_offset & kOffsetMask));
}

// The first 20 bytes, all there. Returns the version and the IHL, as they stand in the first byte.
unsigned read_fixed(Reader in, Ipv4Header& h) noexcept {
  const unsigned first = in.u8();
  h.tos = net::Tos(in.u8());
  h.total_length = in.u16();
  h.identification = in.u16();
  const std::uint16_t fragment = in.u16();
  h.dont_fragment = (fragment & kDontFragment) != 0;
  h.more_fragments = (fragment & kMoreFragments) != 0;
  h.fragment_offset = fragment & kOffsetMask;
  h.ttl = net::Ttl(in.u8());
  h.protocol = net::IpProtocol(in.u8());
  h.checksum = in.u16();
  h.source = net::Address::v4(in.u32());
  h.destination = net::Address::v4(in.u32());
  return first;
}

// Fills `h` in place: a header is copied once less than through a returned value. What is wrong.
std::optional<DecodeError> read_header(Reader& in, Ipv4Header& h) noexcept {
  const Bytes fixed = in.take(kIpv4MinHeader);
  if (in.failed()) {
    return DecodeError::truncated;
  }
  const unsigned first = read_fixed(Reader(fixed.first<kIpv4MinHeader>()), h);
  if (first >> kNibble != kVersion) {
    return DecodeError::bad_version;
  }
  const std::size_t length = (first & kNibbleMask) * kWord;
  if (length < kIpv4MinHeader) {
    return DecodeError::bad_length;
  }
  h.options = in.take(length - kIpv4MinHeader);
  if (in.failed()) {
    return DecodeError::truncated;
  }
  return std::nullopt;
}

}  // namespace

std::expected<Ipv4Header, DecodeError> decode_ipv4_header(Reader& in) noexcept {
  std::expected<Ipv4Header, DecodeError> header;
  if (const auto wrong = read_header(in, *header)) {
    header = std::unexpected(*wrong);
  }
  return header;
}

std::expected<Ipv4Packet, DecodeError> decode_ipv4(Bytes data) noexcept {
  Reader in{data};
  std::expected<Ipv4Packet, DecodeError> packet;  // the only one returned: never copied
  if (const auto wrong = read_header(in, packet->header)) {
    packet = std::unexpected(*wrong);
    return packet;
  }
  if (packet->header.total_length < in.position()) {
    packet = std::unexpected(DecodeError::bad_length);
    return packet;
  }
  const std::size_t claimed = packet->header.total_length - in.position();
  packet->payload = in.take(std::min(claimed, in.remaining()));
  return packet;
}

void encode_ipv4(const Ipv4Header& header, Writer& out) noexcept {
  const std::size_t padding = (kWord - header.options.size() % kWord) % kWord;
  const std::size_t length = kIpv4MinHeader + header.options.size() + padding;
  const MutableBytes place = out.reserve(length <= kIpv4MaxHeader ? length : SIZE_MAX);
  Writer to{place};
  to.u8(static_cast<std::uint8_t>((kVersion << kNibble) | (length / kWord)));
  to.u8(header.tos.value);
  to.u16(header.total_length);
  to.u16(header.identification);
  to.u16(flags_and_offset(header));
  to.u8(header.ttl.value);
  to.u8(header.protocol.value);
  to.u16(0);  // the checksum, when the rest is there
  to.u32(header.source.v4_value());
  to.u32(header.destination.v4_value());
  to.bytes(header.options);
  to.fill(padding, std::byte{0});
  if (!out.failed()) {
    to.patch_u16(kChecksumAt, internet_checksum(place));
  }
}

}  // namespace sonde::wire
