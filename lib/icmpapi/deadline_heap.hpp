// deadline_heap.hpp: pending requests, the one that ends first on top.
// A binary heap of pointers; each request knows its position, so that an answered one leaves in
// logarithmic time and nothing stale is kept.
#pragma once

#include <cstddef>
#include <vector>

#include "icmpapi/pending.hpp"

namespace sonde::icmpapi {

class DeadlineHeap {
 public:
  // Room for so many more, so that push() does not allocate.
  void reserve(std::size_t more);
  void push(PendingEcho& pending);
  void remove(const PendingEcho& pending) noexcept;
  [[nodiscard]] PendingEcho* top() const noexcept {
    return entries_.empty() ? nullptr : entries_.front();
  }
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  void place(std::size_t at, PendingEcho* pending) noexcept;
  void rise(std::size_t at) noexcept;
  void sink(std::size_t at) noexcept;
  std::vector<PendingEcho*> entries_;
};

}  // namespace sonde::icmpapi
