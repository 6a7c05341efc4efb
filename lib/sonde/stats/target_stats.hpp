// target_stats.hpp: everything that is counted for one target, from its events alone.
// Each probe ends in exactly one bucket:
//   sent = received + late + lost + errors + send_failures + in_flight
// `sent` counts attempts, send failures included. A late reply leaves `lost` for `late`. Duplicate,
// reordered and corrupt count replies, beside the buckets.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sonde/base/time.hpp"
#include "sonde/probe/event.hpp"
#include "sonde/stats/outages.hpp"
#include "sonde/stats/quantiles.hpp"
#include "sonde/stats/rtt.hpp"

namespace sonde::stats {

struct Counts {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t lost = 0;  // timed out, and nothing came later
  std::uint64_t late = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t reordered = 0;
  std::uint64_t corrupt = 0;
  std::uint64_t errors = 0;
  std::uint64_t send_failures = 0;

  // Each count by itself; a difference may wrap, and its sum comes back.
  Counts& operator+=(const Counts& other) noexcept;
  Counts& operator-=(const Counts& other) noexcept;
  // Any reply at all.
  [[nodiscard]] bool answered() const noexcept { return received + late > 0; }
  // Was every probe refused by our own system?
  [[nodiscard]] bool none_left() const noexcept { return sent > 0 && sent == send_failures; }
  // The share of finished probes that no echo reply came back for, 0 to 1. Absent while none is
  // finished.
  [[nodiscard]] std::optional<double> loss_ratio() const noexcept;
  // The same in whole per cent, rounded down: 100 only if nothing came back.
  [[nodiscard]] std::optional<std::uint64_t> loss_percent() const noexcept;

 private:
  // Not from `sent`: an interval has ends of probes that were sent in the one before.
  [[nodiscard]] std::uint64_t unanswered() const noexcept { return lost + errors + send_failures; }
  [[nodiscard]] std::uint64_t finished() const noexcept { return unanswered() + received + late; }
};

class TargetStats {
 public:
  static constexpr std::uint64_t kOutageProbes = OutageTracker::kProbes;
  static constexpr std::size_t kMaxOutages = OutageTracker::kMaxKept;  // the first ones are kept

  void apply(const probe::Event& event);

  [[nodiscard]] const Counts& counts() const noexcept { return counts_; }
  [[nodiscard]] const RttStats& rtt() const noexcept { return rtt_; }
  [[nodiscard]] const Quantiles& quantiles() const noexcept { return quantiles_; }
  [[nodiscard]] std::vector<Outage> outages() const { return outages_.all(); }
  // Is the target in an outage now (its last finished probes unanswered)?
  [[nodiscard]] bool down() const noexcept { return outages_.down(); }
  // That outage so far.
  [[nodiscard]] std::optional<Outage> current_outage() const noexcept { return outages_.current(); }
  // The weakest clock that any of the RTTs was measured with.
  [[nodiscard]] std::optional<probe::RttClock> clock() const noexcept { return clock_; }
  [[nodiscard]] std::optional<Instant> first_sent() const noexcept { return first_sent_; }
  // The last attempt, failed ones included: first to last is what ping calls `time`.
  [[nodiscard]] std::optional<Instant> last_sent() const noexcept { return last_sent_; }
  [[nodiscard]] std::optional<Instant> last_event() const noexcept { return last_event_; }

 private:
  void attempted(const probe::Event& event);
  [[nodiscard]] std::uint64_t& bucket_before(const probe::Event& event) noexcept;
  void answered(const probe::Event& event);

  Counts counts_;
  RttStats rtt_;
  Quantiles quantiles_;
  std::optional<probe::RttClock> clock_;
  std::optional<Instant> first_sent_;
  std::optional<Instant> last_sent_;
  std::optional<Instant> last_event_;
  OutageTracker outages_;
};

}  // namespace sonde::stats
