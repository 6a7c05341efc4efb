#include "icmpapi/deadline_heap.hpp"

#include <algorithm>

namespace sonde::icmpapi {

void DeadlineHeap::place(std::size_t at, PendingEcho* pending) noexcept {
  entries_[at] = pending;
  pending->heap_position = static_cast<std::uint32_t>(at);
}

void DeadlineHeap::reserve(std::size_t more) {
  const std::size_t wanted = entries_.size() + more;
  if (wanted > entries_.capacity()) {
    entries_.reserve(std::max(wanted, entries_.capacity() * 3 / 2));
  }
}

void DeadlineHeap::push(PendingEcho& pending) {
  entries_.push_back(&pending);
  place(entries_.size() - 1, &pending);
  rise(entries_.size() - 1);
}

void DeadlineHeap::remove(const PendingEcho& pending) noexcept {
  const std::size_t at = pending.heap_position;
  PendingEcho* const last = entries_.back();
  entries_.pop_back();
  if (at < entries_.size()) {
    place(at, last);
    rise(at);
    sink(last->heap_position);
  }
}

void DeadlineHeap::rise(std::size_t at) noexcept {
  PendingEcho* const moved = entries_[at];
  while (at > 0 && moved->deadline < entries_[(at - 1) / 2]->deadline) {
    place(at, entries_[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  place(at, moved);
}

void DeadlineHeap::sink(std::size_t at) noexcept {
  PendingEcho* const moved = entries_[at];
  for (;;) {
    std::size_t child = 2 * at + 1;
    if (child + 1 < entries_.size() && entries_[child + 1]->deadline < entries_[child]->deadline) {
      ++child;
    }
    if (child >= entries_.size() || entries_[child]->deadline >= moved->deadline) {
      break;
    }
    place(at, entries_[child]);
    at = child;
  }
  place(at, moved);
}

}  // namespace sonde::icmpapi
