// sweep_session.hpp: one sweep, from its first probe to its verdict: engine + transport + results +
// listeners. It ends when the engine is done, at the deadline, or when Control says so; what is
// still in flight then is counted as that, not as lost.
// Every listener gets on_start first and on_end last, exactly once each, whatever happens.
// When more than a tenth of the recent answers are "administratively prohibited", it halves the
// rate and tells the listeners (prohibition_watch.hpp).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sonde/base/clock.hpp"
#include "sonde/engine/sweep.hpp"
#include "sonde/net/address_list.hpp"
#include "sonde/run/control.hpp"
#include "sonde/run/driver.hpp"
#include "sonde/run/name_wait.hpp"
#include "sonde/run/prohibition_watch.hpp"
#include "sonde/run/reader_watch.hpp"
#include "sonde/run/target_feed.hpp"
#include "sonde/stats/sweep_listener.hpp"
#include "sonde/stats/sweep_results.hpp"
#include "sonde/transport/transport.hpp"

namespace sonde::run {

using SweepJudge = std::function<stats::Verdict(const stats::SweepResults&, stats::EndReason)>;

// Whose results wait for the name of their address (name_wait.hpp). Names are for targets that were
// not given by one.
struct NameWish {
  bool alive = true;
  bool unreachable = true;
};

struct SweepSessionConfig {
  stats::RunStart start{};  // its engine field is filled by the session
  stats::SweepOptions options{};
  stats::SweepDetail detail = stats::SweepDetail::records;
  std::uint32_t sample_rounds = 0;           // detail `samples`: probes a target
  std::optional<Duration> deadline{};        // of the whole run, look-ups included
  std::optional<Duration> progress_every{};  // on_progress(); absent: never
  bool slow_down = true;                     // when prohibited
  NameWish name_wish{};
  SweepJudge judge{};
  // Asked at the end: the system's error that kept targets from being known. Empty: none can.
  std::function<std::optional<std::string>()> failure{};
};

// What a session works with; all outlive it. The engine was made for the same list.
struct SweepSessionParts {
  engine::SweepEngine& engine;
  transport::Transport& transport;
  const Clock& clock;
  net::AddressList& targets;
  TargetFeed& feed;
  Control& control;
  std::span<stats::SweepListener* const> listeners;
  NameSource* names = nullptr;          // null: no names are wanted
  std::function<bool()> reader_gone{};  // ReaderWatch asks it; then nobody can be told any more
};

class SweepSession {
 public:
  SweepSession(SweepSessionConfig config, const SweepSessionParts& parts);
  // Before run(): a target of the list that an earlier run has settled. It is told to the listeners
  // as settled and not probed. The first call is the start of the run.
  void restore(stats::SavedTarget saved);
  // What became of one of its rounds, where that is kept. Counts nothing.
  void restore_sample(std::uint32_t target, std::uint32_t round, stats::ProbeSample sample);
  // Tells the listeners that the run begins, if nothing has yet.
  void start();
  void restore_rtt(const stats::RttStats& rtt, const stats::Quantiles& quantiles);
  // Runs to the end; the verdict was also given to the listeners.
  stats::Verdict run();

 private:
  struct Subscriber {
    stats::SweepListener* listener;
    stats::SweepEventMask wanted;
  };
  [[nodiscard]] std::optional<stats::EndReason> end_reason(Instant now) const;
  [[nodiscard]] bool grow(Instant now);
  [[nodiscard]] bool admit_targets(Instant now);
  void answer(NameAnswer& name, Instant now);
  bool pass_on_events(Instant now);
  void pass_on(const probe::SweepEvent& event, Instant now);
  void settle(const probe::SweepEvent& event, Instant now);
  void tell(const stats::SweepResult& result, Instant at);
  void ask_name(const probe::SweepEvent& event);
  [[nodiscard]] bool pass_on_names(Instant now);
  void tell_held(NameWait::Held held);
  void periodic(Instant now);
  static void advance(Instant& next, Duration every, Instant now) noexcept;
  void interim(Instant now, const stats::SweepResults& window);
  void flush();
  [[nodiscard]] bool rest(Instant now);
  void slow_down(Instant now);
  [[nodiscard]] std::optional<Instant> limit() const;
  stats::Verdict finish(stats::EndReason reason);

  SweepSessionConfig config_;
  SweepSessionParts parts_;
  Driver driver_;
  ReaderWatch reader_;
  Instant started_;
  stats::SweepResults results_;
  std::optional<stats::SweepResults> window_{};  // with options.summary_every
  std::vector<Subscriber> subscribers_{};
  stats::SweepEventMask wanted_ = 0;  // by any of them
  std::vector<NameAnswer> answers_{};
  ProhibitionWatch watch_{};
  std::optional<NameWait> names_{};
  std::vector<bool> asked_{};  // with rounds, by target: for its name
  std::optional<Instant> next_interim_{};
  std::optional<Instant> next_progress_{};
  std::uint64_t known_ = 0;  // targets that engine and results know of
  bool began_ = false;       // on_start() was called
  bool closed_ = false;
};

// A run that could not begin, for the same listeners: start, end with EndReason::error.
stats::Verdict report_sweep_failure(const SweepSessionConfig& config,
                                    const net::AddressList& targets, std::string error,
                                    const Clock& clock,
                                    std::span<stats::SweepListener* const> listeners);

}  // namespace sonde::run
