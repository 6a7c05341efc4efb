#include "sonde/wire/checksum.hpp"

#include <bit>
#include <cstring>

namespace sonde::wire {
namespace {

constexpr unsigned kWordBits = 16;
constexpr std::uint64_t kWordMask = 0xffff;

std::uint16_t fold(std::uint64_t sum) noexcept {
  while ((sum >> kWordBits) != 0) {
    sum = (sum & kWordMask) + (sum >> kWordBits);
  }
  return static_cast<std::uint16_t>(sum);
}

// The ones' complement sum: what is carried out at the top comes in at the bottom.
std::uint64_t add_words(std::uint64_t sum, std::uint64_t word) noexcept {
  sum += word;
  return sum + static_cast<std::uint64_t>(sum < word);
}

// RFC 1071 section 2(B) and (C): the sum does not depend on byte order, so whole machine words are
// added up, and one swap at the end brings it to network order.
std::uint16_t sum_of(Bytes data) noexcept {
  constexpr unsigned kHalfBits = 32;
  constexpr std::uint64_t kHalfMask = 0xffffffff;
  std::uint64_t sum = 0;
  std::uint64_t word = 0;
  for (; data.size() >= sizeof word; data = data.subspan(sizeof word)) {
    std::memcpy(&word, data.data(), sizeof word);
    sum = add_words(sum, word);
  }
  if (!data.empty()) {
    word = 0;
    std::memcpy(&word, data.data(), data.size());
    sum = add_words(sum, word);
  }
  const std::uint16_t folded = fold((sum & kHalfMask) + (sum >> kHalfBits));
  return std::endian::native == std::endian::little ? std::byteswap(folded) : folded;
}

}  // namespace

void ChecksumSum::add(Bytes data) noexcept {
  const std::uint16_t sum = sum_of(data);
  // Behind an odd number of bytes every byte stands in the other half of its word.
  sum_ += odd_ ? std::byteswap(sum) : sum;
  odd_ = odd_ != (data.size() % 2 != 0);
}

void ChecksumSum::add_u16(std::uint16_t value) noexcept {
  sum_ += odd_ ? std::byteswap(value) : value;
}

void ChecksumSum::add_pseudo_header(const net::Address& source, const net::Address& destination,
                                    net::IpProtocol protocol, std::uint32_t length) noexcept {
  add(source.bytes());
  add(destination.bytes());
  add_u16(static_cast<std::uint16_t>(length >> kWordBits));
  add_u16(static_cast<std::uint16_t>(length));
  add_u16(protocol.value);
}

std::uint16_t ChecksumSum::value() const noexcept {
  return static_cast<std::uint16_t>(~fold(sum_));
}

std::uint16_t internet_checksum(Bytes data) noexcept {
  return static_cast<std::uint16_t>(~sum_of(data));
}

std::uint16_t checksum_update(std::uint16_t checksum, std::uint16_t old_field,
                              std::uint16_t new_field) noexcept {
  const auto inverted = [](std::uint16_t v) { return static_cast<std::uint16_t>(~v); };
  return inverted(fold(std::uint64_t{inverted(checksum)} + inverted(old_field) + new_field));
}

}  // namespace sonde::wire
