#include "sonde/stats/quantiles.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace sonde::stats {
namespace {

// Bucket 0..255: the value itself. Above, [2^k, 2^(k+1)) is cut into 256 buckets of 2^(k-8) ns.
constexpr unsigned kPartBits = 8;
constexpr std::uint64_t kParts = 1U << kPartBits;
// 2^47 ns are 39 hours; longer ones share the last bucket, and max() still knows them.
constexpr unsigned kRangeBits = 47;
constexpr std::uint64_t kLargest = (1ULL << kRangeBits) - 1;

// Nearest rank, from 1; the hair less keeps 0.07 * 100 at 7 in binary arithmetic.
[[nodiscard]] std::uint64_t rank_of(double q, std::uint64_t count) noexcept {
  constexpr double kHair = 1e-9;
  const double exact = std::clamp(q, 0.0, 1.0) * static_cast<double>(count);
  const double up = std::ceil(exact * (1 - kHair));
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(up), 1, count);
}

[[nodiscard]] Duration duration_of(std::uint64_t ns) noexcept {
  return Duration(static_cast<Duration::rep>(ns));
}

}  // namespace

std::size_t Quantiles::bucket_of(std::uint64_t ns) noexcept {
  const std::uint64_t value = std::min(ns, kLargest);
  if (value < kParts) {
    return value;
  }
  const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - kPartBits;
  return shift * kParts + (value >> shift);
}

std::uint64_t Quantiles::middle_of(std::size_t bucket) noexcept {
  if (bucket < kParts) {
    return bucket;
  }
  const std::uint64_t shift = bucket / kParts - 1;
  const std::uint64_t low = (kParts + bucket % kParts) << shift;
  return low + ((1ULL << shift) >> 1U);
}

void Quantiles::add(Duration value) {
  const auto ns = static_cast<std::uint64_t>(std::max<Duration::rep>(value.count(), 0));
  min_ns_ = count_ == 0 ? ns : std::min(min_ns_, ns);
  max_ns_ = std::max(max_ns_, ns);
  ++count_;
  if (!histogram_.empty()) {
    count_in(ns, 1);
    return;
  }
  exact_.push_back(ns);
  sorted_ = false;
  if (exact_.size() > kExact) {
    spill();
  }
}

void Quantiles::merge(const Quantiles& other) {
  if (other.count_ == 0) {
    return;
  }
  min_ns_ = count_ == 0 ? other.min_ns_ : std::min(min_ns_, other.min_ns_);
  max_ns_ = std::max(max_ns_, other.max_ns_);
  count_ += other.count_;
  if (!other.histogram_.empty() || count_ > kExact) {
    spill();
  }
  for (std::size_t bucket = 0; bucket < other.histogram_.size(); ++bucket) {
    if (other.histogram_[bucket] > 0) {
      count_in(middle_of(bucket), other.histogram_[bucket]);
    }
  }
  const std::vector<std::uint64_t> samples = other.exact_;  // a copy: `other` may be this one
  if (histogram_.empty()) {
    exact_.insert(exact_.end(), samples.begin(), samples.end());
    sorted_ = false;
    return;
  }
  for (const std::uint64_t ns : samples) {
    count_in(ns, 1);
  }
}

void Quantiles::spill() {
  if (histogram_.empty()) {
    histogram_.resize(1);
  }
  for (const std::uint64_t ns : exact_) {
    count_in(ns, 1);
  }
  exact_ = {};
}

void Quantiles::count_in(std::uint64_t ns, std::uint64_t times) {
  const std::size_t bucket = bucket_of(ns);
  if (bucket >= histogram_.size()) {
    histogram_.resize((bucket / kParts + 1) * kParts);  // whole powers of two
  }
  histogram_[bucket] += times;
}

std::optional<Duration> Quantiles::at(double q) const {
  if (count_ == 0) {
    return std::nullopt;
  }
  const std::uint64_t rank = rank_of(q, count_);
  if (rank == 1) {
    return duration_of(min_ns_);
  }
  if (rank == count_) {
    return duration_of(max_ns_);
  }
  if (histogram_.empty()) {
    if (!sorted_) {
      std::ranges::sort(exact_);
      sorted_ = true;
    }
    return duration_of(exact_[rank - 1]);
  }
  std::size_t bucket = 0;
  for (std::uint64_t seen = histogram_[0]; seen < rank; seen += histogram_[bucket]) {
    ++bucket;
  }
  return duration_of(std::clamp(middle_of(bucket), min_ns_, max_ns_));
}

Quantiles::Snapshot Quantiles::snapshot() const {
  return {.min_ns = min_ns_, .max_ns = max_ns_, .exact = exact_, .histogram = histogram_};
}

std::optional<Quantiles> Quantiles::from(const Snapshot& snapshot) {
  const auto in_range = [&](std::uint64_t ns) {
    return ns >= snapshot.min_ns && ns <= snapshot.max_ns;
  };
  const bool one_kind = snapshot.exact.empty() || snapshot.histogram.empty();
  if (!one_kind || snapshot.exact.size() > kExact ||
      snapshot.histogram.size() > bucket_of(kLargest) + 1 ||
      !std::ranges::all_of(snapshot.exact, in_range)) {
    return std::nullopt;
  }
  Quantiles out;
  out.exact_ = snapshot.exact;
  out.sorted_ = false;
  out.histogram_ = snapshot.histogram;
  out.count_ = out.exact_.size();
  for (const std::uint64_t times : out.histogram_) {
    if (times > std::numeric_limits<std::uint64_t>::max() - out.count_) {
      return std::nullopt;
    }
    out.count_ += times;
  }
  const bool empty_is_zero = out.count_ > 0 || (snapshot.min_ns == 0 && snapshot.max_ns == 0);
  if (snapshot.min_ns > snapshot.max_ns || !empty_is_zero) {
    return std::nullopt;
  }
  out.min_ns_ = snapshot.min_ns;
  out.max_ns_ = snapshot.max_ns;
  return out;
}

}  // namespace sonde::stats
