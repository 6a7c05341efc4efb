#include "sonde/stats/rtt.hpp"

#include <algorithm>
#include <cmath>

namespace sonde::stats {
namespace {

constexpr double kJitterWeight = 1.0 / 16;  // RFC 3550 section 6.4.1
constexpr double kEwmaWeight = 1.0 / 8;

[[nodiscard]] double ns_of(Duration d) noexcept { return static_cast<double>(d.count()); }
[[nodiscard]] Duration from_ns(double ns) noexcept { return Duration(std::llround(ns)); }

[[nodiscard]] double weighted(double a, double a_weight, double b, double b_weight) noexcept {
  const double sum = a_weight + b_weight;
  return sum > 0 ? (a * a_weight + b * b_weight) / sum : 0;
}

// How many differences between neighbours a count of samples holds.
[[nodiscard]] double differences(std::uint64_t count) noexcept {
  return count > 0 ? static_cast<double>(count - 1) : 0;
}

}  // namespace

void RttStats::add(Duration rtt) noexcept {
  const double x = ns_of(rtt);
  if (count_ == 0) {
    min_ = max_ = rtt;
    ewma_ns_ = x;
  } else {
    min_ = std::min(min_, rtt);
    max_ = std::max(max_, rtt);
    ewma_ns_ += (x - ewma_ns_) * kEwmaWeight;
    jitter_ns_ += (std::abs(x - ns_of(last_)) - jitter_ns_) * kJitterWeight;
  }
  last_ = rtt;
  ++count_;
  const double from_old_mean = x - mean_ns_;
  mean_ns_ += from_old_mean / static_cast<double>(count_);
  m2_ += from_old_mean * (x - mean_ns_);
}

void RttStats::merge(const RttStats& other) noexcept {
  if (other.count_ == 0) {
    return;
  }
  if (count_ == 0) {
    *this = other;
    return;
  }
  const auto mine = static_cast<double>(count_);
  const auto theirs = static_cast<double>(other.count_);
  const double delta = other.mean_ns_ - mean_ns_;
  jitter_ns_ =
      weighted(jitter_ns_, differences(count_), other.jitter_ns_, differences(other.count_));
  ewma_ns_ = weighted(ewma_ns_, mine, other.ewma_ns_, theirs);
  mean_ns_ += delta * theirs / (mine + theirs);
  m2_ += other.m2_ + delta * delta * mine * theirs / (mine + theirs);
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  last_ = other.last_;
  count_ += other.count_;
}

RttStats::Sums RttStats::sums() const noexcept {
  return {.count = count_, .min = min_, .max = max_, .mean_ns = mean_ns_, .m2 = m2_};
}

RttStats RttStats::from(const Sums& sums) noexcept {
  RttStats rtt;
  rtt.count_ = sums.count;
  rtt.min_ = sums.min;
  rtt.max_ = rtt.last_ = sums.max;
  rtt.mean_ns_ = rtt.ewma_ns_ = sums.mean_ns;
  rtt.m2_ = sums.m2;
  return rtt;
}

std::optional<Duration> RttStats::min() const noexcept {
  return count_ > 0 ? std::optional(min_) : std::nullopt;
}

std::optional<Duration> RttStats::max() const noexcept {
  return count_ > 0 ? std::optional(max_) : std::nullopt;
}

std::optional<Duration> RttStats::last() const noexcept {
  return count_ > 0 ? std::optional(last_) : std::nullopt;
}

std::optional<Duration> RttStats::mean() const noexcept {
  // The clamp takes the last rounding error away: a mean outside its samples would be a lie.
  return count_ > 0 ? std::optional(std::clamp(from_ns(mean_ns_), min_, max_)) : std::nullopt;
}

std::optional<Duration> RttStats::stddev() const noexcept {
  if (count_ == 0) {
    return std::nullopt;
  }
  const double variance = std::max(0.0, m2_ / static_cast<double>(count_));
  return from_ns(std::sqrt(variance));
}

std::optional<Duration> RttStats::jitter() const noexcept {
  return count_ > 1 ? std::optional(from_ns(jitter_ns_)) : std::nullopt;
}

std::optional<Duration> RttStats::ewma() const noexcept {
  return count_ > 0 ? std::optional(from_ns(ewma_ns_)) : std::nullopt;
}

}  // namespace sonde::stats
