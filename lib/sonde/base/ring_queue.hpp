// ring_queue.hpp: first in, first out, in one block that doubles when it is full: once grown it
// allocates nothing, unlike std::deque, which gives its blocks back and asks for them again.
#pragma once

#include <cstddef>
#include <vector>

namespace sonde {

template <typename T>
class RingQueue {
 public:
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] const T& front() const noexcept { return slots_[first_]; }
  void push(const T& value) {
    if (size_ == slots_.size()) {
      grow();
    }
    slots_[(first_ + size_) & (slots_.size() - 1)] = value;
    ++size_;
  }
  // Not when empty.
  T pop() noexcept {
    const T value = slots_[first_];
    first_ = (first_ + 1) & (slots_.size() - 1);
    --size_;
    return value;
  }

 private:
  void grow() {
    constexpr std::size_t kFirst = 64;
    std::vector<T> larger(slots_.empty() ? kFirst : slots_.size() * 2);
    for (std::size_t i = 0; i < size_; ++i) {
      larger[i] = slots_[(first_ + i) & (slots_.size() - 1)];
    }
    slots_ = std::move(larger);
    first_ = 0;
  }

  std::vector<T> slots_;  // a power of two of them, or none
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace sonde
