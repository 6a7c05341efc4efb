// index_map.hpp: a few values out of many possible indices, in one block: open addressing, so that
// once grown it allocates nothing. For plain values; not for the index 2^32 - 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sonde {

template <typename T>
class IndexMap {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  // Null: it is not there. Valid until something is added or erased.
  [[nodiscard]] T* find(std::uint32_t index) noexcept {
    return const_cast<T*>(static_cast<const IndexMap*>(this)->find(index));
  }
  [[nodiscard]] const T* find(std::uint32_t index) const noexcept {
    if (size_ == 0) {
      return nullptr;
    }
    const Slot& slot = slots_[place_of(index)];
    return slot.index == index ? &slot.value : nullptr;
  }
  // A fresh one if it is not there.
  [[nodiscard]] T& at(std::uint32_t index) {
    if ((size_ + 1) * 2 > slots_.size()) {
      grow();
    }
    Slot& slot = slots_[place_of(index)];
    if (slot.index == kNone) {
      slot = {.index = index, .value = T{}};
      ++size_;
    }
    return slot.value;
  }
  void erase(std::uint32_t index) noexcept {
    if (size_ == 0) {
      return;
    }
    std::size_t hole = place_of(index);
    if (slots_[hole].index != index) {
      return;
    }
    --size_;
    // Who stands behind the hole and would not be found any more moves into it.
    for (std::size_t next = after(hole); slots_[next].index != kNone; next = after(next)) {
      const std::size_t home = home_of(slots_[next].index);
      if (((next - home) & mask()) >= ((next - hole) & mask())) {
        slots_[hole] = slots_[next];
        hole = next;
      }
    }
    slots_[hole].index = kNone;
  }

 private:
  static constexpr std::uint32_t kNone = 0xffff'ffff;
  struct Slot {
    std::uint32_t index = kNone;
    T value{};
  };
  [[nodiscard]] std::size_t mask() const noexcept { return slots_.size() - 1; }
  [[nodiscard]] std::size_t after(std::size_t place) const noexcept { return (place + 1) & mask(); }
  [[nodiscard]] std::size_t home_of(std::uint32_t index) const noexcept {
    constexpr std::uint64_t kGolden = 0x9e37'79b9'7f4a'7c15;  // neighbours spread out
    constexpr unsigned kUpper = 32;
    return static_cast<std::size_t>((index * kGolden) >> kUpper) & mask();
  }
  // Where it stands, or the free slot where it would.
  [[nodiscard]] std::size_t place_of(std::uint32_t index) const noexcept {
    std::size_t place = home_of(index);
    while (slots_[place].index != kNone && slots_[place].index != index) {
      place = after(place);
    }
    return place;
  }
  void grow() {
    constexpr std::size_t kFirst = 64;
    std::vector<Slot> old(slots_.empty() ? kFirst : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.index != kNone) {
        slots_[place_of(slot.index)] = slot;
      }
    }
  }

  std::vector<Slot> slots_;  // a power of two of them, or none; at most half full
  std::size_t size_ = 0;
};

}  // namespace sonde
