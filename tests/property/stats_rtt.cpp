// RttStats against sums over the whole list in long double.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/stats/rtt.hpp"

namespace sonde::stats {
namespace {

struct Naive {
  long double mean = 0;
  long double stddev = 0;
  long double jitter = 0;
};

Naive naive(const std::vector<Duration>& rtts) {
  Naive out;
  for (const Duration rtt : rtts) {
    out.mean += static_cast<long double>(rtt.count());
  }
  out.mean /= static_cast<long double>(rtts.size());
  for (const Duration rtt : rtts) {
    const long double d = static_cast<long double>(rtt.count()) - out.mean;
    out.stddev += d * d;
  }
  out.stddev = std::sqrt(out.stddev / static_cast<long double>(rtts.size()));
  for (std::size_t i = 1; i < rtts.size(); ++i) {
    const auto d = static_cast<long double>(std::abs((rtts[i] - rtts[i - 1]).count()));
    out.jitter += (d - out.jitter) / 16;
  }
  return out;
}

// From loopback to satellite, narrow and wide.
std::vector<Duration> samples(SeededRng& rng) {
  const auto base = static_cast<Duration::rep>(rng.below(2'000'000'000));
  const std::uint64_t spread = 1 + rng.below(rng.below(2) == 0 ? 1000 : 3'000'000'000);
  std::vector<Duration> out(1 + rng.below(3000));
  for (Duration& rtt : out) {
    rtt = Duration(base + static_cast<Duration::rep>(rng.below(spread)));
  }
  return out;
}

bool near(std::optional<Duration> got, long double truth) {
  return got && std::abs(static_cast<long double>(got->count()) - truth) <= 1 + truth * 1e-9L;
}

TEST_CASE("property: mean, deviation and jitter equal those of the whole list") {
  SeededRng rng(1);
  for (int round = 0; round < 200; ++round) {
    const std::vector<Duration> rtts = samples(rng);
    RttStats stats;
    for (const Duration rtt : rtts) {
      stats.add(rtt);
    }
    const Naive truth = naive(rtts);
    CAPTURE(round);
    CHECK(near(stats.mean(), truth.mean));
    CHECK(near(stats.stddev(), truth.stddev));
    CHECK((rtts.size() < 2 ? !stats.jitter() : near(stats.jitter(), truth.jitter)));
    CHECK(*stats.min() <= *stats.mean());
    CHECK(*stats.mean() <= *stats.max());
  }
}

TEST_CASE("property: however the samples are split, merging gives the whole") {
  SeededRng rng(2);
  for (int round = 0; round < 200; ++round) {
    const std::vector<Duration> rtts = samples(rng);
    std::vector<RttStats> parts(1 + rng.below(8));
    const std::size_t each = rtts.size() / parts.size() + 1;
    for (std::size_t i = 0; i < rtts.size(); ++i) {
      parts[i / each].add(rtts[i]);
    }
    RttStats merged;
    for (const RttStats& part : parts) {
      merged.merge(part);
    }
    const Naive truth = naive(rtts);
    CAPTURE(round);
    CHECK(merged.count() == rtts.size());
    CHECK(merged.last() == rtts.back());
    CHECK(near(merged.mean(), truth.mean));
    CHECK(near(merged.stddev(), truth.stddev));
  }
}

}  // namespace
}  // namespace sonde::stats
