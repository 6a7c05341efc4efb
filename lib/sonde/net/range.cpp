#include "sonde/net/range.hpp"

#include "sonde/base/bytes.hpp"

namespace sonde::net {
namespace {

constexpr unsigned kLongestWithBroadcast = 30;

// The lower 64 bits; all of an IPv4 address.
std::uint64_t low_bits(const Address& address) noexcept {
  if (address.is_v4()) {
    return address.v4_value();
  }
  Reader in{address.bytes()};
  (void)in.u64();
  return in.u64();
}

std::uint64_t high_bits(const Address& address) noexcept {
  return address.is_v4() ? 0 : Reader{address.bytes()}.u64();
}

Address add(const Address& address, std::uint64_t offset) noexcept {
  if (address.is_v4()) {
    return Address::v4(address.v4_value() + static_cast<std::uint32_t>(offset));
  }
  const std::uint64_t low = low_bits(address) + offset;
  const std::uint64_t carry = low < offset ? 1 : 0;
  std::array<std::byte, Address::kV6Bytes> bytes{};
  Writer out{bytes};
  out.u64(high_bits(address) + carry);
  out.u64(low);
  return Address::v6(bytes, address.zone());
}

// first <= address <= last, of one family.
bool is_between(const Address& address, const Address& first, const Address& last) noexcept {
  const Address bare = address.with_zone(0);
  return first.with_zone(0) <= bare && bare <= last.with_zone(0);
}

}  // namespace

Address AddressRange::last() const noexcept { return add(first, count - 1); }

bool AddressRange::overlaps(const Prefix& prefix) const noexcept {
  return prefix.first().family() == first.family() &&
         (prefix.contains(first) || is_between(prefix.first(), first, last()));
}

bool AddressRange::inside(const Prefix& prefix) const noexcept {
  return prefix.contains(first) && prefix.contains(last());
}

std::optional<AddressRange> AddressRange::between(const Address& first,
                                                  const Address& last) noexcept {
  if (first.family() != last.family() || first.zone() != last.zone() || last < first) {
    return std::nullopt;
  }
  const std::uint64_t low = low_bits(last) - low_bits(first);
  const std::uint64_t borrow = low_bits(last) < low_bits(first) ? 1 : 0;
  const bool fits = high_bits(last) - high_bits(first) == borrow && low != ~std::uint64_t{0};
  return fits ? std::optional(AddressRange{.first = first, .count = low + 1}) : std::nullopt;
}

std::optional<AddressRange> AddressRange::hosts_of(const Prefix& prefix) noexcept {
  const std::optional<std::uint64_t> size = prefix.size();
  if (!size) {
    return std::nullopt;
  }
  if (prefix.first().is_v4() && prefix.length() <= kLongestWithBroadcast) {
    return AddressRange{.first = add(prefix.first(), 1), .count = *size - 2};
  }
  return AddressRange{.first = prefix.first(), .count = *size};
}

}  // namespace sonde::net
