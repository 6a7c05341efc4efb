#include "sonde/stats/rtt.hpp"

#include <doctest/doctest.h>

namespace sonde::stats {
namespace {

RttStats of(std::initializer_list<Duration> rtts) {
  RttStats stats;
  for (const Duration rtt : rtts) {
    stats.add(rtt);
  }
  return stats;
}

TEST_CASE("rtt: without a sample everything is absent") {
  const RttStats stats;
  CHECK(stats.count() == 0);
  CHECK_FALSE(stats.min());
  CHECK_FALSE(stats.max());
  CHECK_FALSE(stats.mean());
  CHECK_FALSE(stats.last());
  CHECK_FALSE(stats.stddev());
  CHECK_FALSE(stats.jitter());
  CHECK_FALSE(stats.ewma());
}

TEST_CASE("rtt: one sample has deviation 0 and no jitter") {
  const RttStats stats = of({30us});
  CHECK(stats.min() == 30us);
  CHECK(stats.max() == 30us);
  CHECK(stats.mean() == 30us);
  CHECK(stats.stddev() == 0us);
  CHECK(stats.ewma() == 30us);
  CHECK_FALSE(stats.jitter());
}

TEST_CASE("rtt: the deviation is that of the population, as ping's mdev") {
  const RttStats stats = of({2ms, 4ms, 4ms, 4ms, 5ms, 5ms, 7ms, 9ms});
  CHECK(stats.mean() == 5ms);
  CHECK(stats.stddev() == 2ms);
}

TEST_CASE("rtt: jitter is smoothed by a sixteenth, starting from 0") {
  CHECK(of({10ms, 26ms}).jitter() == 1ms);
  CHECK(of({10ms, 26ms, 10ms}).jitter() == 1'937'500ns);
}

TEST_CASE("rtt: the moving average starts at the first sample and moves an eighth") {
  CHECK(of({8ms, 16ms}).ewma() == 9ms);
}

TEST_CASE("rtt: a mean of equal samples is exactly the sample") {
  RttStats stats;
  for (int i = 0; i < 1000; ++i) {
    stats.add(Duration(33'333'333));
  }
  CHECK(stats.mean() == Duration(33'333'333));
  CHECK(stats.stddev() == 0ns);
}

TEST_CASE("rtt: merging with an empty one changes nothing, on either side") {
  RttStats left = of({1ms, 3ms});
  left.merge({});
  CHECK(left.mean() == 2ms);
  RttStats right;
  right.merge(left);
  CHECK(right.mean() == 2ms);
  CHECK(right.count() == 2);
}

TEST_CASE("rtt: merging equals one run over all samples") {
  RttStats left = of({1ms, 3ms});
  left.merge(of({5ms, 7ms, 9ms}));
  const RttStats all = of({1ms, 3ms, 5ms, 7ms, 9ms});
  CHECK(left.count() == all.count());
  CHECK(left.min() == all.min());
  CHECK(left.max() == all.max());
  CHECK(left.mean() == all.mean());
  CHECK(left.stddev() == all.stddev());
  CHECK(left.last() == all.last());
}

}  // namespace
}  // namespace sonde::stats
