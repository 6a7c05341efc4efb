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
#include <utility>
#include <vector>

namespace sonde {

// Rows of `width` elements, each contiguous.
template <typename T>
class PagedRows {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  explicit PagedRows(std::size_t width = 1)
      : width_(width),
        rows_(std::bit_floor(std::max<std::size_t>(kPageBytes / (sizeof(T) * width), 1))) {}

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  // Never shrinks.
  void grow(std::uint64_t size) {
    size_ = std::max(size_, size);
    const std::uint64_t wanted = (size_ + rows_ - 1) / rows_;
    while (pages_.size() < wanted) {
      Page page(static_cast<T*>(std::calloc(rows_ * width_, sizeof(T))));
      if (page == nullptr) {
        throw std::bad_alloc();
      }
      pages_.push_back(std::move(page));
    }
  }
  [[nodiscard]] std::span<T> operator[](std::uint64_t row) noexcept {
    return {pages_[row / rows_].get() + row % rows_ * width_, width_};
  }
  [[nodiscard]] std::span<const T> operator[](std::uint64_t row) const noexcept {
    return {pages_[row / rows_].get() + row % rows_ * width_, width_};
  }
  // All zero again.
  void clear() noexcept {
    for (const Page& page : pages_) {
      std::fill_n(page.get(), rows_ * width_, T{});
    }
  }

 private:
  static constexpr std::size_t kPageBytes = std::size_t{1} << 20U;
  struct Free {
    void operator()(T* page) const noexcept { std::free(page); }
  };
  using Page = std::unique_ptr<T, Free>;
  std::size_t width_;
  std::size_t rows_;  // on a page, a power of two
  std::vector<Page> pages_;
  std::uint64_t size_ = 0;
};

// Single elements. The page size is known to the compiler here, so an access costs no division.
template <typename T>
class PagedArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  // Never shrinks.
  void grow(std::uint64_t size) {
    size_ = std::max(size_, size);
    pages_.grow((size_ + kPage - 1) / kPage);
  }
  [[nodiscard]] T& operator[](std::uint64_t index) noexcept {
    return pages_[index / kPage][index % kPage];
  }
  [[nodiscard]] const T& operator[](std::uint64_t index) const noexcept {
    return pages_[index / kPage][index % kPage];
  }
  void clear() noexcept { pages_.clear(); }

 private:
  static constexpr std::size_t kPage = std::bit_floor((std::size_t{1} << 20U) / sizeof(T));
  PagedRows<T> pages_{kPage};
  std::uint64_t size_ = 0;
};

}  // namespace sonde
