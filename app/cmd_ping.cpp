#include "app/cmd_ping.hpp"

#include <memory>
#include <utility>

#include "app/options.hpp"
#include "app/presentation.hpp"
#include "app/privileges.hpp"
#include "app/resolve_options.hpp"
#include "app/targeted_run.hpp"
#include "app/verdict.hpp"
#include "sonde/engine/ping.hpp"
#include "sonde/report/text_ping.hpp"

namespace sonde::app {

namespace {

class PingRun final : public TargetedRun {
 public:
  PingRun(const PingOptions& options, const PingPlan& plan, engine::PingEngine engine,
          Console& console)
      : TargetedRun(options, plan, console),
        options_(options),
        plan_(plan),
        engine_(std::move(engine)) {}

 private:
  Opening open(const Clock& clock, Rng& rng) override {
    return transport::open_icmp(plan_.transport, clock, rng);
  }
  engine::TargetedEngine& engine() override { return engine_; }
  [[nodiscard]] bool wants_names() const override { return options_.resolve; }
  [[nodiscard]] const transport::OpenOptions& sockets() const override { return plan_.transport; }
  void configure(run::SessionConfig& config) const override {
    config.start.mode = "ping";
    config.until_replies = plan_.engine.until_replies;
    config.judge = [wanted = plan_.engine.until_replies](
                       std::span<const stats::TargetResult> targets, stats::EndReason /*reason*/) {
      return judge_ping(targets, wanted);
    };
  }
  std::unique_ptr<stats::Listener> text(report::Sink& out, const Surroundings& around) override {
    return std::make_unique<report::TextPing>(out, text_options(options_, plan_, around));
  }
  void explain(const transport::Capabilities& /*can*/) override {
    constexpr std::size_t kShortestToken = 4;
    if (plan_.engine.payload.size() < kShortestToken) {
      log().note(
          "{} bytes of payload have no room for a token: replies are told by identifier, "
          "sequence and address alone",
          plan_.engine.payload.size());
    }
  }

  const PingOptions& options_;
  const PingPlan& plan_;
  engine::PingEngine engine_;
};

}  // namespace

ExitCode run_ping(const CommandLine& line, Console& console) {
  constexpr std::string_view kHelp = "sonde ping --help";
  const auto options = read_ping_options(line);
  if (!options) {
    return console.usage(options.error(), kHelp);
  }
  SystemRng rng;
  const auto plan = resolve_ping(
      *options, {.trusted = caller_is_root(), .numeric = resolve::numeric_address}, rng);
  if (!plan) {
    return console.usage(plan.error(), kHelp);
  }
  auto engine = engine::PingEngine::make(plan->engine);
  if (!engine) {
    return console.usage({.message = engine.error().message, .hint = {}}, kHelp);
  }
  PingRun run(*options, *plan, *std::move(engine), console);
  return run.run();
}

}  // namespace sonde::app
