// outstanding.hpp: the requests that wait for their answer, by sequence number.
// No two that are in it share their low 16 bits, which are what stands on the wire. Owns them.
// Constant time; memory for 256 at once as they are needed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "icmpapi/pending.hpp"

namespace sonde::icmpapi {

class Outstanding {
 public:
  static constexpr std::size_t kMost = 65536;

  explicit Outstanding(std::uint64_t first_sequence) noexcept : next_(first_sequence) {}
  // Gives it the next free sequence number. size() must be below kMost. Out of memory: it stays the
  // caller's.
  PendingEcho& add(std::unique_ptr<PendingEcho>& pending);
  // null: not, or no longer, waiting.
  [[nodiscard]] PendingEcho* find(std::uint64_t sequence) const noexcept;
  std::unique_ptr<PendingEcho> remove(const PendingEcho& pending) noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  static constexpr std::size_t kPage = 256;
  using Page = std::array<std::unique_ptr<PendingEcho>, kPage>;
  [[nodiscard]] Page* page_of(std::uint64_t sequence) const noexcept {
    return pages_[(sequence % kMost) / kPage].get();
  }
  std::array<std::unique_ptr<Page>, kMost / kPage> pages_{};
  std::uint64_t next_;
  std::size_t size_ = 0;
};

}  // namespace sonde::icmpapi
