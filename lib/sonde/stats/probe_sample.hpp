// probe_sample.hpp: what became of one probe of a sweep, in four bytes: how it ended and, where an
// answer came, its round-trip time with a float's seven digits. Zeroed memory is `in_flight`.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "sonde/base/time.hpp"

namespace sonde::stats {

enum class ProbeEnd : std::uint8_t { in_flight, reply, late, timeout, error, send_failed };

class ProbeSample {
 public:
  constexpr ProbeSample() = default;
  // One without an answer.
  constexpr explicit ProbeSample(ProbeEnd end) noexcept {
    if (end == ProbeEnd::timeout) {
      code_ = kTimeout;
    } else if (end == ProbeEnd::error) {
      code_ = kError;
    } else if (end == ProbeEnd::send_failed) {
      code_ = kSendFailed;
    }
  }
  [[nodiscard]] static constexpr ProbeSample reply(Duration rtt) noexcept {
    return ProbeSample(in_ns(rtt));
  }
  [[nodiscard]] static constexpr ProbeSample late(Duration rtt) noexcept {
    return ProbeSample(-in_ns(rtt));
  }

  [[nodiscard]] constexpr ProbeEnd end() const noexcept {
    if (code_ >= 1) {
      return ProbeEnd::reply;
    }
    if (code_ <= -1) {
      return ProbeEnd::late;
    }
    if (code_ == kTimeout) {
      return ProbeEnd::timeout;
    }
    if (code_ == kError) {
      return ProbeEnd::error;
    }
    return code_ == kSendFailed ? ProbeEnd::send_failed : ProbeEnd::in_flight;
  }
  [[nodiscard]] constexpr std::optional<Duration> rtt() const noexcept {
    const float ns = code_ < 0 ? -code_ : code_;
    return ns >= 1 ? std::optional(Duration(static_cast<Duration::rep>(ns))) : std::nullopt;
  }
  friend constexpr bool operator==(const ProbeSample&, const ProbeSample&) = default;

 private:
  // A time is at least 1 ns: below are the ends without one.
  static constexpr float kTimeout = 0.25F;
  static constexpr float kError = 0.5F;
  static constexpr float kSendFailed = 0.75F;

  constexpr explicit ProbeSample(float code) noexcept : code_(code) {}
  [[nodiscard]] static constexpr float in_ns(Duration rtt) noexcept {
    return static_cast<float>(std::max<Duration::rep>(rtt.count(), 1));
  }

  float code_ = 0;
};
static_assert(sizeof(ProbeSample) == sizeof(float));

}  // namespace sonde::stats
