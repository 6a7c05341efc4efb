// permutation_bijection.cpp: whatever the size and the seed, each number below it comes exactly
// once, and shards share them out without rest.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "sonde/base/permutation.hpp"
#include "sonde/base/random.hpp"

namespace sonde {
namespace {

void require_bijection(std::uint64_t size, std::uint64_t seed) {
  const Permutation order(size, seed);
  std::vector<bool> seen(size);
  for (std::uint64_t position = 0; position < size; ++position) {
    const std::uint64_t value = order.at(position);
    const bool fresh = value < size && !seen[value];
    if (!fresh) {
      FAIL("size ", size, " seed ", seed, " position ", position, " gives ", value);
    }
    seen[value] = true;
  }
}

}  // namespace

TEST_CASE("permutation: a bijection for every size up to 3000") {
  for (std::uint64_t size = 0; size <= 3000; ++size) {
    require_bijection(size, size * 77 + 5);
  }
}

TEST_CASE("permutation: a bijection for sizes around powers of two and for random large ones") {
  for (const std::uint64_t size : {65'535U, 65'536U, 65'537U, 1'048'575U, 1'048'577U}) {
    require_bijection(size, 99);
  }
  SeededRng rng(5);
  for (int i = 0; i < 5; ++i) {
    require_bijection(1'000'000 + rng.below(3'000'000), rng.next());
  }
}

TEST_CASE("permutation: shards of one order cover it exactly once") {
  SeededRng rng(6);
  for (int i = 0; i < 50; ++i) {
    const std::uint64_t size = rng.below(5000);
    const std::uint64_t shards = 1 + rng.below(17);
    const Permutation order(size, rng.next());
    std::vector<int> times(size);
    for (std::uint64_t shard = 0; shard < shards; ++shard) {
      for (std::uint64_t position = shard; position < size; position += shards) {
        ++times[order.at(position)];
      }
    }
    REQUIRE(std::ranges::all_of(times, [](int n) { return n == 1; }));
  }
}

TEST_CASE("permutation: the largest size stays in range and does not repeat nearby") {
  constexpr std::uint64_t kSize = 0xffffffff;
  const Permutation order(kSize, 11);
  std::vector<std::uint64_t> values;
  for (std::uint64_t position = kSize - 100'000; position < kSize; ++position) {
    values.push_back(order.at(position));
  }
  CHECK(std::ranges::max(values) < kSize);
  std::ranges::sort(values);
  CHECK(std::ranges::adjacent_find(values) == values.end());
}

}  // namespace sonde
