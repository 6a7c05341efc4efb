#include "app/resolve_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "app/values.hpp"

namespace sonde::app {

namespace {

using transport::TraceProtocol;

constexpr std::uint32_t kDefaultPayload = 32;  // traceroute's 60 byte packets, with IPv4
constexpr std::uint32_t kLongestPayload = 65507;
constexpr std::uint32_t kLeastConstant = 4;  // bytes that tell UDP probes of one flow apart
constexpr std::uint16_t kDublinFlows = 16;
constexpr std::uint32_t kMostUntrustedRate = 1000;
constexpr net::Port kUdpPort{33434};  // traceroute's
constexpr net::Port kTcpPort{80};

Refusal refuse_pairs(const TraceOptions& o) {
  if (auto refusal = refuse_echo_pairs(o)) {
    return refusal;
  }
  const auto pairs = std::to_array<ExclusivePair>({
      {o.paris && o.classic, OptionId::paris, OptionId::classic},
      {o.dublin && o.classic, OptionId::dublin, OptionId::classic},
      {o.flows && o.classic, OptionId::flows, OptionId::classic},
      {o.flows && o.dublin, OptionId::flows, OptionId::dublin},
      {o.mtu && o.path_mtu, OptionId::mtu, OptionId::pmtu},
  });
  const auto at = std::ranges::find(pairs, true, &ExclusivePair::together);
  return at == pairs.end() ? std::nullopt : Refusal(conflict(at->a, at->b));
}

// What users of traceroute are used to.
UsageError no_target(const TraceOptions& options) {
  const bool icmp_habit = options.interface.has_value();
  return {.message = "no target given",
          .hint = icmp_habit ? fmt::format("-I takes an interface; probes are ICMP anyway: sonde "
                                           "trace {}",
                                           *options.interface)
                             : "try sonde trace 127.0.0.1, or sonde trace --help"};
}

// Have UDP probes room for what says which is which?
bool tells_apart(const TraceOptions& o) {
  return o.classic || o.size.value_or(kDefaultPayload) >= kLeastConstant;
}

Refusal refuse_alone(const TraceOptions& o) {
  if (o.targets.empty()) {
    return no_target(o);
  }
  const TraceProtocol protocol = o.protocol.value_or(TraceProtocol::icmp);
  if (o.port && protocol == TraceProtocol::icmp) {
    return UsageError{.message = "-p, --port: ICMP has no ports", .hint = "add -P udp or -P tcp"};
  }
  if (protocol == TraceProtocol::tcp && (o.size || o.mtu)) {
    return UsageError{
        .message = fmt::format("{}: a SYN carries no payload", o.size ? "-s, --size" : "--mtu"),
        .hint = "it goes with -P icmp and -P udp"};
  }
  if (protocol == TraceProtocol::udp && !tells_apart(o)) {
    return UsageError{
        .message = fmt::format("-s, --size: UDP probes of one flow need {} bytes to be told apart",
                               kLeastConstant),
        .hint = "try -s 4, or --classic"};
  }
  if (o.first_ttl && *o.first_ttl > o.max_ttl.value_or(engine::TraceConfig().max_ttl)) {
    return UsageError{.message = "-f, --first-ttl is above -m, --max-ttl",
                      .hint = o.max_ttl ? "" : fmt::format("add -m {}", o.first_ttl->value)};
  }
  EchoOptions rest = o;
  rest.port.reset();
  return refuse_echo_alone(rest);
}

std::vector<std::byte> payload_of(const TraceOptions& options) {
  std::vector<std::byte> payload(
      options.size.value_or(options.mtu ? kLongestPayload : kDefaultPayload));
  for (std::size_t i = 0; i < payload.size(); ++i) {
    payload[i] = static_cast<std::byte>(i);
  }
  return payload;
}

void plan_engine(const TraceOptions& options, TracePlan& plan) {
  constexpr std::uint32_t kTcpHeader = 20;
  constexpr std::uint32_t kOtherHeader = 8;
  engine::TraceConfig& engine = plan.engine;
  engine.first_ttl = options.first_ttl.value_or(engine.first_ttl);
  engine.max_ttl = options.max_ttl.value_or(std::max(engine.max_ttl, engine.first_ttl));
  engine.flows = options.dublin ? kDublinFlows : options.flows.value_or(engine.flows);
  engine.queries = options.queries.value_or(engine.flows > 1 ? 1 : engine.queries);
  engine.parallel = options.parallel.value_or(engine.parallel);
  engine.rate = options.rate.value_or(static_cast<std::uint32_t>(engine.rate));
  engine.gap = options.gap.value_or(engine.gap);
  engine.timeout = options.timeout.value_or(engine.timeout);
  engine.adaptive = !options.timeout;
  engine.last_query = options.protocol == TraceProtocol::udp;
  engine.find_mtu = options.mtu;
  engine.headers = options.protocol == TraceProtocol::tcp ? kTcpHeader : kOtherHeader;
  engine.ip = echo_ip_options(options);
  if (options.protocol != TraceProtocol::tcp) {
    engine.payload = payload_of(options);
  }
}

void plan_transport(const TraceOptions& options, TracePlan& plan) {
  transport::TraceOpenOptions& open = plan.transport;
  plan_sockets(options, open.common);
  if (options.mtu) {
    open.common.path_mtu = transport::PathMtu::probe;
  }
  open.common.reply_window = 2 * plan.engine.timeout;
  open.protocol = options.protocol.value_or(TraceProtocol::icmp);
  open.port = options.port;
  open.flow_style =
      options.classic ? transport::FlowStyle::varying : transport::FlowStyle::constant;
  open.may_vary = plan.engine.flows == 1;
  plan.may_fall_back =
      !options.protocol && tells_apart(options) && options.backend == transport::Backend::automatic;
}

std::string protocol_name(TraceProtocol protocol) {
  switch (protocol) {
    case TraceProtocol::icmp:
      return "icmp";
    case TraceProtocol::udp:
      return "udp";
    case TraceProtocol::tcp:
      break;
  }
  return "tcp";
}

std::optional<net::Port> first_port(const transport::TraceOpenOptions& open) {
  switch (open.protocol) {
    case TraceProtocol::icmp:
      return std::nullopt;
    case TraceProtocol::udp:
      return open.port.value_or(kUdpPort);
    case TraceProtocol::tcp:
      break;
  }
  return open.port.value_or(kTcpPort);
}

void state_options(const TraceOptions& options, TracePlan& plan) {
  const engine::TraceConfig& engine = plan.engine;
  plan.run = {
      .count = std::nullopt,
      .interval =
          std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / engine.rate)),
      .timeout = engine.timeout,
      .deadline = options.deadline,
      .payload_bytes =
          options.size.value_or(options.protocol == TraceProtocol::tcp ? 0 : kDefaultPayload),
      .ttl = std::nullopt,
      .tos = engine.ip.tos,
      .dont_fragment = never_fragments(plan.transport.common.path_mtu),
      .protocol = protocol_name(plan.transport.protocol),
      .trace = stats::TraceRunOptions{
          .first_ttl = engine.first_ttl,
          .max_ttl = engine.max_ttl,
          .queries = engine.queries,
          .flows = engine.flows,
          .port = first_port(plan.transport),
          .constant_flow = plan.transport.flow_style == transport::FlowStyle::constant,
          .find_mtu = engine.find_mtu}};
}

Refusal refuse_rate(const TraceOptions& options, const Situation& situation,
                    const TracePlan& plan) {
  const bool loopback = std::ranges::all_of(plan.targets, [](const PlannedTarget& target) {
    return target.address && target.address->is_loopback();
  });
  if (situation.trusted || loopback || options.rate.value_or(0) <= kMostUntrustedRate) {
    return std::nullopt;
  }
  return UsageError{
      .message = "--rate: more than 1000 a second is for root, or for loopback targets",
      .hint = "try --rate 1000"};
}

}  // namespace

std::expected<TracePlan, UsageError> resolve_trace(const TraceOptions& options,
                                                   const Situation& situation) {
  for (auto refusal : {refuse_pairs(options), refuse_alone(options)}) {
    if (refusal) {
      return std::unexpected(*std::move(refusal));
    }
  }
  TracePlan plan;
  plan_targets(options, situation, plan);
  plan_engine(options, plan);
  plan_transport(options, plan);
  plan.policy.trusted = situation.trusted;
  plan.policy.one_host = true;
  plan.policy.payload_bytes = static_cast<std::uint32_t>(plan.engine.payload.size());
  for (auto refusal : {plan_addresses(options, situation, plan.transport.common, plan),
                       refuse_rate(options, situation, plan)}) {
    if (refusal) {
      return std::unexpected(*std::move(refusal));
    }
  }
  state_options(options, plan);
  plan_output(options, plan);
  return plan;
}

void fall_back_to_udp(TracePlan& plan) {
  plan.transport.protocol = TraceProtocol::udp;
  plan.run.protocol = protocol_name(TraceProtocol::udp);
  plan.engine.last_query = true;
  if (plan.run.trace) {
    plan.run.trace->port = first_port(plan.transport);
  }
}

void state_varying_flows(TracePlan& plan) {
  if (plan.run.trace) {
    plan.run.trace->constant_flow = false;
  }
}

}  // namespace sonde::app
