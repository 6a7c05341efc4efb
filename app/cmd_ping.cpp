#include "app/cmd_ping.hpp"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "app/log.hpp"
#include "app/name_directory.hpp"
#include "app/options.hpp"
#include "app/output_file.hpp"
#include "app/presentation.hpp"
#include "app/privileges.hpp"
#include "app/resolve_options.hpp"
#include "app/signals.hpp"
#include "app/terminal.hpp"
#include "app/verdict.hpp"
#include "app/version.hpp"
#include "app/waker.hpp"
#include "sonde/base/random.hpp"
#include "sonde/base/system_clock.hpp"
#include "sonde/report/json.hpp"
#include "sonde/report/ndjson.hpp"
#include "sonde/report/text_notes.hpp"
#include "sonde/report/text_ping.hpp"
#include "sonde/resolve/resolver.hpp"
#include "sonde/run/session.hpp"
#include "sonde/transport/open.hpp"
#include "sonde/transport/route.hpp"

namespace sonde::app {

namespace {

// One run. Members in the order in which they are needed; the last ones go first.
class PingCommand {
 public:
  PingCommand(PingOptions options, PingPlan plan, engine::PingEngine engine, Console& console)
      : options_(std::move(options)),
        plan_(std::move(plan)),
        engine_(std::move(engine)),
        console_(console),
        log_(options_.verbose) {}

  ExitCode run();

 private:
  bool open_output();
  void make_listeners();
  ExitCode fail(const transport::Error& error);
  ExitCode probe(transport::Transport& transport);
  ExitCode finish(const stats::Verdict& verdict);
  void explain(const transport::Opened& opened);
  [[nodiscard]] run::SessionConfig session_config() const;

  PingOptions options_;
  PingPlan plan_;
  engine::PingEngine engine_;
  Console& console_;
  Log log_;
  SystemClock clock_;
  SystemRng rng_;
  run::Control control_;
  std::unique_ptr<OutputFile> file_;
  std::vector<std::unique_ptr<stats::Listener>> listeners_;
};

std::vector<stats::Listener*> views(const std::vector<std::unique_ptr<stats::Listener>>& owners) {
  std::vector<stats::Listener*> out;
  out.reserve(owners.size());
  for (const auto& owner : owners) {
    out.push_back(owner.get());
  }
  return out;
}

ExitCode PingCommand::run() {
  // Whoever gained rights by starting us writes no file with them.
  const bool file_first = !more_than_caller();
  if (file_first && !open_output()) {
    return ExitCode::system;
  }
  auto opened = transport::open_icmp(plan_.transport, clock_, rng_);
  if (const auto dropped = drop_privileges(); !dropped) {
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
  explain(*opened);
  return probe(*opened->transport);
}

bool PingCommand::open_output() {
  if (!plan_.output) {
    return true;
  }
  auto file = OutputFile::open(*plan_.output);
  if (!file) {
    console_.complain(file.error());
    return false;
  }
  file_ = *std::move(file);
  file_->sink().tell(control_.output_failed);
  return true;
}

// The machine format takes stdout from the text, unless it has a file of its own.
void PingCommand::make_listeners() {
  const Surroundings around{.environment = read_environment(),
                            .stdout_is_terminal = is_terminal(kStdout)};
  console_.out.tell(control_.output_failed);
  report::Sink& machine = file_ != nullptr ? file_->sink() : console_.out;
  if (plan_.format == Format::json) {
    listeners_.push_back(std::make_unique<report::JsonReporter>(machine, std::string(kVersion)));
  } else if (plan_.format == Format::ndjson) {
    listeners_.push_back(std::make_unique<report::NdjsonReporter>(machine, std::string(kVersion)));
  }
  if (plan_.format == Format::text || file_ != nullptr) {
    listeners_.push_back(
        std::make_unique<report::TextPing>(console_.out, text_options(options_, plan_, around)));
  }
  listeners_.push_back(
      std::make_unique<report::TextNotes>(console_.err, notes_options(options_, around)));
}

run::SessionConfig PingCommand::session_config() const {
  return {.start = {.mode = "ping", .clock = read_both(clock_), .engine = {}, .options = plan_.run},
          .targets = unresolved_targets(plan_),
          .deadline = plan_.run.deadline,
          .until_replies = plan_.engine.until_replies,
          .want_names = options_.resolve,
          .judge = [wanted = plan_.engine.until_replies](
                       std::span<const stats::TargetResult> targets, stats::EndReason /*reason*/) {
            return judge_ping(targets, wanted);
          }};
}

// No transport: people get the error with its way out, machines their document.
ExitCode PingCommand::fail(const transport::Error& error) {
  run::SessionConfig config = session_config();
  config.judge = [&error](std::span<const stats::TargetResult>, stats::EndReason) {
    return system_failure(error.message());
  };
  const stats::Verdict verdict =
      run::report_failure(config, error.message(), clock_, views(listeners_));
  console_.system(error);
  return finish(verdict);
}

void PingCommand::explain(const transport::Opened& opened) {
  for (const std::string& rung : opened.ladder) {
    log_.note("{}", rung);
  }
  const transport::Capabilities can = opened.transport->capabilities();
  log_.note("using {}{}", can.backend, can.privileged ? ", privileged" : "");
  if (plan_.engine.ip.tos.value != 0 && !can.sets_tos) {
    console_.complain("this system sends a TOS of 0, whatever is asked for");
  }
  constexpr std::size_t kShortestToken = 4;
  if (plan_.engine.payload.size() < kShortestToken) {
    log_.note(
        "{} bytes of payload have no room for a token: replies are told by identifier, "
        "sequence and address alone",
        plan_.engine.payload.size());
  }
}

ExitCode PingCommand::probe(transport::Transport& transport) {
  const auto waker = std::make_shared<Waker>(transport);
  std::optional<resolve::Resolver> resolver;
  const auto is_name = [](const PlannedTarget& target) { return !target.address; };
  if (options_.resolve || std::ranges::any_of(plan_.targets, is_name)) {
    resolver.emplace(clock_, [waker] { waker->wake(); });
  }
  const SignalScope signals(control_, transport);
  const auto source_of = [this](const net::Address& destination) {
    return plan_.transport.source
               ? plan_.transport.source
               : transport::source_address_for(destination, plan_.transport.interface);
  };
  NameDirectory directory(plan_, resolver ? &*resolver : nullptr, source_of);
  const std::vector<stats::Listener*> listeners = views(listeners_);
  run::Session session(session_config(), {.engine = engine_,
                                          .transport = transport,
                                          .clock = clock_,
                                          .directory = directory,
                                          .control = control_,
                                          .listeners = listeners});
  const stats::Verdict verdict = session.run();
  const ExitCode code = finish(verdict);
  waker->forget();
  return code;
}

ExitCode PingCommand::finish(const stats::Verdict& verdict) {
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

ExitCode run_ping(const CommandLine& line, Console& console) {
  constexpr std::string_view kHelp = "sonde ping --help";
  auto options = read_ping_options(line);
  if (!options) {
    return console.usage(options.error(), kHelp);
  }
  SystemRng rng;
  auto plan = resolve_ping(*options,
                           {.trusted = caller_is_root(), .numeric = resolve::numeric_address}, rng);
  if (!plan) {
    return console.usage(plan.error(), kHelp);
  }
  auto engine = engine::PingEngine::make(plan->engine);
  if (!engine) {
    return console.usage({.message = engine.error().message, .hint = {}}, kHelp);
  }
  PingCommand command(*std::move(options), *std::move(plan), *std::move(engine), console);
  return command.run();
}

}  // namespace sonde::app
