// targeted_run.hpp: one run of a mode with a few named targets (ping, trace), from the open output
// to the exit code: transport, privileges, listeners, look-ups, signals, session. What is the
// mode's own is virtual. Nothing here knows how a probe looks.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/console.hpp"
#include "app/exit_code.hpp"
#include "app/log.hpp"
#include "app/options.hpp"
#include "app/output_file.hpp"
#include "app/output_patience.hpp"
#include "app/presentation.hpp"
#include "app/run_plan.hpp"
#include "app/terminal.hpp"
#include "sonde/base/random.hpp"
#include "sonde/base/system_clock.hpp"
#include "sonde/engine/engine.hpp"
#include "sonde/run/control.hpp"
#include "sonde/run/session.hpp"
#include "sonde/stats/listener.hpp"
#include "sonde/transport/open.hpp"
#include "sonde/transport/route.hpp"

namespace sonde::app {

class TargetedRun {
 public:
  virtual ~TargetedRun() = default;
  TargetedRun(const TargetedRun&) = delete;
  TargetedRun& operator=(const TargetedRun&) = delete;
  ExitCode run();

 protected:
  using Opening = std::expected<transport::Opened, transport::Error>;

  // `options` and `plan` outlive the run.
  TargetedRun(const EchoOptions& options, const RunPlan& plan, Console& console)
      : options_(options), plan_(plan), console_(console), log_(options.verbose, console.err) {}

  [[nodiscard]] virtual Opening open(const Clock& clock, Rng& rng) = 0;
  [[nodiscard]] virtual engine::TargetedEngine& engine() = 0;
  [[nodiscard]] virtual bool wants_names() const = 0;
  [[nodiscard]] virtual const transport::OpenOptions& sockets() const = 0;
  // Probes are TCP connections.
  [[nodiscard]] virtual bool connects() const { return false; }
  // Mode, judge and whatever else the mode asks of its session.
  virtual void configure(run::SessionConfig& config) const = 0;
  [[nodiscard]] virtual std::unique_ptr<stats::Listener> text(report::Sink& out,
                                                              const Surroundings& around) = 0;
  // Another one that stands before all others, if there is a use for it.
  [[nodiscard]] virtual std::unique_ptr<stats::Listener> first_listener(
      const Surroundings& /*around*/) {
    return nullptr;
  }
  // What more there is to say under -v of the transport that was chosen.
  virtual void explain(const transport::Capabilities& /*can*/) {}

  Console& console() { return console_; }
  Log& log() { return log_; }

 private:
  bool open_output();
  void make_listeners();
  ExitCode fail(const transport::Error& error);
  ExitCode probe(transport::Transport& transport);
  ExitCode finish(const stats::Verdict& verdict);
  void explain_opened(const transport::Opened& opened);
  // A target or an answer may need the system's resolver.
  [[nodiscard]] bool looks_up() const;
  [[nodiscard]] run::SessionConfig session_config() const;
  // Of -w, which the readers of --output and of what -v says may have made us wait for.
  [[nodiscard]] std::optional<Duration> time_left() const;
  [[nodiscard]] std::vector<stats::Listener*> listeners() const;

  // In the order in which they are needed; the last ones go first.
  const EchoOptions& options_;
  const RunPlan& plan_;
  Console& console_;
  Log log_;
  SystemClock clock_;
  SystemRng rng_;
  run::Control control_;
  OutputPatience patience_{clock_, control_.stop};
  Duration waited_{};
  std::optional<transport::RouteAsker> route_;
  std::unique_ptr<OutputFile> file_;
  std::vector<std::unique_ptr<stats::Listener>> listeners_;
};

}  // namespace sonde::app
