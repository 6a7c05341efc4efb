#include "sonde/net/address.hpp"

#include <algorithm>

namespace sonde::net {
namespace {

constexpr std::byte kAllOnes{0xff};

bool all_zero(Bytes bytes) noexcept {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

Address Address::v4(std::span<const std::byte, kV4Bytes> bytes) noexcept {
  return v4(Reader(bytes).u32());
}

std::optional<Address> Address::from_bytes(Bytes bytes) noexcept {
  switch (bytes.size()) {
    case kV4Bytes:
      return v4(bytes.first<kV4Bytes>());
    case kV6Bytes:
      return v6(bytes.first<kV6Bytes>());
    default:
      return std::nullopt;
  }
}

std::uint32_t Address::v4_value() const noexcept { return is_v4() ? Reader(bytes()).u32() : 0; }

Address Address::with_zone(std::uint32_t zone) const noexcept {
  Address a = *this;
  a.zone_ = is_v6() ? zone : 0;
  return a;
}

bool Address::is_unspecified() const noexcept { return (front_ | back_) == 0; }

bool Address::is_loopback() const noexcept {
  constexpr std::byte kLoopbackNet{127};
  constexpr std::byte kLast{1};
  return is_v4() ? bytes().front() == kLoopbackNet
                 : all_zero(bytes().first(kV6Bytes - 1)) && bytes().back() == kLast;
}

bool Address::is_multicast() const noexcept {
  constexpr std::byte kTopFour{0xf0};
  constexpr std::byte kClassD{0xe0};
  const std::byte first = bytes().front();
  return is_v4() ? (first & kTopFour) == kClassD : first == kAllOnes;
}

bool Address::is_link_local() const noexcept {
  constexpr std::uint32_t kV4Net = 0xa9fe;
  constexpr std::uint32_t kV6Net = 0xfe80;
  constexpr std::uint32_t kV6Mask = 0xffc0;
  const std::uint32_t top = Reader(bytes()).u16();
  return is_v4() ? top == kV4Net : (top & kV6Mask) == kV6Net;
}

bool Address::is_broadcast() const noexcept {
  return is_v4() && std::ranges::all_of(bytes(), [](std::byte b) { return b == kAllOnes; });
}

bool Address::is_v4_mapped() const noexcept {
  constexpr std::size_t kZeros = 10;
  return is_v6() && all_zero(bytes().first(kZeros)) && bytes()[kZeros] == kAllOnes &&
         bytes()[kZeros + 1] == kAllOnes;
}

bool Address::same_host(const Address& other) const noexcept {
  const bool zones_agree = zone_ == 0 || other.zone_ == 0 || zone_ == other.zone_;
  return zones_agree && family_ == other.family_ && front_ == other.front_ && back_ == other.back_;
}

std::uint64_t Address::hash() const noexcept {
  // The finaliser of MurmurHash3. No zone: addresses that are the same host must meet.
  constexpr std::uint64_t kMultiply1 = 0xff51afd7ed558ccd;
  constexpr std::uint64_t kMultiply2 = 0xc4ceb9fe1a85ec53;
  constexpr int kShift = 33;
  std::uint64_t h = network_order(front_) * kMultiply1 + network_order(back_) + family_;
  h = (h ^ (h >> kShift)) * kMultiply1;
  h = (h ^ (h >> kShift)) * kMultiply2;
  return h ^ (h >> kShift);
}

}  // namespace sonde::net
