#include "app/cmd_trace.hpp"

#include <memory>
#include <utility>

#include "app/presentation.hpp"
#include "app/privileges.hpp"
#include "app/resolve_trace.hpp"
#include "app/targeted_run.hpp"
#include "app/trace_options.hpp"
#include "app/verdict.hpp"
#include "sonde/engine/trace.hpp"
#include "sonde/report/text_trace.hpp"
#include "sonde/report/trace_progress.hpp"

namespace sonde::app {

namespace {

// A name server that is dead costs no more than this, at the end.
constexpr Duration kNamesPatience = 1s;

class TraceRun final : public TargetedRun {
 public:
  TraceRun(const TraceOptions& options, TracePlan& plan, engine::TraceEngine engine,
           Console& console)
      : TargetedRun(options, plan, console),
        options_(options),
        plan_(plan),
        engine_(std::move(engine)) {}

 private:
  Opening open(const Clock& clock, Rng& rng) override;
  engine::TargetedEngine& engine() override { return engine_; }
  [[nodiscard]] bool wants_names() const override { return !options_.numeric; }
  [[nodiscard]] const transport::OpenOptions& sockets() const override {
    return plan_.transport.common;
  }
  [[nodiscard]] bool connects() const override {
    return plan_.transport.protocol == transport::TraceProtocol::tcp;
  }
  void configure(run::SessionConfig& config) const override {
    config.start.mode = "trace";
    config.names_patience = kNamesPatience;
    config.path = {.queries = std::uint32_t{plan_.engine.queries} * plan_.engine.flows,
                   .flows = plan_.engine.flows,
                   .gap = plan_.engine.gap};
    config.judge = [](std::span<const stats::TargetResult> targets, stats::EndReason /*reason*/) {
      return judge_trace(targets);
    };
  }
  std::unique_ptr<stats::Listener> text(report::Sink& out, const Surroundings& around) override {
    return std::make_unique<report::TextTrace>(out, trace_text_options(options_, around));
  }
  std::unique_ptr<stats::Listener> first_listener(const Surroundings& /*around*/) override {
    const bool shown = is_terminal(kStderr) && !read_environment().dumb;
    return shown ? std::make_unique<report::TraceProgress>(console().err, console().out) : nullptr;
  }
  void explain(const transport::Capabilities& can) override;

  const TraceOptions& options_;
  TracePlan& plan_;
  engine::TraceEngine engine_;
};

TraceRun::Opening TraceRun::open(const Clock& clock, Rng& rng) {
  Opening opened = transport::open_trace(plan_.transport, clock, rng);
  if (opened && connects() && plan_.engine.flows > 1 &&
      !opened->transport->capabilities().constant_flows) {
    return std::unexpected(
        transport::Error{.code = transport::ErrorCode::unsupported,
                         .operation = "--flows: cannot keep a TCP flow constant without privilege",
                         .why = "every connection takes another source port",
                         .what_to_do = "use -P udp, or run as root"});
  }
  const bool forbidden = !opened && opened.error().code == transport::ErrorCode::permission;
  if (!forbidden || !plan_.may_fall_back) {
    return opened;
  }
  TracePlan udp = plan_;
  fall_back_to_udp(udp);
  Opening second = transport::open_trace(udp.transport, clock, rng);
  if (!second) {
    return opened;  // how ICMP can be had is the better advice
  }
  second->ladder.insert(second->ladder.begin(), opened.error().message());
  plan_ = std::move(udp);
  if (auto again = engine::TraceEngine::make(plan_.engine)) {
    engine_ = *std::move(again);  // it has no target yet
  }
  console().complain("no right to send ICMP: probing with UDP, as with -P udp (-v tells more)");
  return second;
}

void TraceRun::explain(const transport::Capabilities& can) {
  if (!can.constant_flows && plan_.transport.flow_style == transport::FlowStyle::constant) {
    log().note("this way to the network cannot keep a flow constant: load balancers may spread it");
    state_varying_flows(plan_);
  }
  if (!can.sees_quoted_header) {
    log().note("what answers quote is not seen here: no word on TOS and NAT");
  }
}

}  // namespace

ExitCode run_trace(const CommandLine& line, Console& console) {
  constexpr std::string_view kHelp = "sonde trace --help";
  const auto options = read_trace_options(line);
  if (!options) {
    return console.usage(options.error(), kHelp);
  }
  auto plan =
      resolve_trace(*options, {.trusted = caller_is_root(), .numeric = resolve::numeric_address});
  if (!plan) {
    return console.usage(plan.error(), kHelp);
  }
  auto engine = engine::TraceEngine::make(plan->engine);
  if (!engine) {
    return console.usage({.message = engine.error().message, .hint = {}}, kHelp);
  }
  TraceRun run(*options, *plan, *std::move(engine), console);
  return run.run();
}

}  // namespace sonde::app
