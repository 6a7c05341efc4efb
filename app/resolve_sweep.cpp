#include "app/resolve_sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "app/values.hpp"

namespace sonde::app {

namespace {

constexpr std::uint64_t kDefaultRate = 1000;
// A seed of our own is told in JSON, where many readers take numbers for doubles: 53 bits.
constexpr unsigned kBeyondDouble = 11;
// As many bursts of replies as a busy loop can be late for.
constexpr std::size_t kReceiveBuffer = std::size_t{8} * 1024 * 1024;
// Packets to neighbours that do not answer stay in it for seconds. As many as fit, but fewer than
// Linux has room for in its table of neighbours (arp(7), gc_thresh3: 1024): what finds that one
// full is lost, and a raw socket is not told.
constexpr std::size_t kPacketsUnderWay = 896;
constexpr std::size_t kPacketInKernel = 832;  // with 56 bytes of payload
constexpr std::size_t kSendBuffer = kPacketsUnderWay * kPacketInKernel;

Refusal refuse_pairs(const SweepOptions& o) {
  if (auto refusal = refuse_echo_pairs(o)) {
    return refusal;
  }
  const auto pairs = std::to_array<ExclusivePair>({
      {o.count && o.vcount, OptionId::count, OptionId::vcount},
      {o.loop && o.count, OptionId::loop, OptionId::count},
      {o.loop && o.vcount, OptionId::loop, OptionId::vcount},
      {o.alive && o.unreachable, OptionId::alive, OptionId::unreachable},
      {o.loop && o.resume, OptionId::loop, OptionId::resume},
  });
  const auto at = std::ranges::find(pairs, true, &ExclusivePair::together);
  return at == pairs.end() ? std::nullopt : Refusal(conflict(at->a, at->b));
}

Refusal refuse_alone(const SweepOptions& o) {
  const bool rounds = o.count || o.vcount || o.loop;
  if (o.targets.empty() && !o.file) {
    return UsageError{.message = "no target given",
                      .hint =
                          "targets are operands, or lines of a file: -f FILE, or -f - for "
                          "standard input"};
  }
  if (o.resume == "-") {
    return UsageError{.message =
                          "--resume takes a file, which is read more than once: standard "
                          "input cannot be",
                      .hint = {}};
  }
  if (o.interval && !rounds) {
    return UsageError{.message = "-i, --interval goes with -c, -C or -l",
                      .hint = "the speed of the whole sweep is --rate"};
  }
  if (o.shard && o.shard->count > 1 && o.order.random && !o.order.seed && !o.resume) {
    return UsageError{.message = "--shard with --order random needs a seed",
                      .hint = "the same one for all shards: --order random:SEED"};
  }
  if (o.summary_every && !rounds) {
    return UsageError{.message = "--summary-every goes with -c, -C or -l", .hint = {}};
  }
  constexpr std::uint64_t kMostSamples = 100'000;
  if (o.json_probes && o.count.value_or(0) > kMostSamples) {
    return UsageError{.message = "--json-probes goes with at most 100000 probes a target",
                      .hint = "or with -J, one line a probe, without --json-probes"};
  }
  if (o.count && *o.count > std::numeric_limits<std::uint32_t>::max()) {
    return UsageError{.message = "-c, --count: a sweep has at most 4294967295 probes a target",
                      .hint = "without end: -l"};
  }
  return refuse_echo_alone(o);
}

// --- where to ------------------------------------------------------------------------------------

// -g: addresses in pairs.
Refusal plan_generated(const SweepOptions& options, const Situation& situation, SweepPlan& plan) {
  const auto& words = options.targets;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool alone = words[i].contains('/') || words[i].contains('-');
    if (!alone && i + 1 == words.size()) {
      return UsageError{
          .message = fmt::format("-g: {} has no last address", in_quotes(words[i])),
          .hint = "-g takes prefixes, or pairs of addresses: -g 192.0.2.1 192.0.2.20"};
    }
    auto target = alone ? parse_target(words[i], situation.numeric)
                        : parse_target_pair(words[i], words[i + 1], situation.numeric);
    if (!target) {
      return std::move(target.error());
    }
    plan.operands.push_back(*std::move(target));
    i += alone ? 0 : 1;
  }
  return std::nullopt;
}

Refusal plan_operands(const SweepOptions& options, const Situation& situation, SweepPlan& plan) {
  if (options.generate) {
    return plan_generated(options, situation, plan);
  }
  for (const std::string& word : options.targets) {
    auto target = parse_target(word, situation.numeric);
    if (!target) {
      return std::move(target.error());
    }
    plan.operands.push_back(*std::move(target));
  }
  return std::nullopt;
}

Refusal refuse_operand(const SweepOptions& options, const SweepPolicy& policy,
                       const TargetText& target) {
  auto refusal = target.range ? refuse(policy, *target.range) : std::nullopt;
  if (refusal) {
    refusal->message = fmt::format("{}: {}", in_quotes(target.text), refusal->message);
    if (refusal->hint.empty() && (options.ipv4 || options.ipv6)) {
      refusal->hint = fmt::format("leave out -{}", options.ipv4 ? 4 : 6);
    }
  }
  return refusal;
}

bool all_loopback(const std::vector<TargetText>& operands) {
  return std::ranges::all_of(operands, [](const TargetText& target) {
    return target.range && is_loopback(*target.range);
  });
}

Refusal refuse_operands(const SweepOptions& options, const SweepPlan& plan) {
  std::uint64_t total = 0;
  for (const TargetText& target : plan.operands) {
    if (auto refusal = refuse_operand(options, plan.policy, target)) {
      return refusal;
    }
    const std::uint64_t count = target.range ? target.range->count : 1;
    if (count > net::AddressList::kMax - total) {
      return UsageError{.message = fmt::format("{}: a sweep has at most {} targets",
                                               in_quotes(target.text), net::AddressList::kMax),
                        .hint = {}};
    }
    total += count;
  }
  return all_loopback(plan.operands) ? std::nullopt : refuse_many(plan.policy, total);
}

Refusal plan_families(const SweepOptions& options, SweepPlan& plan) {
  const Families families = allowed_families(options, plan.transport.source);
  plan.policy.v4 = families.v4;
  plan.policy.v6 = families.v6;
  if (plan.transport.source && !families.v4 && !families.v6) {
    return source_conflict(options, *plan.transport.source);
  }
  if (families.v4 != families.v6) {
    plan.family = families.v4 ? resolve::FamilyWanted::v4 : resolve::FamilyWanted::v6;
  }
  const auto needed = [&](net::Family family) {
    return plan.file || std::ranges::any_of(plan.operands, [family](const TargetText& target) {
             return !target.range || target.range->first.family() == family;
           });
  };
  plan.transport.v4 = families.v4 && needed(net::Family::v4);
  plan.transport.v6 = families.v6 && needed(net::Family::v6);
  plan.transport.only_loopback = !plan.file && all_loopback(plan.operands);
  return std::nullopt;
}

// --- how -----------------------------------------------------------------------------------------

void plan_engine(const SweepOptions& options, Rng& rng, SweepPlan& plan) {
  engine::SweepConfig& engine = plan.engine;
  if (options.loop) {
    engine.mode = probe::SweepMode::loop;
  } else if (options.count || options.vcount) {
    engine.mode = probe::SweepMode::count;
    engine.count = static_cast<std::uint32_t>(options.count.value_or(options.vcount.value_or(1)));
  }
  engine.timeout = options.timeout.value_or(engine.timeout);
  engine.retries = options.retry.value_or(engine.retries);
  engine.backoff = options.backoff.value_or(engine.backoff);
  engine.interval = options.interval.value_or(engine.interval);
  engine.rate = options.rate.value_or(Rate{.per_second = kDefaultRate}).per_second;
  if (options.order.random) {
    engine.random_order = options.order.seed.value_or(rng.next() >> kBeyondDouble);
  }
  if (options.shard) {
    engine.shard = options.shard->index;
    engine.shards = options.shard->count;
  }
  engine.ip = echo_ip_options(options);
  engine.payload = echo_payload(options, rng);
}

void plan_policy(const SweepOptions& options, bool trusted, SweepPlan& plan) {
  plan.policy.trusted = trusted;
  plan.policy.allowed = options.allowed;
  plan.policy.broadcast = options.broadcast;
  plan.policy.rate = {.per_second = plan.engine.rate};
  plan.policy.payload_bytes = static_cast<std::uint32_t>(plan.engine.payload.size());
  if (plan.engine.mode != probe::SweepMode::until_answer) {
    plan.policy.interval = plan.engine.interval;
  }
}

// A million targets cost nothing but what is asked about them.
void plan_detail(const SweepOptions& options, SweepPlan& plan) {
  const engine::SweepConfig& engine = plan.engine;
  const bool single = engine.mode == probe::SweepMode::until_answer;
  const bool loop = engine.mode == probe::SweepMode::loop;
  if (options.vcount || (options.json_probes && !loop)) {
    plan.detail = stats::SweepDetail::samples;
    plan.sample_rounds = single ? engine.retries + 1 : engine.count;
  } else if (!single || options.resume) {
    // What an earlier run counted is told again, target by target.
    plan.detail = stats::SweepDetail::records;
  } else {
    // Text has no counts.
    plan.detail =
        plan.format == Format::text ? stats::SweepDetail::states : stats::SweepDetail::tries;
  }
}

// Is there an RTT in anything that is printed?
bool shows_times(const SweepOptions& options, const SweepPlan& plan) {
  return plan.engine.mode != probe::SweepMode::until_answer || options.elapsed ||
         options.stats.totals || options.stats.percentiles || options.summary_every ||
         plan.format != Format::text || options.output || options.resume;
}

// What the kernel tells of each packet costs something. A list of who is alive has no times in it,
// no text has a TTL; and beyond some rate transmit stamps, which take room in the socket's queue,
// push replies out of it.
void plan_details(const SweepOptions& options, SweepPlan& plan) {
  constexpr std::uint64_t kMostWithTransmitStamps = 10'000;
  const bool slow = plan.engine.rate && *plan.engine.rate <= kMostWithTransmitStamps;
  plan.transport.received_header = plan.format != Format::text;
  plan.transport.receive_stamps = shows_times(options, plan);
  plan.transport.transmit_stamps = plan.transport.receive_stamps && slow;
}

void state_options(const SweepOptions& options, SweepPlan& plan) {
  const engine::SweepConfig& engine = plan.engine;
  const bool single = engine.mode == probe::SweepMode::until_answer;
  plan.run = {
      .count = engine.mode == probe::SweepMode::count ? std::optional(engine.count) : std::nullopt,
      .interval = single ? std::nullopt : std::optional(engine.interval),
      .timeout = engine.timeout,
      .deadline = options.deadline,
      .payload_bytes = plan.policy.payload_bytes,
      .ttl = engine.ip.ttl,
      .tos = engine.ip.tos,
      .dont_fragment = never_fragments(plan.transport.path_mtu),
      .protocol = "icmp"};
  plan.sweep = {.mode = engine.mode,
                .retries = single ? engine.retries : 0,
                .backoff = single ? engine.backoff : 1,
                .rate = engine.rate,
                .random_order = engine.random_order,
                .shard = engine.shard,
                .shards = engine.shards,
                .summary_every = options.summary_every,
                .min_reachable = options.min_reachable};
}

}  // namespace

std::expected<SweepPlan, UsageError> resolve_sweep(const SweepOptions& options,
                                                   const Situation& situation, Rng& rng) {
  for (auto refusal : {refuse_pairs(options), refuse_alone(options)}) {
    if (refusal) {
      return std::unexpected(*std::move(refusal));
    }
  }
  SweepPlan plan;
  plan.file = options.file;
  plan.format = format_of(options);
  plan_engine(options, rng, plan);
  plan_policy(options, situation.trusted, plan);
  plan_sockets(options, plan.transport);
  plan_details(options, plan);
  plan.transport.send_buffer_bytes = kSendBuffer;
  plan.transport.receive_buffer_bytes = kReceiveBuffer;
  for (auto refusal :
       {plan_operands(options, situation, plan), plan_source(options, situation, plan.transport)}) {
    if (refusal) {
      return std::unexpected(*std::move(refusal));
    }
  }
  for (auto refusal : {plan_families(options, plan), refuse_operands(options, plan)}) {
    if (refusal) {
      return std::unexpected(*std::move(refusal));
    }
  }
  plan_detail(options, plan);
  state_options(options, plan);
  plan.output = options.output == "-" ? std::nullopt : options.output;
  return plan;
}

}  // namespace sonde::app
