// sweep_listener.hpp: who wants to know what happens in a sweep. run/sweep_session calls, reporters
// implement. Order: on_start first; on_event and on_target as they come; on_interim when the user
// asks and once an interval; on_end exactly once, whatever happened.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sonde/stats/run_record.hpp"
#include "sonde/stats/sweep_results.hpp"

namespace sonde::stats {

// What was asked for, beside RunOptions.
struct SweepOptions {
  probe::SweepMode mode = probe::SweepMode::until_answer;
  std::uint32_t retries = 0;
  double backoff = 1;
  std::optional<std::uint64_t> rate{};          // probes a second in all; absent: no limit
  std::optional<std::uint64_t> random_order{};  // the seed; absent: in input order
  std::uint32_t shard = 1;
  std::uint32_t shards = 1;
  std::optional<Duration> summary_every{};
  std::optional<std::uint64_t> min_reachable{};
  // The sum of saved runs. Every target that has a result is told by on_target(), finished or not.
  struct Merged {
    std::uint64_t targets = 0;            // in all its parts
    std::vector<std::uint32_t> shards{};  // those of `shards` that are in it; empty: all
  };
  std::optional<Merged> merged{};  // absent: a run
};

// Which kinds of event a listener wants in on_event().
using SweepEventMask = std::uint32_t;
[[nodiscard]] constexpr SweepEventMask mask_of(probe::SweepEventKind kind) noexcept {
  return 1U << static_cast<unsigned>(kind);
}

class SweepListener {
 public:
  virtual ~SweepListener() = default;
  // Asked once, before on_start(). on_event() gets no other kinds; `settled` is on_target()'s.
  [[nodiscard]] virtual SweepEventMask wanted() const = 0;
  virtual void on_start(const RunStart& start, const SweepOptions& options) = 0;
  // `results` already contain the event; results.after(event) is the target's.
  virtual void on_event(const probe::SweepEvent& event, const SweepResults& results) = 0;
  // A target is settled: alive, unreachable or failed. Once each.
  virtual void on_target(const SweepResult& result, Instant at) = 0;
  // `window`: what was counted since the last on_interim() that came from the interval; the same as
  // `results` where the user asked.
  virtual void on_interim(Instant now, const SweepResults& results, const SweepResults& window) = 0;
  // How it goes, a few times a second. `planned`: targets of this shard as far as they are known;
  // `complete`: no more will come.
  struct Progress {
    Instant now;
    std::uint64_t planned = 0;
    bool complete = false;
  };
  virtual void on_progress(const Progress& progress, const SweepResults& results) = 0;
  // Too many answers were "administratively prohibited": this is the new rate, probes a second.
  virtual void on_slower(std::uint64_t rate) = 0;
  virtual void on_end(const RunEnd& end, const SweepResults& results) = 0;
  // Before the loop sleeps: bring out what was buffered.
  virtual void flush() = 0;
};

}  // namespace sonde::stats
