#include "app/shard_sizes.hpp"

#include <algorithm>

namespace sonde::app {

void ShardSizes::add(std::span<const std::uint32_t> which, std::uint64_t size,
                     bool whole) noexcept {
  fewest_ = std::max(fewest_, shortest(which, size));
  if (whole) {
    most_ = std::min(most_, shortest(which, size + 1) - 1);
  }
}

void ShardSizes::add_number(std::uint64_t number) noexcept {
  fewest_ = std::max(fewest_, number + 1);
}

std::uint64_t ShardSizes::size_of(std::span<const std::uint32_t> which,
                                  std::uint64_t length) const noexcept {
  std::uint64_t size = 0;
  for (const std::uint32_t shard : which) {
    const std::uint64_t before = shard - std::uint64_t{1};
    size += length > before ? (length - before + shards_ - 1) / shards_ : 0;
  }
  return size;
}

std::uint64_t ShardSizes::shortest(std::span<const std::uint32_t> which,
                                   std::uint64_t size) const noexcept {
  std::uint64_t low = 0;
  std::uint64_t high = kMost + 1;
  while (low < high) {
    const std::uint64_t middle = (low + high) / 2;
    if (size_of(which, middle) >= size) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

}  // namespace sonde::app
