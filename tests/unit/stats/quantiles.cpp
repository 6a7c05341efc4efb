#include "sonde/stats/quantiles.hpp"

#include <doctest/doctest.h>

namespace sonde::stats {
namespace {

TEST_CASE("quantiles: absent without samples") { CHECK_FALSE(Quantiles().at(0.5)); }

TEST_CASE("quantiles: nearest rank, the lower of the two middle ones") {
  Quantiles q;
  for (const int v : {4, 1, 3, 2}) {
    q.add(Duration(v));
  }
  CHECK(q.at(0.5) == Duration(2));
  CHECK(q.at(0) == Duration(1));
  CHECK(q.at(1) == Duration(4));
  CHECK(q.at(0.75) == Duration(3));
  CHECK(q.at(0.76) == Duration(4));
}

TEST_CASE("quantiles: binary fractions do not push a whole rank up") {
  Quantiles q;
  for (int v = 1; v <= 100; ++v) {
    q.add(Duration(v));
  }
  CHECK(q.at(0.07) == Duration(7));
  CHECK(q.at(0.29) == Duration(29));
  CHECK(q.at(0.99) == Duration(99));
}

TEST_CASE("quantiles: a q below 0 or above 1 is taken to its end") {
  Quantiles q;
  q.add(5ns);
  q.add(9ns);
  CHECK(q.at(-1) == 5ns);
  CHECK(q.at(7) == 9ns);
}

TEST_CASE("quantiles: a negative duration counts as 0") {
  Quantiles q;
  q.add(-1s);
  CHECK(q.at(0.5) == 0ns);
}

TEST_CASE("quantiles: the 513th sample moves them into the histogram, ends stay exact") {
  Quantiles q;
  for (int i = 0; i < 600; ++i) {
    q.add(1ms + Duration(i * 1009));
  }
  CHECK(q.at(0) == 1ms);
  CHECK(q.at(1) == 1ms + Duration(599 * 1009));
  const double median = static_cast<double>(q.at(0.5)->count());
  const double truth = 1e6 + 299 * 1009;
  CHECK(median == doctest::Approx(truth).epsilon(0.002));
}

TEST_CASE("quantiles: durations beyond the histogram keep their maximum") {
  Quantiles q;
  for (int i = 0; i < 1000; ++i) {
    q.add(std::chrono::hours(100));
  }
  CHECK(q.at(1) == std::chrono::hours(100));
  CHECK(q.at(0.5) == std::chrono::hours(100));  // clamped between the equal ends
}

TEST_CASE("quantiles: merging with itself doubles every sample") {
  Quantiles q;
  for (int i = 1; i <= 300; ++i) {
    q.add(Duration(i));
  }
  q.merge(q);
  CHECK(q.count() == 600);
  CHECK(q.at(0.5) == Duration(150));
}

}  // namespace
}  // namespace sonde::stats
