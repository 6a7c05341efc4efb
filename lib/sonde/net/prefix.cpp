#include "sonde/net/prefix.hpp"

#include <charconv>

namespace sonde::net {
namespace {

constexpr unsigned kByteBits = 8;
constexpr unsigned kWordBits = 64;

unsigned address_bits(const Address& address) noexcept {
  return static_cast<unsigned>(address.bytes().size()) * kByteBits;
}

// An address as a number of 128 bits (IPv4: in the lowest 32).
struct Number {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
};

Number number_of(const Address& address) noexcept {
  if (address.is_v4()) {
    return {.high = 0, .low = address.v4_value()};
  }
  Reader in{address.bytes()};
  const std::uint64_t high = in.u64();
  return {.high = high, .low = in.u64()};
}

// The address of the same family and zone as `like`.
Address address_of(const Number& number, const Address& like) noexcept {
  if (like.is_v4()) {
    return Address::v4(static_cast<std::uint32_t>(number.low));
  }
  std::array<std::byte, Address::kV6Bytes> bytes{};
  Writer out{bytes};
  out.u64(number.high);
  out.u64(number.low);
  return Address::v6(bytes, like.zone());
}

// Ones from bit `bits` up; a shift by the width of the type is undefined, so not by a shift alone.
std::uint64_t ones_above(unsigned bits) noexcept {
  return bits >= kWordBits ? 0 : ~std::uint64_t{0} << bits;
}

Address cleared(const Address& address, unsigned host_bits) noexcept {
  Number number = number_of(address);
  number.low &= ones_above(host_bits);
  number.high &= host_bits > kWordBits ? ones_above(host_bits - kWordBits) : ~std::uint64_t{0};
  return address_of(number, address);
}

std::optional<unsigned> parse_length(std::string_view text) noexcept {
  unsigned value = 0;
  const char* const end = text.data() + text.size();
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const bool whole = error == std::errc{} && stop == end && !leading_zero;
  return whole ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<Prefix> Prefix::make(const Address& address, unsigned length) noexcept {
  const unsigned bits = address_bits(address);
  if (length > bits) {
    return std::nullopt;
  }
  return Prefix(cleared(address, bits - length), length);
}

std::optional<Prefix> Prefix::parse(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) {
    return std::nullopt;
  }
  const auto address = Address::parse(text.substr(0, slash));
  const auto length = parse_length(text.substr(slash + 1));
  return address && length ? make(*address, *length) : std::nullopt;
}

bool Prefix::contains(const Address& address) const noexcept {
  return address.family() == network_.family() &&
         cleared(address, address_bits(address) - length_).same_host(network_);
}

std::optional<std::uint64_t> Prefix::size() const noexcept {
  const unsigned host_bits = address_bits(network_) - length_;
  return host_bits < kWordBits ? std::optional(std::uint64_t{1} << host_bits) : std::nullopt;
}

std::optional<Address> Prefix::at(std::uint64_t offset) const noexcept {
  const auto count = size();
  if (count && offset >= *count) {
    return std::nullopt;
  }
  Number number = number_of(network_);
  number.low |= offset;  // the host bits are clear: nothing can carry
  return address_of(number, network_);
}

std::string Prefix::to_text() const { return network_.to_text() + '/' + std::to_string(length_); }

}  // namespace sonde::net
