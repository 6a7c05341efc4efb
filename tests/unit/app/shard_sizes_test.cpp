// shard_sizes_test.cpp: sizes that shards of one list have, and sizes that they cannot have.
#include "app/shard_sizes.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>

namespace sonde::app {
namespace {

struct Part {
  std::uint32_t shard;
  std::uint64_t size;
};

bool possible(std::uint32_t shards, std::initializer_list<Part> parts, bool whole = true) {
  ShardSizes sizes(shards);
  for (const Part& part : parts) {
    sizes.add(std::array{part.shard}, part.size, whole);
  }
  return sizes.possible();
}

}  // namespace

TEST_CASE("shard sizes: those of every list go together, and no others") {
  constexpr std::uint32_t kShards = 3;
  for (std::uint64_t a = 0; a < 6; ++a) {
    for (std::uint64_t b = 0; b < 6; ++b) {
      for (std::uint64_t c = 0; c < 6; ++c) {
        const bool descends = a >= b && b >= c && a <= c + 1;
        CHECK(possible(kShards, {{1, a}, {2, b}, {3, c}}) == descends);
      }
    }
  }
  CHECK(possible(2, {{2, 2}}));
  CHECK_FALSE(possible(2, {{1, 0x8000'0001}}));  // longer than any list
}

TEST_CASE("shard sizes: a list that was not read to its end may be longer") {
  CHECK(possible(2, {{1, 9}, {2, 2}}, false));
  ShardSizes sizes(2);
  sizes.add(std::array{1U}, 9, false);
  sizes.add(std::array{2U}, 2, true);
  CHECK_FALSE(sizes.possible());
}

TEST_CASE("shard sizes: shards that were added up count together") {
  ShardSizes sizes(3);
  sizes.add(std::array{1U, 3U}, 5, true);  // of 7 targets, or 8
  CHECK(sizes.possible());
  ShardSizes more = sizes;
  sizes.add(std::array{2U}, 2, true);
  CHECK(sizes.possible());
  more.add(std::array{2U}, 4, true);
  CHECK_FALSE(more.possible());
}

TEST_CASE("shard sizes: no target has a number beyond the list") {
  ShardSizes sizes(2);
  sizes.add(std::array{1U}, 2, true);  // of 3 or 4
  sizes.add_number(3);
  CHECK(sizes.possible());
  sizes.add_number(4);
  CHECK_FALSE(sizes.possible());
}

}  // namespace sonde::app
