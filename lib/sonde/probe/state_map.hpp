// state_map.hpp: a SweepState for each of millions of targets, four to a byte. The engine has one
// and the results have theirs: while events are on their way from one to the other, the two differ.
#pragma once

#include <cstdint>
#include <vector>

#include "sonde/probe/sweep_event.hpp"

namespace sonde::probe {

class StateMap {
 public:
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  // New ones are pending. Never shrinks.
  void grow(std::uint64_t size) {
    if (size > size_) {
      size_ = size;
      bits_.resize((size_ + kEach - 1) / kEach);
    }
  }
  [[nodiscard]] SweepState at(std::uint32_t index) const noexcept {
    return static_cast<SweepState>((bits_[index / kEach] >> shift(index)) & kMask);
  }
  void set(std::uint32_t index, SweepState state) noexcept {
    std::uint8_t& four = bits_[index / kEach];
    const unsigned cleared = four & ~(kMask << shift(index));
    four = static_cast<std::uint8_t>(cleared | (static_cast<unsigned>(state) << shift(index)));
  }

 private:
  static constexpr unsigned kBits = 2;
  static constexpr unsigned kEach = 4;  // a byte
  static constexpr unsigned kMask = 3;
  [[nodiscard]] static unsigned shift(std::uint32_t index) noexcept {
    return index % kEach * kBits;
  }

  std::vector<std::uint8_t> bits_;
  std::uint64_t size_ = 0;
};

}  // namespace sonde::probe
