// session.hpp: one run, from its first probe to its verdict: engine + transport + statistics +
// listeners. It stops when the engine is done, at the deadline, or when Control says so.
// Every listener gets on_start first and on_end last, exactly once each, whatever happens.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "sonde/base/clock.hpp"
#include "sonde/engine/engine.hpp"
#include "sonde/run/control.hpp"
#include "sonde/run/directory.hpp"
#include "sonde/run/driver.hpp"
#include "sonde/run/reader_watch.hpp"
#include "sonde/stats/listener.hpp"
#include "sonde/stats/run_record.hpp"
#include "sonde/transport/transport.hpp"

namespace sonde::run {

// Decides whether the run passed. It sees the finished results and the reason of the end.
using Judge = std::function<stats::Verdict(std::span<const stats::TargetResult>, stats::EndReason)>;

struct SessionConfig {
  stats::RunStart start{};               // its engine field is filled by the session
  std::vector<stats::Target> targets{};  // all of them, by id = index, addresses still unknown
  std::optional<Duration> deadline{};    // of the whole run, look-ups included
  std::optional<std::uint64_t> until_replies{};  // as the engine's, for the reason of the end
  bool want_names = false;                       // ask the directory for names of responders
  // How long the end waits for names that are still being looked up; a probe never waits.
  Duration names_patience{};
  std::optional<stats::PathLimits> path{};  // trace; absent: the targets have no paths
  Judge judge{};
  // Asked at the end: the system's error that kept answers from being known. Empty: none can.
  std::function<std::optional<std::string>()> failure{};
};

// What a session works with; all outlive it.
struct SessionParts {
  engine::TargetedEngine& engine;
  transport::Transport& transport;
  const Clock& clock;
  Directory& directory;
  Control& control;
  std::span<stats::Listener* const> listeners;
  std::function<bool()> reader_gone{};  // ReaderWatch asks it; then nobody can be told any more
};

class Session {
 public:
  Session(SessionConfig config, const SessionParts& parts);
  // Runs to the end; the verdict was also given to the listeners.
  stats::Verdict run();

 private:
  [[nodiscard]] std::optional<stats::EndReason> end_reason();
  [[nodiscard]] bool still_waits_for_names();
  void want_name(const probe::Event& event);
  void admit_targets();
  void admit(stats::Target target, Instant now);
  void pass_on_names();
  void pass_on(const NamedAddress& named);
  bool pass_on_events();
  void pass_on(const probe::Event& event);
  void interim();
  void tell_time();
  [[nodiscard]] std::optional<Instant> next_wake() const;
  void flush();
  [[nodiscard]] bool rest();
  stats::Verdict finish(stats::EndReason reason);
  [[nodiscard]] std::optional<Instant> limit() const;
  [[nodiscard]] probe::RttClock weakest_clock() const;

  SessionConfig config_;
  SessionParts parts_;
  Driver driver_;
  ReaderWatch reader_;
  Instant started_;
  std::vector<stats::TargetResult> results_{};
  bool closed_ = false;
  std::set<net::Address> asked_{};        // for their names
  std::set<net::Address> unnamed_{};      // those of them that have no answer yet
  std::optional<Instant> names_until_{};  // the engine is done, and the end waits for names
};

// A run that could not begin, for the same listeners: start, targets as far as known, end with
// EndReason::error.
stats::Verdict report_failure(const SessionConfig& config, std::string error, const Clock& clock,
                              std::span<stats::Listener* const> listeners);

}  // namespace sonde::run
