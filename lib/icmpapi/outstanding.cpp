#include "icmpapi/outstanding.hpp"

#include <utility>

namespace sonde::icmpapi {

PendingEcho& Outstanding::add(std::unique_ptr<PendingEcho>& pending) {
  for (;; ++next_) {
    auto& page = pages_[(next_ % kMost) / kPage];
    if (!page) {
      page = std::make_unique<Page>();
    }
    auto& slot = (*page)[next_ % kPage];
    if (slot) {
      continue;
    }
    pending->sequence = next_++;
    ++size_;
    slot = std::move(pending);
    return *slot;
  }
}

PendingEcho* Outstanding::find(std::uint64_t sequence) const noexcept {
  const Page* const page = page_of(sequence);
  PendingEcho* const found = page != nullptr ? (*page)[sequence % kPage].get() : nullptr;
  return found != nullptr && found->sequence == sequence ? found : nullptr;
}

std::unique_ptr<PendingEcho> Outstanding::remove(const PendingEcho& pending) noexcept {
  --size_;
  return std::move((*page_of(pending.sequence))[pending.sequence % kPage]);
}

}  // namespace sonde::icmpapi
