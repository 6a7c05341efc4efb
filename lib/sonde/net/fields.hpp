// fields.hpp: header fields as types, under the names of their RFCs.
// Each wraps the wire's integer; values out of range cannot be made (from() says nullopt).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

namespace sonde::net {

// A field that takes every value of its integer.
template <typename Tag, typename Int>
struct Field {
  Int value = 0;
  constexpr Field() = default;
  explicit constexpr Field(Int v) noexcept : value(v) {}
  friend constexpr auto operator<=>(const Field&, const Field&) = default;
};

using Port = Field<struct PortTag, std::uint16_t>;             // UDP, TCP
using IcmpIdent = Field<struct IcmpIdentTag, std::uint16_t>;   // RFC 792 identifier
using IcmpSeq = Field<struct IcmpSeqTag, std::uint16_t>;       // RFC 792 sequence number
using IpProtocol = Field<struct IpProtocolTag, std::uint8_t>;  // IANA protocol numbers
using Mtu = Field<struct MtuTag, std::uint32_t>;               // bytes, IP header included
using Tos = Field<struct TosTag, std::uint8_t>;  // RFC 2474 DS field + RFC 3168 ECN; Traffic Class
using Ttl = Field<struct TtlTag, std::uint8_t>;  // RFC 791 Time to Live, RFC 8200 Hop Limit

inline constexpr IpProtocol kIcmp{1};
inline constexpr IpProtocol kTcp{6};
inline constexpr IpProtocol kUdp{17};
inline constexpr IpProtocol kIcmpV6{58};

inline constexpr unsigned kEcnBits = 2;
[[nodiscard]] constexpr std::uint8_t dscp_of(Tos tos) noexcept {
  return static_cast<std::uint8_t>(tos.value >> kEcnBits);
}
[[nodiscard]] constexpr std::uint8_t ecn_of(Tos tos) noexcept {
  return static_cast<std::uint8_t>(tos.value & ((1U << kEcnBits) - 1));
}

// RFC 6437: 20 bits.
class FlowLabel {
 public:
  static constexpr std::uint32_t kMax = 0xfffff;
  [[nodiscard]] static constexpr std::optional<FlowLabel> from(std::uint32_t v) noexcept {
    return v <= kMax ? std::optional(FlowLabel(v)) : std::nullopt;
  }
  [[nodiscard]] constexpr std::uint32_t value() const noexcept { return value_; }
  friend constexpr auto operator<=>(const FlowLabel&, const FlowLabel&) = default;

 private:
  explicit constexpr FlowLabel(std::uint32_t v) noexcept : value_(v) {}
  std::uint32_t value_;
};

}  // namespace sonde::net
