// rate_pacer.hpp: so many a second in all, on a grid without drift: slot k is due at start +
// k/rate, whatever slow turns and rounding do. A turn that comes late finds the slots it missed, at
// most kCatchUp of them by time; after a longer pause (suspend, SIGSTOP, nothing to send) the grid
// starts anew: no burst. Pure: time comes in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "sonde/base/time.hpp"

namespace sonde::probe {

class RatePacer {
 public:
  static constexpr Duration kCatchUp = 20ms;
  static constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();
  static constexpr std::uint64_t kMaxRate = 1'000'000'000;

  // Slots a second, 1 to kMaxRate; absent: no limit. The first slot is due at once.
  explicit RatePacer(std::optional<std::uint64_t> rate) noexcept : rate_(rate.value_or(0)) {}

  [[nodiscard]] std::optional<std::uint64_t> rate() const noexcept {
    return rate_ == 0 ? std::nullopt : std::optional(rate_);
  }
  // The new grid starts one new interval after `now`.
  void set_rate(std::uint64_t rate, Instant now) noexcept {
    rate_ = rate;
    restart(now);
    used_ = 1;
  }

  // How many slots are due.
  [[nodiscard]] std::size_t available(Instant now) noexcept;
  // So many of them were used.
  void use(std::size_t slots) noexcept;
  // When the next slot is due; without a limit, always.
  [[nodiscard]] Instant next() const noexcept {
    return rate_ != 0 && started_ ? start_ + offset(used_) : Instant::min();
  }

 private:
  static constexpr std::uint64_t kSecond = 1'000'000'000;
  [[nodiscard]] Duration offset(std::uint64_t slot) const noexcept {
    return Duration(static_cast<Duration::rep>((slot * kSecond + rate_ - 1) / rate_));
  }
  void restart(Instant now) noexcept {
    started_ = true;
    start_ = now;
    used_ = 0;
  }

  std::uint64_t rate_;  // 0: no limit
  bool started_ = false;
  Instant start_{};
  std::uint64_t used_ = 0;  // since start_; below two seconds' worth
};

inline std::size_t RatePacer::available(Instant now) noexcept {
  if (rate_ == 0) {
    return kUnlimited;
  }
  if (!started_ || now - next() > kCatchUp + offset(1)) {
    restart(now);
  }
  if (now < next()) {
    return 0;
  }
  const auto passed = static_cast<std::uint64_t>((now - start_).count());
  return static_cast<std::size_t>(passed / kSecond * rate_ + passed % kSecond * rate_ / kSecond -
                                  used_ + 1);
}

inline void RatePacer::use(std::size_t slots) noexcept {
  if (rate_ == 0) {
    return;
  }
  used_ += slots;
  if (used_ >= rate_) {  // whole seconds are carried over exactly
    start_ += Duration(static_cast<Duration::rep>(used_ / rate_ * kSecond));
    used_ %= rate_;
  }
}

}  // namespace sonde::probe
