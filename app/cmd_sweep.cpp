#include "app/cmd_sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "app/cmd_merge.hpp"
#include "app/log.hpp"
#include "app/output_file.hpp"
#include "app/output_patience.hpp"
#include "app/privileges.hpp"
#include "app/resolve_sweep.hpp"
#include "app/resume.hpp"
#include "app/reverse_names.hpp"
#include "app/sandbox.hpp"
#include "app/signals.hpp"
#include "app/sweep_feed.hpp"
#include "app/sweep_options.hpp"
#include "app/sweep_presentation.hpp"
#include "app/sweep_verdict.hpp"
#include "app/target_reader.hpp"
#include "app/terminal.hpp"
#include "app/values.hpp"
#include "app/verdict.hpp"
#include "app/waker.hpp"
#include "sonde/base/random.hpp"
#include "sonde/base/system_clock.hpp"
#include "sonde/resolve/resolver.hpp"
#include "sonde/run/sweep_session.hpp"
#include "sonde/transport/open.hpp"

namespace sonde::app {

namespace {

// What kept targets or answers from being known.
std::optional<std::string> failure_of(const SweepFeed& feed,
                                      const transport::Transport& transport) {
  const auto& cut = feed.cut_short();
  return cut && cut->code == ExitCode::system ? std::optional(cut->why) : unread_answers(transport);
}

constexpr std::string_view kHelp = "sonde sweep --help";

// One run. Members in the order in which they are needed; the last ones go first.
class SweepCommand {
 public:
  SweepCommand(SweepOptions options, SweepPlan plan, Console& console)
      : options_(std::move(options)),
        plan_(std::move(plan)),
        console_(console),
        log_(options_.verbose, console.err) {}

  ExitCode run();

 private:
  // The code to end with, after a word why; absent: all are open.
  std::optional<ExitCode> open_files();
  std::optional<ExitCode> open_resume();
  std::optional<ExitCode> open_output();
  ExitCode fail(const transport::Error& error);
  [[nodiscard]] bool looks_up() const;
  ExitCode probe(transport::Transport& transport, engine::SweepEngine& engine);
  std::optional<ExitCode> take_over(Resume& resume, SweepFeed& feed, run::SweepSession& session);
  ExitCode finish(const stats::Verdict& verdict);
  [[nodiscard]] run::SweepSessionConfig session_config() const;
  // Of -w, which the readers of --output and of what -v says may have made us wait for.
  [[nodiscard]] std::optional<Duration> time_left() const;

  SweepOptions options_;
  SweepPlan plan_;
  Console& console_;
  Log log_;
  SystemClock clock_;
  SystemRng rng_;
  run::Control control_;
  OutputPatience patience_{clock_, control_.stop};
  Duration waited_{};
  net::AddressList targets_;
  std::optional<Resume> resume_;
  std::optional<int> target_file_;  // open, until the reader takes it over
  std::unique_ptr<OutputFile> file_;
  SweepListeners listeners_;
};

ExitCode SweepCommand::run() {
  // Whoever gained rights by starting us opens no file with them.
  const bool files_first = !more_than_caller();
  if (const auto code = files_first ? open_files() : std::nullopt) {
    return *code;
  }
  auto engine = engine::SweepEngine::make(plan_.engine, targets_);
  if (!engine) {
    return console_.usage({.message = engine.error().message}, kHelp);
  }
  auto opened = transport::open_icmp(plan_.transport, clock_, rng_);
  const auto dropped = drop_privileges();
  if (const auto code = !files_first && dropped ? open_files() : std::nullopt) {
    return *code;
  }
  listeners_ = sweep_listeners(
      options_, plan_,
      {.out = console_.out, .err = console_.err, .file = file_ ? &file_->sink() : nullptr});
  console_.listen(control_.output_failed, patience_);
  if (!dropped) {
    return fail({.operation = "cannot give up privileges", .why = dropped.error()});
  }
  if (!opened) {
    return fail(opened.error());
  }
  const Instant begun = clock_.now();
  for (const std::string& rung : opened->ladder) {
    log_.note("{}", rung);
  }
  const transport::Capabilities can = opened->transport->capabilities();
  log_.note("using {}{}", can.backend, can.privileged ? ", privileged" : "");
  log_.notes(*dropped);
  log_.notes(enter_sandbox({.names = looks_up(), .reads = options_.resume}));
  waited_ += clock_.now() - begun;
  return probe(*opened->transport, *engine);
}

// What is read comes first: the output is emptied only when all else is well.
std::optional<ExitCode> SweepCommand::open_files() {
  if (const auto code = open_resume()) {
    return code;
  }
  if (plan_.file) {
    const auto fd =
        *plan_.file == "-" ? std::expected<int, int>(kStdin) : open_for_reading(*plan_.file);
    if (!fd) {
      console_.complain(fmt::format("cannot open {}: {}", in_quotes(*plan_.file),
                                    std::generic_category().message(fd.error())));
      return ExitCode::system;
    }
    target_file_ = *fd;
  }
  return open_output();
}

std::optional<ExitCode> SweepCommand::open_resume() {
  if (!options_.resume) {
    return std::nullopt;
  }
  auto resume = Resume::open(*options_.resume, plan_, options_.order.seed.has_value());
  if (!resume) {
    console_.complain(resume.error().message);
    return code_of(resume.error());
  }
  resume_ = *std::move(resume);
  return std::nullopt;
}

std::optional<ExitCode> SweepCommand::open_output() {
  console_.own_terminals();
  const Instant begun = clock_.now();
  if (plan_.run.deadline) {
    patience_.end_at(begun + *plan_.run.deadline);
  }
  if (!plan_.output) {
    return std::nullopt;
  }
  std::vector<std::string> inputs;
  for (const auto& input : {options_.resume, plan_.file}) {
    if (input) {
      inputs.push_back(*input);
    }
  }
  if (const auto why = refuse_to_empty(*plan_.output, inputs)) {
    return console_.usage({.message = *why}, kHelp);
  }
  auto file = OutputFile::open(*plan_.output, &patience_);
  waited_ = clock_.now() - begun;
  if (!file) {
    console_.complain(file.error());
    return ExitCode::system;
  }
  file_ = *std::move(file);
  file_->sink().tell(control_.output_failed);
  file_->sink().wait_with(patience_);
  return std::nullopt;
}

std::optional<Duration> SweepCommand::time_left() const {
  return plan_.run.deadline ? std::optional(std::max(*plan_.run.deadline - waited_, Duration(1)))
                            : std::nullopt;
}

run::SweepSessionConfig SweepCommand::session_config() const {
  return {
      .start = {.mode = "sweep", .clock = read_both(clock_), .engine = {}, .options = plan_.run},
      .options = plan_.sweep,
      .detail = plan_.detail,
      .sample_rounds = plan_.sample_rounds,
      .deadline = time_left(),
      .progress_every = listeners_.progress_every,
      // Of what a list leaves out, nobody needs the name.
      .name_wish = {.alive = !options_.unreachable || plan_.format != Format::text,
                    .unreachable = !options_.alive || plan_.format != Format::text}};
}

// No transport: people get the error with its way out, machines their document.
ExitCode SweepCommand::fail(const transport::Error& error) {
  run::SweepSessionConfig config = session_config();
  config.judge = [&error](const stats::SweepResults&, stats::EndReason) {
    return system_failure(error.message());
  };
  const stats::Verdict verdict =
      run::report_sweep_failure(config, targets_, error.message(), clock_, listeners_.views());
  console_.system(error);
  return finish(verdict);
}

// A file may hold names.
bool SweepCommand::looks_up() const {
  const auto is_name = [](const TargetText& target) { return !target.range; };
  return options_.resolve || target_file_ || std::ranges::any_of(plan_.operands, is_name);
}

ExitCode SweepCommand::probe(transport::Transport& transport, engine::SweepEngine& engine) {
  const Waker waker(transport);
  // A sweep asks for many names, each once at a time.
  constexpr std::size_t kNamesSideBySide = 64;
  resolve::Resolver resolver(
      clock_, waker.call(),
      {.threads = kNamesSideBySide, .waiting = run::NameWait::kMost, .once = false});
  ReverseNames names(resolver);
  std::optional<TargetReader> reader;
  if (target_file_) {
    const std::string path = plan_.file.value_or("-");
    reader.emplace(*target_file_, path == "-" ? "standard input" : path, resolve::numeric_address,
                   waker.call());
  }
  const SignalScope signals(control_, transport);
  if (const auto left = time_left()) {
    patience_.end_at(clock_.now() + *left);
  }
  SweepFeed feed({.operands = std::move(plan_.operands),
                  .reader = reader ? &*reader : nullptr,
                  .resolver = resolver,
                  .policy = plan_.policy,
                  .family = plan_.family,
                  .complain = [this](const std::string& line) { console_.complain(line); }});
  run::SweepSessionConfig config = session_config();
  config.judge = [&](const stats::SweepResults& results, stats::EndReason reason) {
    const stats::Verdict verdict =
        judge_sweep(results.totals(), engine.planned(),
                    {.min_reachable = options_.min_reachable,
                     .shards = targets_.size() == 0 ? 1 : plan_.engine.shards,
                     .cut_short = feed.cut_short(),
                     .stopped = reason != stats::EndReason::count});
    return with_failure(with_failure(verdict, unread_answers(transport)), console_.lost());
  };
  config.failure = [&feed, &transport] { return failure_of(feed, transport); };
  const std::vector<stats::SweepListener*> listeners = listeners_.views();
  run::SweepSession session(std::move(config), {.engine = engine,
                                                .transport = transport,
                                                .clock = clock_,
                                                .targets = targets_,
                                                .feed = feed,
                                                .control = control_,
                                                .listeners = listeners,
                                                .names = options_.resolve ? &names : nullptr,
                                                .reader_gone = console_.reader_gone()});
  if (const auto code = resume_ ? take_over(*resume_, feed, session) : std::nullopt) {
    return *code;
  }
  const stats::Verdict verdict = session.run();
  if (targets_.size() == 0 && verdict.exit_code == number(ExitCode::usage) && !feed.cut_short()) {
    console_.complain("no target given");
  }
  if (const auto failure = unread_answers(transport)) {
    console_.complain(*failure);
  }
  return finish(verdict);
}

// What the earlier run finished; all is checked before a word is printed.
std::optional<ExitCode> SweepCommand::take_over(Resume& resume, SweepFeed& feed,
                                                run::SweepSession& session) {
  if (!feed.preload(targets_, control_.stop)) {
    console_.complain("stopped before all targets were read: nothing was probed");
    return ExitCode::no_answer;
  }
  auto why = resume.check(targets_);
  if (!why) {
    why = resume.restore(session, listeners_.ndjson);
  }
  if (!why) {
    return std::nullopt;
  }
  console_.complain(why->message);
  return code_of(*why);
}

ExitCode SweepCommand::finish(const stats::Verdict& verdict) {
  const auto code = console_.finish(static_cast<ExitCode>(verdict.exit_code));
  if (file_ != nullptr) {
    if (const auto failure = file_->close()) {
      console_.complain(*failure);
      return ExitCode::system;
    }
  }
  return code;
}

}  // namespace

ExitCode run_sweep(const CommandLine& line, Console& console) {
  auto options = read_sweep_options(line);
  if (!options) {
    return console.usage(options.error(), kHelp);
  }
  if (options->merge) {
    if (const auto refusal = refuse_beside_merge(line)) {
      return console.usage(*refusal, kHelp);
    }
    if (options->targets.empty()) {
      return console.usage({.message = "--merge takes files, and nothing that is probed",
                            .hint = "sonde sweep --merge [-j|-J|-a|-u] FILE..."},
                           kHelp);
    }
    return run_merge(*options, console);
  }
  if (options->targets.empty() && !options->file && !options->generate && !is_terminal(kStdin)) {
    options->file = "-";  // as fping does
  }
  SystemRng rng;
  auto plan = resolve_sweep(
      *options, {.trusted = caller_is_root(), .numeric = resolve::numeric_address}, rng);
  if (!plan) {
    return console.usage(plan.error(), kHelp);
  }
  SweepCommand command(*std::move(options), *std::move(plan), console);
  return command.run();
}

}  // namespace sonde::app
