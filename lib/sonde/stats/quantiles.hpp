// quantiles.hpp: quantiles of RTTs in constant memory, mergeable exactly.
// The first 512 samples are kept as they are (exact nearest-rank quantiles); beyond that they move
// into a log-linear histogram (the layout of HdrHistogram: powers of two cut into 256 equal parts),
// whose answers are within 0.2 % of the true value and never outside [min, max].
// Merging two histograms equals one over all samples. At most about 80 KiB, taken as needed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sonde/base/time.hpp"

namespace sonde::stats {

class Quantiles {
 public:
  static constexpr std::size_t kExact = 512;

  void add(Duration value);  // negative counts as 0
  void merge(const Quantiles& other);
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  // q in [0, 1], nearest rank (0.5 of 1 2 3 4 is 2). Absent without samples.
  [[nodiscard]] std::optional<Duration> at(double q) const;

  // All of it as plain numbers, to be written down and merged elsewhere. Either `exact` holds the
  // samples, or `histogram` counts them: bucket b < 256 stands for b ns, and bucket 256 k + r
  // (r < 256, k >= 1) for 2^(k-1) ns from (256 + r) 2^(k-1) ns upwards.
  struct Snapshot {
    std::uint64_t min_ns = 0;
    std::uint64_t max_ns = 0;
    std::vector<std::uint64_t> exact{};
    std::vector<std::uint64_t> histogram{};
  };
  [[nodiscard]] Snapshot snapshot() const;
  // nullopt: numbers that no snapshot has.
  [[nodiscard]] static std::optional<Quantiles> from(const Snapshot& snapshot);

 private:
  [[nodiscard]] static std::size_t bucket_of(std::uint64_t ns) noexcept;
  [[nodiscard]] static std::uint64_t middle_of(std::size_t bucket) noexcept;
  void spill();
  void count_in(std::uint64_t ns, std::uint64_t times);

  std::uint64_t count_ = 0;
  std::uint64_t min_ns_ = 0;
  std::uint64_t max_ns_ = 0;
  mutable std::vector<std::uint64_t> exact_;  // sorted on demand
  mutable bool sorted_ = true;
  std::vector<std::uint64_t> histogram_;  // empty while exact
};

}  // namespace sonde::stats
