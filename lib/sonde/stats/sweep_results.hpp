// sweep_results.hpp: what a sweep found, target by target and in all.
// How much is kept a target is chosen once: only its state (2 bits), until one answers also its
// tries while there is more than one (some 80 bytes), a record (counts and RTT sums, 80 bytes), or
// also each round's outcome (4 bytes more a round). Totals and the RTT quantiles of the whole run
// are always kept. A record is final when its target is settled: what comes later is in the totals
// alone, so that text, JSON and the verdict say the same. Fed by run/sweep_session with the
// engine's events; read by reporters and the judge. Buckets as in target_stats.hpp: sent = received
// + late + lost + errors + send_failures + in_flight.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sonde/base/index_map.hpp"
#include "sonde/base/paged_array.hpp"
#include "sonde/base/time.hpp"
#include "sonde/base/untrusted.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/address_list.hpp"
#include "sonde/probe/state_map.hpp"
#include "sonde/probe/sweep_event.hpp"
#include "sonde/stats/probe_sample.hpp"
#include "sonde/stats/quantiles.hpp"
#include "sonde/stats/run_record.hpp"
#include "sonde/stats/target_stats.hpp"

namespace sonde::stats {

enum class SweepDetail : std::uint8_t { states, tries, records, samples };

struct SweepRtt {
  Duration min{};
  Duration mean{};
  Duration max{};
  Duration stddev{};  // of the population
  Duration last{};
  probe::RttClock clock = probe::RttClock::steady;  // the weakest that one was measured with
};

// The last ICMP error that a target's probes met.
struct SweepIcmpError {
  wire::IcmpType icmp;
  probe::Status status = probe::Status::icmp_error;
  std::optional<net::Address> responder{};  // absent: too many different ones to keep
};

// One target, put together on demand. Views stay valid as long as the results do not change.
struct SweepResult {
  std::uint32_t index = 0;
  std::optional<net::Address> address{};  // absent: a name without one
  std::string_view name{};                // as it was given; empty: a plain address
  const Untrusted* reverse = nullptr;     // the address's name, may be empty; null: not known
  probe::SweepState state = probe::SweepState::pending;
  Counts counts{};                // without records: all 0, but see SweepResults::after
  std::optional<SweepRtt> rtt{};  // of reply and late
  std::optional<SweepIcmpError> icmp_error{};
  const TargetError* error = nullptr;  // failed: why; else null
  // Detail `samples`: by round.
  std::span<const ProbeSample> samples{};
};

// A target that an earlier run has settled.
struct SavedTarget {
  std::uint32_t index = 0;
  probe::SweepState state = probe::SweepState::pending;
  Counts counts{};
  std::optional<SweepRtt> rtt{};
  std::optional<SweepIcmpError> icmp_error{};
  std::optional<Untrusted> name{};
  std::optional<TargetError> error{};
  std::vector<ProbeSample> samples{};
};

struct SweepTotals {
  std::uint64_t alive = 0;
  std::uint64_t unreachable = 0;
  std::uint64_t failed = 0;  // no address, or not allowed
  Counts counts{};           // of all probes
  std::optional<Instant> first_sent{};
  std::optional<Instant> last_sent{};
  std::optional<probe::RttClock> clock{};  // the weakest that an RTT was measured with
  [[nodiscard]] std::uint64_t settled() const noexcept { return alive + unreachable + failed; }
};

class SweepResults {
 public:
  // `targets` outlives the results. `rounds`: of `samples`, probes a target. Until one answers, a
  // target is alive when it is settled; in the other modes from its first answer on.
  SweepResults(const net::AddressList& targets, SweepDetail detail, std::uint32_t rounds = 0,
               probe::SweepMode mode = probe::SweepMode::until_answer);

  [[nodiscard]] const net::AddressList& targets() const noexcept { return *targets_; }
  // How many targets are known; with shards, those of the others too (they stay pending, sent 0).
  [[nodiscard]] std::uint64_t size() const noexcept { return targets_->size(); }
  [[nodiscard]] bool has_records() const noexcept { return detail_ >= SweepDetail::records; }
  [[nodiscard]] SweepResult at(std::uint32_t index) const;
  [[nodiscard]] probe::SweepState state(std::uint32_t index) const noexcept {
    return states_.at(index);
  }
  // The result of the target that `event` was about, just applied. Without records its counts and
  // RTT are those of its tries so far (detail `states`: of this one alone), and of the answer if
  // this is one.
  [[nodiscard]] SweepResult after(const probe::SweepEvent& event) const;
  [[nodiscard]] SweepTotals totals() const noexcept;
  [[nodiscard]] const Quantiles& quantiles() const noexcept { return quantiles_; }
  [[nodiscard]] const RttStats& rtt() const noexcept { return rtt_; }
  // Bytes kept for each target.
  [[nodiscard]] std::size_t bytes_a_target() const noexcept;

  // --- for the session ---
  void grow();  // the list has
  void apply(const probe::SweepEvent& event);
  void fail(std::uint32_t index, TargetError error);   // a name that has no address
  void set_name(std::uint32_t index, Untrusted name);  // of its address
  void drop_name(std::uint32_t index);
  // As an earlier run left it, what was in flight too; its counts go into the totals, its RTTs by
  // restore_rtt().
  void restore(const SavedTarget& saved);
  void set_sample(std::uint32_t index, std::uint32_t round, ProbeSample sample);
  void restore_rtt(const RttStats& rtt, const Quantiles& quantiles);
  // What was counted beside the targets: answers that came after they were settled.
  void restore_counts(const Counts& counts, std::optional<probe::RttClock> clock);
  // Forgets what was counted, not the states: an interval is over, the next one begins.
  void restart();

 private:
  struct IcmpError {  // the last one
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    std::uint16_t responder = 0;  // 1 + index in responders_; 0: none kept
    bool met = false;
  };
  struct Record {  // in the order of what a reply touches
    std::uint32_t sent = 0;
    std::uint32_t received = 0;
    std::uint32_t late = 0;
    std::uint32_t lost = 0;
    std::uint32_t errors = 0;
    std::uint32_t send_failures = 0;
    std::uint32_t duplicate = 0;
    std::uint32_t corrupt = 0;
    std::int64_t min_ns = 0;
    std::int64_t max_ns = 0;
    std::int64_t last_ns = 0;
    double mean_ns = 0;
    double m2 = 0;  // sum of squared distances from the mean (Welford)
    IcmpError icmp{};
    bool settled = false;  // what comes now is in the totals alone
    probe::RttClock clock = probe::RttClock::kernel_tx_rx;
  };
  static constexpr std::size_t kRecordBytes = 80;
  static_assert(sizeof(Record) <= kRecordBytes);
  // Without records: of a target whose first probe was not answered in time, until it is settled.
  struct Tries {
    std::uint32_t sent = 0;
    std::uint32_t received = 0;
    std::uint32_t late = 0;
    std::uint32_t lost = 0;
    std::uint32_t errors = 0;
    std::uint32_t send_failures = 0;
    std::uint32_t duplicate = 0;
    std::uint32_t corrupt = 0;
    IcmpError icmp{};
  };
  enum class Span : std::uint8_t { run, interval };  // what is counted
  struct Change {                                    // what an event counts for
    probe::SweepEventKind kind = probe::SweepEventKind::sent;
    probe::Replaced replaces = probe::Replaced::nothing;
    bool corrupt = false;
  };
  [[nodiscard]] static Change change_of(const probe::SweepEvent& event) noexcept;
  template <typename Counters>
  static void count(Counters& into, Change change, Span span) noexcept;
  template <typename Counters>
  [[nodiscard]] static Counts counts_of(const Counters& counters) noexcept;
  [[nodiscard]] static std::uint64_t in_flight(const Counts& counts) noexcept;
  static void add_rtt(Record& record, Duration rtt) noexcept;
  void answered(const probe::SweepEvent& event);
  void set_state(std::uint32_t target, probe::SweepState state) noexcept;
  void record(const probe::SweepEvent& event);
  void note_try(const probe::SweepEvent& event);
  void note_error(IcmpError& kept, const probe::SweepEvent& event);
  // As IcmpError has it.
  [[nodiscard]] std::uint16_t number_of(const net::Address& responder);
  [[nodiscard]] std::optional<SweepIcmpError> error_of(
      const IcmpError& kept, const std::optional<net::Address>& target) const;
  void fill_from_record(SweepResult& result) const;
  void restore_record(const SavedTarget& saved);

  const net::AddressList* targets_;
  SweepDetail detail_;
  std::uint32_t rounds_;
  bool alive_at_once_;
  Span span_ = Span::run;
  probe::StateMap states_;
  PagedArray<Record> records_;
  PagedRows<ProbeSample> samples_;
  IndexMap<Tries> tries_;
  std::optional<std::uint32_t> settled_last_;  // its tries are kept until the next one is
  std::map<std::uint32_t, TargetError> failures_;
  std::map<std::uint32_t, Untrusted> names_;
  std::vector<net::Address> responders_;
  std::map<net::Address, std::uint16_t> responder_numbers_;
  SweepTotals totals_;
  Quantiles quantiles_;
  RttStats rtt_;
};

}  // namespace sonde::stats
