#include "sonde/base/random.hpp"

#include <doctest/doctest.h>

#include <array>
#include <set>

namespace sonde {

TEST_CASE("seeded rng: the published SplitMix64 sequence for seed 1234567") {
  SeededRng rng{1234567};
  CHECK(rng.next() == 6457827717110365317U);
  CHECK(rng.next() == 3203168211198807973U);
  CHECK(rng.next() == 9817491932198370423U);
}

TEST_CASE("seeded rng: the same seed gives the same numbers, another seed others") {
  SeededRng a{7};
  SeededRng b{7};
  SeededRng c{8};
  const std::uint64_t first = a.next();
  CHECK(first == b.next());
  CHECK(first != c.next());
  CHECK(a.next() != first);
}

TEST_CASE("rng: below stays below its bound and reaches every value") {
  SeededRng rng{1};
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i) {
    const std::uint64_t value = rng.below(seen.size());
    REQUIRE(value < seen.size());
    ++seen[value];
  }
  for (const int count : seen) {
    CHECK(count > 800);
    CHECK(count < 1200);
  }
  CHECK(rng.below(1) == 0);
}

TEST_CASE("rng: unit is at least 0, below 1, and its mean near one half") {
  SeededRng rng{2};
  constexpr int kDraws = 10000;
  double sum = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = rng.unit();
    REQUIRE(value >= 0.0);
    REQUIRE(value < 1.0);
    sum += value;
  }
  CHECK(sum / kDraws == doctest::Approx(0.5).epsilon(0.03));
}

TEST_CASE("system rng: a hundred draws are a hundred numbers") {
  SystemRng rng;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 100; ++i) {
    seen.insert(rng.next());
  }
  CHECK(seen.size() == 100);
}

}  // namespace sonde
