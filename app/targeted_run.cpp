#include "app/targeted_run.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "app/name_directory.hpp"
#include "app/privileges.hpp"
#include "app/sandbox.hpp"
#include "app/signals.hpp"
#include "app/verdict.hpp"
#include "app/version.hpp"
#include "app/waker.hpp"
#include "sonde/report/json.hpp"
#include "sonde/report/ndjson.hpp"
#include "sonde/report/text_notes.hpp"
#include "sonde/resolve/resolver.hpp"

namespace sonde::app {

ExitCode TargetedRun::run() {
  // Whoever gained rights by starting us writes no file with them.
  const bool file_first = !more_than_caller();
  if (file_first && !open_output()) {
    return ExitCode::system;
  }
  auto opened = open(clock_, rng_);
  route_.emplace(sockets());
  const auto dropped = drop_privileges();
  if (!dropped) {
    make_listeners();
    return fail({.operation = "cannot give up privileges", .why = dropped.error()});
  }
  if (!file_first && !open_output()) {
    return ExitCode::system;
  }
  make_listeners();
  if (!opened) {
    return fail(opened.error());
  }
  const auto sandbox = enter_sandbox({.names = looks_up(), .tcp_any = connects()});
  const Instant begun = clock_.now();
  explain_opened(*opened);
  log_.notes(*dropped);
  log_.notes(sandbox);
  waited_ += clock_.now() - begun;
  return probe(*opened->transport);
}

bool TargetedRun::open_output() {
  console_.own_terminals();
  const Instant begun = clock_.now();
  if (plan_.run.deadline) {
    patience_.end_at(begun + *plan_.run.deadline);
  }
  if (!plan_.output) {
    return true;
  }
  auto file = OutputFile::open(*plan_.output, &patience_);
  waited_ = clock_.now() - begun;
  if (!file) {
    console_.complain(file.error());
    return false;
  }
  file_ = *std::move(file);
  file_->sink().tell(control_.output_failed);
  file_->sink().wait_with(patience_);
  return true;
}

// The machine format takes stdout from the text, unless it has a file of its own. Then it comes
// after the text, so that its verdict knows of a text that was lost.
void TargetedRun::make_listeners() {
  const Surroundings around{.environment = read_environment(),
                            .stdout_is_terminal = is_terminal(kStdout),
                            .columns = is_terminal(kStdout) ? terminal_columns(kStdout) : 0};
  console_.listen(control_.output_failed, patience_);
  report::Sink& machine = file_ != nullptr ? file_->sink() : console_.out;
  if (auto first = first_listener(around)) {
    listeners_.push_back(std::move(first));
  }
  if (plan_.format == Format::text || file_ != nullptr) {
    listeners_.push_back(text(console_.out, around));
  }
  if (plan_.format == Format::json) {
    listeners_.push_back(std::make_unique<report::JsonReporter>(machine, std::string(kVersion)));
  } else if (plan_.format == Format::ndjson) {
    listeners_.push_back(std::make_unique<report::NdjsonReporter>(machine, std::string(kVersion)));
  }
  report::TextNotesOptions notes = notes_options(options_, around);
  notes.device = sockets().device_stamps ? sockets().interface : std::string();
  listeners_.push_back(std::make_unique<report::TextNotes>(console_.err, std::move(notes)));
}

std::vector<stats::Listener*> TargetedRun::listeners() const {
  std::vector<stats::Listener*> out;
  out.reserve(listeners_.size());
  for (const auto& owner : listeners_) {
    out.push_back(owner.get());
  }
  return out;
}

run::SessionConfig TargetedRun::session_config() const {
  run::SessionConfig config{
      .start = {.mode = {}, .clock = read_both(clock_), .engine = {}, .options = plan_.run},
      .targets = unresolved_targets(plan_),
      .deadline = time_left(),
      .want_names = wants_names()};
  configure(config);
  return config;
}

std::optional<Duration> TargetedRun::time_left() const {
  return plan_.run.deadline ? std::optional(std::max(*plan_.run.deadline - waited_, Duration(1)))
                            : std::nullopt;
}

// No transport: people get the error with its way out, machines their document.
ExitCode TargetedRun::fail(const transport::Error& error) {
  run::SessionConfig config = session_config();
  config.judge = [&error](std::span<const stats::TargetResult>, stats::EndReason) {
    return system_failure(error.message());
  };
  const stats::Verdict verdict = run::report_failure(config, error.message(), clock_, listeners());
  console_.system(error);
  return finish(verdict);
}

void TargetedRun::explain_opened(const transport::Opened& opened) {
  for (const std::string& rung : opened.ladder) {
    log_.note("{}", rung);
  }
  const transport::Capabilities can = opened.transport->capabilities();
  log_.note("using {}{}", can.backend, can.privileged ? ", privileged" : "");
  if (plan_.run.tos.value != 0 && !can.sets_tos) {
    console_.complain("this system sends a TOS of 0, whatever is asked for");
  }
  explain(can);
}

bool TargetedRun::looks_up() const {
  const auto is_name = [](const PlannedTarget& target) { return !target.address; };
  return wants_names() || std::ranges::any_of(plan_.targets, is_name);
}

ExitCode TargetedRun::probe(transport::Transport& transport) {
  const Waker waker(transport);
  std::optional<resolve::Resolver> resolver;
  if (looks_up()) {
    resolver.emplace(clock_, waker.call());
  }
  const SignalScope signals(control_, transport);
  if (const auto left = time_left()) {
    patience_.end_at(clock_.now() + *left);
  }
  const auto source_of = [this](const net::Address& destination) {
    return route_ ? route_->source_for(destination) : std::nullopt;
  };
  NameDirectory directory(plan_, resolver ? &*resolver : nullptr, source_of);
  const std::vector<stats::Listener*> told = listeners();
  run::SessionConfig config = session_config();
  config.failure = [&transport] { return unread_answers(transport); };
  config.judge = [this, judge = std::move(config.judge), &transport](
                     std::span<const stats::TargetResult> targets, stats::EndReason reason) {
    return with_failure(with_failure(judge(targets, reason), unread_answers(transport)),
                        console_.lost());
  };
  run::Session session(std::move(config), {.engine = engine(),
                                           .transport = transport,
                                           .clock = clock_,
                                           .directory = directory,
                                           .control = control_,
                                           .listeners = told,
                                           .reader_gone = console_.reader_gone()});
  const stats::Verdict verdict = session.run();
  if (const auto failure = unread_answers(transport)) {
    console_.complain(*failure);
  }
  return finish(verdict);
}

ExitCode TargetedRun::finish(const stats::Verdict& verdict) {
  const auto code = console_.finish(static_cast<ExitCode>(verdict.exit_code));
  if (file_ != nullptr) {
    if (const auto failure = file_->close()) {
      console_.complain(*failure);
      return ExitCode::system;
    }
  }
  return code;
}

}  // namespace sonde::app
