#include "sonde/wire/ipv6.hpp"

#include <algorithm>

namespace sonde::wire {
namespace {

constexpr unsigned kVersion = 6;
constexpr unsigned kVersionShift = 28;
constexpr unsigned kClassShift = 20;
constexpr std::uint32_t kFlowMask = 0xfffff;

// IANA assigned Internet protocol numbers, RFC 8200 section 4.
constexpr std::uint8_t kHopByHop = 0;
constexpr std::uint8_t kRouting = 43;
constexpr std::uint8_t kFragment = 44;
constexpr std::uint8_t kAuthentication = 51;
constexpr std::uint8_t kDestinationOptions = 60;

constexpr bool is_extension(net::IpProtocol protocol) noexcept {
  switch (protocol.value) {
    case kHopByHop:
    case kRouting:
    case kFragment:
    case kAuthentication:
    case kDestinationOptions:
      return true;
    default:
      return false;
  }
}

// The chain as far as it was walked.
struct Chain {
  net::IpProtocol next;
  std::optional<Ipv6Fragment> fragment;
  [[nodiscard]] bool in_later_fragment() const noexcept { return fragment && fragment->offset > 0; }
};

//   | next header |  reserved   |   fragment offset (13)  |res|M|
//   |                     identification                        |
Ipv6Fragment decode_fragment(Reader& in) noexcept {
  constexpr unsigned kOffsetShift = 3;
  in.skip(1);
  const std::uint16_t word = in.u16();
  return {.offset = static_cast<std::uint16_t>(word >> kOffsetShift),
          .more = (word & 1U) != 0,
          .identification = in.u32()};
}

//   | next header | hdr ext len |  options or routing data ...
// RFC 8200 section 4: the length counts 8 bytes, less the first 8.
// RFC 4302 section 2.2: that of AH counts 4 bytes, less 2 of them.
std::expected<void, DecodeError> skip_extension(Reader& in, bool authentication) noexcept {
  constexpr std::size_t kUnit = 8;
  constexpr std::size_t kAuthUnit = 4;
  constexpr std::size_t kAuthFixed = 12;
  constexpr std::size_t kRead = 2;
  const std::size_t words = in.u8();
  const std::size_t length = authentication ? (words + 2) * kAuthUnit : (words + 1) * kUnit;
  if (authentication && !in.failed() && length < kAuthFixed) {
    return std::unexpected(DecodeError::bad_length);
  }
  in.skip(length - kRead);
  return {};
}

std::expected<Chain, DecodeError> walk_chain(Reader& in, net::IpProtocol first) noexcept {
  Chain chain{.next = first, .fragment = std::nullopt};
  for (std::size_t seen = 0; is_extension(chain.next) && !chain.in_later_fragment(); ++seen) {
    if (seen == kMaxIpv6Extensions) {
      return std::unexpected(DecodeError::unsupported);
    }
    const net::IpProtocol self = chain.next;
    chain.next = net::IpProtocol(in.u8());
    if (self.value == kFragment) {
      chain.fragment = decode_fragment(in);
    } else if (const auto skipped = skip_extension(in, self.value == kAuthentication); !skipped) {
      return std::unexpected(skipped.error());
    }
    if (in.failed()) {
      return std::unexpected(DecodeError::truncated);
    }
  }
  return chain;
}

net::Address take_address(Reader& in) noexcept {
  return net::Address::from_bytes(in.take(net::Address::kV6Bytes)).value_or(net::Address{});
}

}  // namespace

std::expected<Ipv6Packet, DecodeError> decode_ipv6(Bytes data) noexcept {
  Reader in{data};
  const std::uint32_t first = in.u32();
  Ipv6Packet packet;
  Ipv6Header& h = packet.header;
  h.traffic_class = net::Tos(static_cast<std::uint8_t>(first >> kClassShift));
  h.flow_label = first & kFlowMask;
  h.payload_length = in.u16();
  h.next_header = net::IpProtocol(in.u8());
  h.hop_limit = net::Ttl(in.u8());
  h.source = take_address(in);
  h.destination = take_address(in);
  if (in.failed()) {
    return std::unexpected(DecodeError::truncated);
  }
  if (first >> kVersionShift != kVersion) {
    return std::unexpected(DecodeError::bad_version);
  }
  Reader upper{in.take(std::min<std::size_t>(h.payload_length, in.remaining()))};
  const auto chain = walk_chain(upper, h.next_header);
  if (!chain) {
    return std::unexpected(chain.error());
  }
  packet.upper_protocol = chain->next;
  packet.fragment = chain->fragment;
  packet.payload = upper.rest();
  return packet;
}

void encode_ipv6(const Ipv6Header& header, Writer& out) noexcept {
  out.u32((kVersion << kVersionShift) | (std::uint32_t{header.traffic_class.value} << kClassShift) |
          (header.flow_label & kFlowMask));
  out.u16(header.payload_length);
  out.u8(header.next_header.value);
  out.u8(header.hop_limit.value);
  out.bytes(header.source.bytes());
  out.bytes(header.destination.bytes());
}

}  // namespace sonde::wire
