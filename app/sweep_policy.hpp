// sweep_policy.hpp: what a sweep may be aimed at, and how fast. Asked for addresses as typed (a
// usage error) and again for what a file or a name turned out to hold (an error of that target).
// Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "app/sweep_options.hpp"
#include "app/usage_error.hpp"
#include "sonde/net/range.hpp"

namespace sonde::app {

struct SweepPolicy {
  static constexpr std::uint64_t kMany = 65'536;      // targets, without --allow many
  static constexpr std::uint64_t kFast = 10'000;      // probes a second, without --allow fast
  static constexpr Duration kShortestInterval = 2ms;  // between probes to a target, but for root
  static constexpr Duration kShortestGroupInterval = 1s;  // to many hosts at once, but for root

  bool v4 = true;  // families that can be sent to
  bool v6 = true;
  bool trusted = false;  // root
  Allowed allowed{};
  bool broadcast = false;  // -b
  Rate rate{};
  std::optional<Duration> interval{};  // count and loop mode
  std::uint32_t payload_bytes = 0;
};

[[nodiscard]] bool is_loopback(const net::AddressRange& range) noexcept;

// Why not; nullopt: fine.
[[nodiscard]] Refusal refuse(const SweepPolicy& policy, const net::AddressRange& range);
// `total` targets, of which not all are loopback.
[[nodiscard]] Refusal refuse_many(const SweepPolicy& policy, std::uint64_t total);

}  // namespace sonde::app
