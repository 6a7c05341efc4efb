// rtt.hpp: round-trip times added up without overflow, drift or a growing list.
// Mean and variance by Welford's method (Technometrics 1962), merged by Chan's formula; jitter as
// RFC 3550 section 6.4.1 (smoothed by 1/16). Durations in, Durations out; absent with no sample.
// Pure, constant memory.
#pragma once

#include <cstdint>
#include <optional>

#include "sonde/base/time.hpp"

namespace sonde::stats {

class RttStats {
 public:
  void add(Duration rtt) noexcept;
  void merge(const RttStats& other) noexcept;  // as if all samples had come here; jitter: weighted

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::optional<Duration> min() const noexcept;
  [[nodiscard]] std::optional<Duration> max() const noexcept;
  [[nodiscard]] std::optional<Duration> mean() const noexcept;
  [[nodiscard]] std::optional<Duration> last() const noexcept;
  // Of the population, as ping's mdev; 0 for one sample.
  [[nodiscard]] std::optional<Duration> stddev() const noexcept;
  [[nodiscard]] std::optional<Duration> jitter() const noexcept;  // absent below two samples
  // Exponentially weighted moving average, weight 1/8: ping's ewma.
  [[nodiscard]] std::optional<Duration> ewma() const noexcept;

  // What a merge needs, as plain numbers, to be written down and merged elsewhere.
  struct Sums {
    std::uint64_t count = 0;
    Duration min{};
    Duration max{};
    double mean_ns = 0;
    double m2 = 0;  // sum of squared distances from the mean, ns^2
  };
  [[nodiscard]] Sums sums() const noexcept;
  // jitter() and last() of what was read back mean nothing.
  [[nodiscard]] static RttStats from(const Sums& sums) noexcept;

 private:
  std::uint64_t count_ = 0;
  Duration min_{};
  Duration max_{};
  Duration last_{};
  double mean_ns_ = 0;
  double m2_ = 0;  // sum of squared distances from the mean, ns^2
  double jitter_ns_ = 0;
  double ewma_ns_ = 0;
};

}  // namespace sonde::stats
