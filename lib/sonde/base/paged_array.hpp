// paged_array.hpp: an array that grows without moving, its elements zero until they are written.
// Shape: pages of about 1 MiB from calloc: the system gives a page's memory when it is touched, so
// what is never touched costs nothing, and growing never copies.
// For plain values for which all zero bits are a good start. Throws std::bad_alloc.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <vector>

namespace sonde {

template <typename T>
class PagedArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  // Elements on a page, a power of two: a run of so many, aligned, is contiguous.
  static constexpr std::size_t kPage = std::bit_floor((std::size_t{1} << 20U) / sizeof(T));

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  // Never shrinks.
  void grow(std::uint64_t size) {
    size_ = std::max(size_, size);
    const std::uint64_t wanted = (size_ + kPage - 1) / kPage;
    pages_.reserve(wanted);
    while (pages_.size() < wanted) {
      pages_.push_back(Page(static_cast<T*>(std::calloc(kPage, sizeof(T)))));
      if (pages_.back() == nullptr) {
        throw std::bad_alloc();
      }
    }
  }
  [[nodiscard]] T& operator[](std::uint64_t index) noexcept {
    return pages_[index / kPage].get()[index % kPage];
  }
  [[nodiscard]] const T& operator[](std::uint64_t index) const noexcept {
    return pages_[index / kPage].get()[index % kPage];
  }
  // All zero again.
  void clear() noexcept {
    for (const Page& page : pages_) {
      std::fill_n(page.get(), kPage, T{});
    }
  }

 private:
  struct Free {
    void operator()(T* page) const noexcept { std::free(page); }
  };
  using Page = std::unique_ptr<T, Free>;
  std::vector<Page> pages_;
  std::uint64_t size_ = 0;
};

}  // namespace sonde
