// Quantiles against a sorted vector, and merged ones against one run over all samples.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/stats/quantiles.hpp"

namespace sonde::stats {
namespace {

constexpr std::array kQs{0.0, 0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0};

// Every order of magnitude from 1 ns to 10 s, equally likely.
Duration any_duration(SeededRng& rng) {
  return Duration(static_cast<Duration::rep>(std::pow(10.0, rng.unit() * 10)));
}

std::vector<Duration> samples(SeededRng& rng, std::uint64_t most) {
  std::vector<Duration> out(1 + rng.below(most));
  std::ranges::generate(out, [&] { return any_duration(rng); });
  return out;
}

Quantiles of(const std::vector<Duration>& values) {
  Quantiles q;
  for (const Duration value : values) {
    q.add(value);
  }
  return q;
}

Duration nearest_rank(const std::vector<Duration>& sorted, double q) {
  const double rank = std::ceil(q * static_cast<double>(sorted.size()) - 1e-9);
  return sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

TEST_CASE("property: up to 512 samples every quantile is exact") {
  SeededRng rng(3);
  for (int round = 0; round < 300; ++round) {
    std::vector<Duration> values = samples(rng, Quantiles::kExact);
    const Quantiles q = of(values);
    std::ranges::sort(values);
    for (const double p : kQs) {
      CAPTURE(values.size());
      CAPTURE(p);
      CHECK(q.at(p) == nearest_rank(values, p));
    }
  }
}

TEST_CASE("property: beyond that within 0.2 %, and never outside the ends") {
  SeededRng rng(4);
  for (int round = 0; round < 60; ++round) {
    std::vector<Duration> values = samples(rng, 20'000);
    const Quantiles q = of(values);
    std::ranges::sort(values);
    for (const double p : kQs) {
      const auto truth = static_cast<double>(nearest_rank(values, p).count());
      CAPTURE(values.size());
      CAPTURE(p);
      CHECK(std::abs(static_cast<double>(q.at(p)->count()) - truth) <= truth * 0.002);
      CHECK(*q.at(p) >= values.front());
      CHECK(*q.at(p) <= values.back());
    }
  }
}

TEST_CASE("property: merged ones are the same as one over all samples") {
  SeededRng rng(5);
  for (int round = 0; round < 150; ++round) {
    const std::vector<Duration> values = samples(rng, 4000);
    std::vector<Quantiles> parts(1 + rng.below(6));
    for (const Duration value : values) {
      parts[rng.below(parts.size())].add(value);
    }
    Quantiles merged;
    for (const Quantiles& part : parts) {
      merged.merge(part);
    }
    const Quantiles whole = of(values);
    CHECK(merged.count() == whole.count());
    for (const double p : kQs) {
      CAPTURE(values.size());
      CAPTURE(p);
      CHECK(merged.at(p) == whole.at(p));
    }
  }
}

}  // namespace
}  // namespace sonde::stats
