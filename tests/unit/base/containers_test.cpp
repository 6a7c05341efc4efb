// containers_test.cpp: the paged array, the ring queue and the index map.
#include <doctest/doctest.h>

#include <map>
#include <numeric>

#include "sonde/base/index_map.hpp"
#include "sonde/base/paged_array.hpp"
#include "sonde/base/random.hpp"
#include "sonde/base/ring_queue.hpp"

namespace sonde {

TEST_CASE("paged array: elements are zero until written, and growing does not move them") {
  PagedArray<std::uint32_t> array;
  array.grow(10);
  CHECK(array[9] == 0);
  array[9] = 7;
  const std::uint32_t* const where = &array[9];
  array.grow(3'000'000);
  CHECK(&array[9] == where);
  CHECK(array[9] == 7);
  CHECK(array[2'999'999] == 0);
  array[2'999'999] = 1;
  array.grow(5);
  CHECK(array.size() == 3'000'000);
  array.clear();
  CHECK(array[9] == 0);
  CHECK(array[2'999'999] == 0);
}

TEST_CASE("paged rows: each row is contiguous and its own, whatever its width") {
  for (const std::size_t width : {1U, 3U, 1000U, 300'000U}) {
    PagedRows<float> rows(width);
    rows.grow(5);
    for (std::uint64_t row = 0; row < 5; ++row) {
      REQUIRE(rows[row].size() == width);
      std::ranges::fill(rows[row], static_cast<float>(row));
    }
    for (std::uint64_t row = 0; row < 5; ++row) {
      CHECK(rows[row].front() == static_cast<float>(row));
      CHECK(rows[row].back() == static_cast<float>(row));
    }
  }
}

TEST_CASE("ring queue: first in, first out, also while it grows around its end") {
  RingQueue<int> queue;
  int in = 0;
  int out = 0;
  for (int turn = 0; turn < 200; ++turn) {
    for (int i = 0; i < 7; ++i) {
      queue.push(in++);
    }
    for (int i = 0; i < 5; ++i) {
      CHECK(queue.front() == out);
      CHECK(queue.pop() == out++);
    }
  }
  CHECK(queue.size() == 400);
  while (!queue.empty()) {
    CHECK(queue.pop() == out++);
  }
  CHECK(out == in);
}

TEST_CASE("index map: it holds what a std::map holds, through growth and erasure") {
  IndexMap<std::uint64_t> map;
  std::map<std::uint32_t, std::uint64_t> model;
  SeededRng rng(7);
  CHECK(map.find(0) == nullptr);
  map.erase(0);
  for (std::uint64_t step = 0; step < 60'000; ++step) {
    // Neighbours and far ones, so that runs form and wrap around the end.
    const auto index =
        static_cast<std::uint32_t>(rng.below(3) == 0 ? rng.below(0xffff'ffff) : rng.below(400));
    if (rng.below(2) == 0) {
      map.at(index) = step;
      model[index] = step;
    } else {
      map.erase(index);
      model.erase(index);
    }
    REQUIRE(map.size() == model.size());
    const auto known = model.find(index);
    REQUIRE((map.find(index) != nullptr) == (known != model.end()));
  }
  for (const auto& [index, value] : model) {
    REQUIRE(map.find(index) != nullptr);
    CHECK(*map.find(index) == value);
  }
}

}  // namespace sonde
