// shard_sizes.hpp: can some shards be of one list? A shard has every N-th target of it, so their
// sizes say how long it is. Pure.
#pragma once

#include <cstdint>
#include <span>

namespace sonde::app {

class ShardSizes {
 public:
  explicit ShardSizes(std::uint32_t shards) : shards_(shards) {}
  // So many targets are in these shards together. `whole` false: the list was not read to its end,
  // and they may be more.
  void add(std::span<const std::uint32_t> which, std::uint64_t size, bool whole) noexcept;
  // The list has a target with this number, from 0.
  void add_number(std::uint64_t number) noexcept;
  [[nodiscard]] bool possible() const noexcept { return fewest_ <= most_; }

 private:
  // Of a list that is so long.
  [[nodiscard]] std::uint64_t size_of(std::span<const std::uint32_t> which,
                                      std::uint64_t length) const noexcept;
  // The shortest list that gives these shards so many; beyond kMost: none.
  [[nodiscard]] std::uint64_t shortest(std::span<const std::uint32_t> which,
                                       std::uint64_t size) const noexcept;
  static constexpr std::uint64_t kMost = 0xffffffff;  // net::AddressList::kMax

  std::uint32_t shards_;
  std::uint64_t fewest_ = 0;
  std::uint64_t most_ = kMost;
};

}  // namespace sonde::app
