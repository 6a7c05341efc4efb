// bytes.hpp: the only way received bytes are read, and sent bytes are written.
// Reader: a cursor over std::span<const std::byte>; every read checks the length first and is
// sticky on failure: after the first short read failed() stays true and each read yields 0 or an
// empty span, so a decoder may read all its fields and test once. Multi-byte values are network
// order. Writer: the mirror image over a caller's buffer; writing past its end sets failed() and
// changes nothing. Neither allocates or throws.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sonde {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

// View any trivially copyable object's characters as bytes: for text that becomes payload.
template <typename Range>
[[nodiscard]] Bytes as_bytes(const Range& range) noexcept {
  return std::as_bytes(std::span(range));
}

// Between this machine's byte order and the network's, either way.
template <typename Int>
[[nodiscard]] constexpr Int network_order(Int v) noexcept {
  return std::endian::native == std::endian::little ? std::byteswap(v) : v;
}

class Reader {
 public:
  explicit constexpr Reader(Bytes data) noexcept : data_(data) {}

  [[nodiscard]] constexpr std::uint8_t u8() noexcept { return integer<std::uint8_t>(); }
  [[nodiscard]] constexpr std::uint16_t u16() noexcept { return integer<std::uint16_t>(); }
  [[nodiscard]] constexpr std::uint32_t u32() noexcept { return integer<std::uint32_t>(); }
  [[nodiscard]] constexpr std::uint64_t u64() noexcept { return integer<std::uint64_t>(); }

  // The next n bytes as a view; empty and failed() if fewer are left.
  [[nodiscard]] constexpr Bytes take(std::size_t n) noexcept {
    if (failed_ || n > data_.size() - at_) {
      failed_ = true;
      return {};
    }
    const Bytes out = data_.subspan(at_, n);
    at_ += n;
    return out;
  }
  constexpr void skip(std::size_t n) noexcept { (void)take(n); }
  // All that is left; the cursor moves to the end.
  [[nodiscard]] constexpr Bytes rest() noexcept { return take(remaining()); }
  // All that is left, without moving.
  [[nodiscard]] constexpr Bytes peek_rest() const noexcept {
    return failed_ ? Bytes{} : data_.subspan(at_);
  }

  [[nodiscard]] constexpr std::size_t position() const noexcept { return at_; }
  [[nodiscard]] constexpr std::size_t remaining() const noexcept {
    return failed_ ? 0 : data_.size() - at_;
  }
  [[nodiscard]] constexpr bool failed() const noexcept { return failed_; }

 private:
  template <typename Int>
  constexpr Int integer() noexcept {
    if (failed_ || sizeof(Int) > data_.size() - at_) {
      failed_ = true;
      return 0;
    }
    std::array<std::byte, sizeof(Int)> bytes{};
    std::copy_n(data_.begin() + static_cast<std::ptrdiff_t>(at_), sizeof(Int), bytes.begin());
    at_ += sizeof(Int);
    return network_order(std::bit_cast<Int>(bytes));
  }

  Bytes data_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

class Writer {
 public:
  explicit constexpr Writer(MutableBytes buffer) noexcept : buffer_(buffer) {}

  constexpr void u8(std::uint8_t v) noexcept { integer(v); }
  constexpr void u16(std::uint16_t v) noexcept { integer(v); }
  constexpr void u32(std::uint32_t v) noexcept { integer(v); }
  constexpr void u64(std::uint64_t v) noexcept { integer(v); }
  constexpr void bytes(Bytes data) noexcept {
    const MutableBytes to = reserve(data.size());
    std::copy_n(data.begin(), to.size(), to.begin());
  }
  constexpr void fill(std::size_t n, std::byte value) noexcept {
    for (std::byte& b : reserve(n)) {
      b = value;
    }
  }
  // The next n bytes, to be filled by the caller; empty and failed() if there is no room.
  [[nodiscard]] constexpr MutableBytes reserve(std::size_t n) noexcept {
    if (failed_ || n > buffer_.size() - at_) {
      failed_ = true;
      return {};
    }
    const MutableBytes out = buffer_.subspan(at_, n);
    at_ += n;
    return out;
  }

  // Overwrite two bytes written earlier (a length or a checksum known only now).
  constexpr void patch_u16(std::size_t position, std::uint16_t v) noexcept {
    if (position + 2 > at_) {
      failed_ = true;
      return;
    }
    constexpr int kBitsPerByte = 8;
    buffer_[position] = static_cast<std::byte>(v >> kBitsPerByte);
    buffer_[position + 1] = static_cast<std::byte>(v);
  }

  [[nodiscard]] constexpr std::size_t size() const noexcept { return at_; }
  [[nodiscard]] constexpr MutableBytes written() const noexcept { return buffer_.first(at_); }
  [[nodiscard]] constexpr bool failed() const noexcept { return failed_; }

 private:
  template <typename Int>
  constexpr void integer(Int v) noexcept {
    const auto bytes = std::bit_cast<std::array<std::byte, sizeof(Int)>>(network_order(v));
    const MutableBytes to = reserve(sizeof(Int));
    std::copy_n(bytes.begin(), to.size(), to.begin());
  }

  MutableBytes buffer_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace sonde
