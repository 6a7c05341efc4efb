#include "app/resolve_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/echo_plan.hpp"
#include "app/header_options.hpp"
#include "app/values.hpp"
#include "sonde/transport/transport.hpp"

namespace sonde::app {

namespace {

constexpr std::uint64_t kMachineCount = 4;
// As ping: a flood does not wait longer than this for an answer.
constexpr Duration kFloodInterval = 10ms;

Refusal refuse_pairs(const PingOptions& o) {
  if (auto refusal = refuse_echo_pairs(o)) {
    return refusal;
  }
  const auto pairs = std::to_array<ExclusivePair>({
      {o.flood && o.adaptive, OptionId::flood, OptionId::adaptive},
      {o.endless && o.count, OptionId::endless, OptionId::count},
      {o.one_reply && o.until_replies, OptionId::one_reply, OptionId::until_replies},
      {o.record_route && o.timestamp_option, OptionId::record_route, OptionId::timestamp_option},
      {o.record_route && o.ipv6, OptionId::record_route, OptionId::ipv6},
      {o.timestamp_option && o.ipv6, OptionId::timestamp_option, OptionId::ipv6},
      {o.flow_label && o.record_route, OptionId::flow_label, OptionId::record_route},
      {o.flow_label && o.timestamp_option, OptionId::flow_label, OptionId::timestamp_option},
  });
  const auto at = std::ranges::find(pairs, true, &ExclusivePair::together);
  return at == pairs.end() ? std::nullopt : Refusal(conflict(at->a, at->b));
}

Refusal refuse_alone(const PingOptions& options) {
  if (options.targets.empty()) {
    return UsageError{.message = "no target given",
                      .hint = "try sonde ping 127.0.0.1, or sonde --help"};
  }
  return refuse_echo_alone(options);
}

probe::IpOptions ip_options_of(const PingOptions& options) {
  probe::IpOptions ip = echo_ip_options(options);
  if (options.record_route) {
    ip.header_options = record_route_option(*options.record_route);
  } else if (options.timestamp_option) {
    ip.header_options = timestamp_header_option(*options.timestamp_option);
  }
  return ip;
}

// A machine format ends by itself; -w, -o and --until-replies say how, otherwise after 4 probes.
std::optional<std::uint64_t> count_of(const PingOptions& options) {
  const bool ends =
      options.endless || options.deadline || options.one_reply || options.until_replies;
  if (options.count || ends || format_of(options) == Format::text) {
    return options.count;
  }
  return kMachineCount;
}

// Who is not root does not get faster than this with -A. A name may be any one host.
Duration adaptive_gap(const PingPlan& plan) {
  HostCount hosts = count_hosts(plan.targets);
  if (std::ranges::any_of(plan.targets, [](const auto& target) { return !target.address; })) {
    hosts.add(net::Address());
  }
  return hosts.adaptive_gap();
}

void plan_pace(const PingOptions& options, bool trusted, PingPlan& plan) {
  engine::PingConfig& engine = plan.engine;
  engine.interval = options.interval.value_or(engine.interval);
  engine.timeout = options.timeout.value_or(engine.timeout);
  engine.preload = options.preload.value_or(engine.preload);
  const bool free_flood = options.flood && !options.interval;
  if (free_flood) {
    engine.pace = engine::PingPace::self_clocked;
    engine.interval = kFloodInterval;
  } else if (options.adaptive) {
    engine.pace = engine::PingPace::self_clocked;
    engine.shortest_gap = trusted ? Duration{} : adaptive_gap(plan);
  }
  plan.policy.trusted = trusted;
  plan.policy.flood = free_flood;
  plan.policy.interval = engine.interval;
  plan.policy.adaptive = options.adaptive;
  plan.policy.shortest_gap = engine.shortest_gap;
  plan.policy.preload = engine.preload;
}

void plan_engine(const PingOptions& options, Rng& rng, PingPlan& plan) {
  plan.engine.count = count_of(options);
  plan.engine.until_replies =
      options.one_reply ? std::optional<std::uint64_t>(1) : options.until_replies;
  plan.engine.ip = ip_options_of(options);
  plan.engine.payload = echo_payload(options, rng);
  plan.policy.broadcast = options.broadcast;
  plan.policy.payload_bytes = static_cast<std::uint32_t>(plan.engine.payload.size());
  plan.policy.header_option_bytes =
      static_cast<std::uint32_t>(plan.engine.ip.header_options.bytes().size());
}

// For the answers of all targets at once, with what the kernel counts beside the data, and a few
// hundred that nobody asked for.
std::size_t receive_buffer_for(const PingPlan& plan) {
  constexpr std::size_t kLeast = std::size_t{512} * 1024;
  constexpr std::size_t kMost = std::size_t{8} * 1024 * 1024;
  const std::size_t each = plan.engine.payload.size() + transport::kReceiveOverhead;
  const std::size_t at_once = plan.targets.size() * plan.engine.preload;
  return std::max(std::min(at_once, kMost / each) * each, kLeast);
}

void plan_transport(const PingOptions& options, PingPlan& plan) {
  transport::OpenOptions& open = plan.transport;
  plan_sockets(options, open);
  open.ident = options.ident;
  open.multicast_loop = !options.no_multicast_loop;
  open.bypass_routing = options.bypass_routing;
  // Twice the time-out, so that late replies are seen, and a second at least.
  open.reply_window = std::max<Duration>(2 * plan.engine.timeout, plan.engine.timeout + 1s);
  open.receive_stamps = options.clock != Stopwatch::steady;
  open.device_stamps = options.clock == Stopwatch::hardware;
  open.receive_buffer_bytes = receive_buffer_for(plan);
  // A third system call a probe: a flood goes without, and its `clock` says so.
  open.transmit_stamps = open.device_stamps || !plan.policy.flood;
}

stats::RunOptions run_options_of(const PingOptions& options, const PingPlan& plan) {
  return {.count = plan.engine.count,
          .interval = plan.engine.interval,
          .timeout = plan.engine.timeout,
          .deadline = options.deadline,
          .payload_bytes = plan.policy.payload_bytes,
          .ttl = plan.engine.ip.ttl,
          .tos = plan.engine.ip.tos,
          .dont_fragment = never_fragments(plan.transport.path_mtu),
          .protocol = "icmp"};
}

}  // namespace

std::expected<PingPlan, UsageError> resolve_ping(const PingOptions& options,
                                                 const Situation& situation, Rng& rng) {
  if (auto refusal = refuse_pairs(options)) {
    return std::unexpected(*std::move(refusal));
  }
  if (auto refusal = refuse_alone(options)) {
    return std::unexpected(*std::move(refusal));
  }
  PingPlan plan;
  plan_targets(options, situation, plan);
  plan_engine(options, rng, plan);
  plan_pace(options, situation.trusted, plan);
  plan_transport(options, plan);
  if (auto refusal = plan_addresses(options, situation, plan.transport, plan)) {
    return std::unexpected(*std::move(refusal));
  }
  if (plan.transport.device_stamps && plan.transport.interface.empty()) {
    return std::unexpected(UsageError{
        .message = "--clock hardware: both stamps must be of one network interface",
        .hint = "name it with -I; it must have stamps switched on (hwstamp_ctl -i IF -t 1 -r 1)"});
  }
  plan.run = run_options_of(options, plan);
  plan_output(options, plan);
  return plan;
}

}  // namespace sonde::app
