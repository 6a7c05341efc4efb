#include "sonde/report/sweep_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace sonde::report {
namespace {

using probe::SweepMode;
using probe::SweepState;

[[nodiscard]] std::string_view mode_name(SweepMode mode) noexcept {
  switch (mode) {
    case SweepMode::until_answer:
      return "until_answer";
    case SweepMode::count:
      return "count";
    case SweepMode::loop:
      break;
  }
  return "loop";
}

[[nodiscard]] std::string_view state_name(SweepState state) noexcept {
  switch (state) {
    case SweepState::alive:
      return "alive";
    case SweepState::unreachable:
      return "unreachable";
    case SweepState::failed:
      return "error";
    case SweepState::pending:
      break;
  }
  return "pending";
}

void put_counts(JsonWriter& json, FieldRef field, const stats::Counts& counts) {
  json.begin_object(field);
  json.put("sweep_counts.sent", counts.sent);
  json.put("sweep_counts.received", counts.received);
  json.put("sweep_counts.late", counts.late);
  json.put("sweep_counts.lost", counts.lost);
  json.put("sweep_counts.in_flight", counts.in_flight);
  json.put("sweep_counts.duplicate", counts.duplicate);
  json.put("sweep_counts.corrupt", counts.corrupt);
  json.put("sweep_counts.errors", counts.errors);
  json.put("sweep_counts.send_failures", counts.send_failures);
  json.end_object();
}

void put_rtt(JsonWriter& json, const std::optional<stats::SweepRtt>& rtt) {
  if (!rtt) {
    json.put_null("sweep_target.rtt_ms");
    return;
  }
  json.begin_object("sweep_target.rtt_ms");
  json.put("sweep_rtt.min", rtt->min);
  json.put("sweep_rtt.avg", rtt->mean);
  json.put("sweep_rtt.max", rtt->max);
  json.put("sweep_rtt.stddev", rtt->stddev);
  json.end_object();
}

void put_icmp(JsonWriter& json, const stats::SweepResult& result,
              const stats::SweepIcmpError& error) {
  const net::Family family = result.address ? result.address->family() : net::Family::v4;
  json.begin_object("sweep_target.icmp");
  json.put("sweep_icmp.type", error.icmp.type);
  json.put("sweep_icmp.code", error.icmp.code);
  json.put("sweep_icmp.name", std::string_view(icmp_text(family, error.icmp)));
  json.put("sweep_icmp.from", error.responder);
  json.end_object();
}

[[nodiscard]] std::string_view end_name(stats::ProbeEnd end) noexcept {
  switch (end) {
    case stats::ProbeEnd::reply:
      return "reply";
    case stats::ProbeEnd::late:
      return "late";
    case stats::ProbeEnd::timeout:
      return "timeout";
    case stats::ProbeEnd::error:
      return "error";
    case stats::ProbeEnd::send_failed:
      return "send_failed";
    case stats::ProbeEnd::in_flight:
      break;
  }
  return "in_flight";
}

void put_probes(JsonWriter& json, const stats::SweepResult& result) {
  const auto sent = std::min<std::uint64_t>(result.counts.sent, result.samples.size());
  json.begin_array("sweep_target.probes");
  for (std::uint64_t i = 0; i < sent; ++i) {
    json.begin_object();
    json.put("sweep_probe.seq", i + 1);
    json.put("sweep_probe.outcome", end_name(result.samples[i].end()));
    json.put("sweep_probe.rtt_ms", result.samples[i].rtt());
    json.end_object();
  }
  json.end_array();
}

void put_total_rtt(JsonWriter& json, const stats::SweepResults& results) {
  if (results.rtt().count() == 0) {
    json.put_null("sweep_totals.rtt_ms");
    return;
  }
  json.begin_object("sweep_totals.rtt_ms");
  put_rtt_figures(json, results.rtt(), results.quantiles());
  json.end_object();
}

void put_sketch(JsonWriter& json, const stats::SweepResults& results) {
  const stats::RttStats::Sums sums = results.rtt().sums();
  if (sums.count == 0) {
    json.put_null("sweep_totals.rtt_sketch");
    return;
  }
  const stats::Quantiles::Snapshot snapshot = results.quantiles().snapshot();
  json.begin_object("sweep_totals.rtt_sketch");
  json.put("rtt_sketch.count", sums.count);
  json.put("rtt_sketch.mean_ns", sums.mean_ns);
  json.put("rtt_sketch.m2_ns2", sums.m2);
  json.put("rtt_sketch.min_ns", snapshot.min_ns);
  json.put("rtt_sketch.max_ns", snapshot.max_ns);
  json.begin_array("rtt_sketch.exact_ns");
  for (const std::uint64_t ns : snapshot.exact) {
    json.element(ns);
  }
  json.end_array();
  json.begin_array("rtt_sketch.histogram");
  for (std::uint64_t bucket = 0; bucket < snapshot.histogram.size(); ++bucket) {
    if (snapshot.histogram[bucket] > 0) {
      json.element(bucket);
      json.element(snapshot.histogram[bucket]);
    }
  }
  json.end_array();
  json.end_object();
}

}  // namespace

std::uint64_t targets_of_shard(std::uint64_t targets, const stats::SweepOptions& options) noexcept {
  if (options.merged) {
    return options.merged->targets;
  }
  const std::uint64_t before = options.shard - 1;
  return targets > before ? (targets - before + options.shards - 1) / options.shards : 0;
}

bool left_unfinished(const stats::SweepResult& result, probe::SweepMode mode,
                     std::uint64_t count) noexcept {
  const stats::Counts& counts = result.counts;
  if (counts.sent == 0 || result.state == SweepState::failed) {
    return false;
  }
  switch (mode) {
    case SweepMode::until_answer:
      return result.state == SweepState::pending;
    case SweepMode::count:
      return counts.sent - counts.in_flight < count;
    case SweepMode::loop:
      break;
  }
  return true;
}

void put_sweep_options(JsonWriter& json, FieldRef field, const stats::SweepOptions& options) {
  json.begin_object(field);
  json.put("sweep.mode", mode_name(options.mode));
  json.put("sweep.retries", options.retries);
  json.put("sweep.backoff", options.backoff);
  json.put("sweep.rate", options.rate);
  json.put("sweep.order", std::string_view(options.random_order ? "random" : "sequential"));
  json.put("sweep.seed", options.random_order);
  json.put("sweep.shard", options.shard);
  json.put("sweep.shards", options.shards);
  if (options.merged && !options.merged->shards.empty()) {
    json.begin_array("sweep.merged_shards");
    for (const std::uint32_t shard : options.merged->shards) {
      json.element(std::uint64_t{shard});
    }
    json.end_array();
  }
  json.put("sweep.summary_every_ms", options.summary_every);
  json.put("sweep.min_reachable", options.min_reachable);
  json.end_object();
}

void put_sweep_target(JsonWriter& json, const stats::SweepResult& result, bool probes) {
  if (result.name.empty() && result.address) {
    json.put("sweep_target.input", *result.address);
  } else {
    json.put_text("sweep_target.input", "sweep_target.input_hex",
                  Untrusted(std::string(result.name)));
  }
  json.put("sweep_target.address", result.address);
  if (result.reverse != nullptr) {
    json.put_name("sweep_target.name", "sweep_target.name_hex", *result.reverse);
  }
  json.put("sweep_target.state", state_name(result.state));
  put_target_error(json, "sweep_target.error",
                   result.error != nullptr ? std::optional(*result.error) : std::nullopt);
  put_counts(json, "sweep_target.counts", result.counts);
  json.put("sweep_target.loss_ratio", result.counts.loss_ratio());
  put_rtt(json, result.rtt);
  json.put("sweep_target.clock",
           result.rtt.transform([](const auto& rtt) { return clock_name(rtt.clock); }));
  if (result.icmp_error) {
    put_icmp(json, result, *result.icmp_error);
  }
  if (probes && !result.samples.empty()) {
    put_probes(json, result);
  }
}

void put_sweep_totals(JsonWriter& json, const stats::SweepResults& results,
                      const stats::SweepOptions& options, const stats::RunEnd& end) {
  const stats::SweepTotals totals = results.totals();
  const std::uint64_t targets = targets_of_shard(results.size(), options);
  json.put("sweep_totals.targets", targets);
  json.put("sweep_totals.alive", totals.alive);
  json.put("sweep_totals.unreachable", totals.unreachable);
  json.put("sweep_totals.error", totals.failed);
  json.put("sweep_totals.pending", targets - std::min(targets, totals.settled()));
  put_counts(json, "sweep_totals.counts", totals.counts);
  json.put("sweep_totals.loss_ratio", totals.counts.loss_ratio());
  put_total_rtt(json, results);
  json.put("sweep_totals.clock", totals.clock.transform(clock_name));
  put_sketch(json, results);
  const auto digest =
      end.list_digest.transform([](std::uint64_t value) { return fmt::format("{:016x}", value); });
  json.put("sweep_totals.list_digest",
           digest.transform([](const std::string& text) { return std::string_view(text); }));
}

Answer answer_of(const probe::SweepEvent& event, const net::Address& target,
                 std::uint32_t payload_bytes) {
  constexpr std::uint32_t kShortestToken = 4;
  constexpr std::uint8_t kEchoReplyV6 = 129;  // RFC 4443
  Answer answer{.clock = event.clock, .truncated = std::nullopt, .reordered = std::nullopt};
  if (event.send_error != nullptr) {
    answer.send_error = *event.send_error;
    return answer;
  }
  answer.rtt = event.rtt;
  answer.ttl = event.ttl;
  if (const probe::Observation* seen = event.observation) {
    answer.from = seen->responder;
    answer.ttl = seen->ttl;
    answer.tos = seen->tos;
    answer.icmp_type = seen->icmp.type;
    answer.icmp_code = seen->icmp.code;
    answer.next_hop_mtu = seen->next_hop_mtu;
    answer.verified = seen->verified;
    return answer;
  }
  // A reply: from the address that was asked, or it would not be one; a group's are not kept.
  if (!target.is_multicast() && !target.is_broadcast()) {
    answer.from = target;
  }
  answer.bytes = event.bytes;
  answer.corrupt_at = event.corruption.transform([](const auto& seen) { return seen.offset; });
  answer.icmp_type = target.is_v4() ? 0 : kEchoReplyV6;
  answer.verified = payload_bytes >= kShortestToken;
  return answer;
}

}  // namespace sonde::report
