#include "sonde/report/record_json.hpp"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "sonde/report/failure_text.hpp"
#include "sonde/report/path_json.hpp"
#include "sonde/report/path_words.hpp"

namespace sonde::report {
namespace {

[[nodiscard]] std::string_view state_name(const stats::TargetResult& result) noexcept {
  const stats::Hop* const hop = destination_hop(result);
  if (result.path && hop == nullptr &&
      result.stats.counts().sent > result.stats.counts().send_failures) {
    return "down";
  }
  const stats::Counts& counts = hop != nullptr ? hop->stats.counts() : result.stats.counts();
  // Of a host that nothing could be sent to, nothing is known.
  if (result.target.error || counts.sent == counts.send_failures) {
    return "error";
  }
  if (!counts.answered()) {
    return "down";
  }
  const bool whole =
      counts.lost == 0 && counts.late == 0 && counts.errors == 0 && counts.send_failures == 0;
  return whole ? "up" : "degraded";
}

void put_icmp(JsonWriter& json, const Answer& answer, net::Family family) {
  const std::string name = icmp_text(family, {.type = answer.icmp_type, .code = answer.icmp_code});
  json.begin_object("answer.icmp");
  json.put("icmp.type", answer.icmp_type);
  json.put("icmp.code", answer.icmp_code);
  json.put("icmp.name", std::string_view(name));
  json.put("icmp.mtu", answer.next_hop_mtu.transform([](net::Mtu m) { return m.value; }));
  json.end_object();
}

void put_counts(JsonWriter& json, const stats::Counts& counts) {
  json.begin_object("figures.counts");
  json.put("counts.sent", counts.sent);
  json.put("counts.received", counts.received);
  json.put("counts.lost", counts.lost);
  json.put("counts.late", counts.late);
  json.put("counts.in_flight", counts.in_flight);
  json.put("counts.duplicate", counts.duplicate);
  json.put("counts.reordered", counts.reordered);
  json.put("counts.corrupt", counts.corrupt);
  json.put("counts.errors", counts.errors);
  json.put("counts.send_failures", counts.send_failures);
  json.end_object();
}

void put_rtt(JsonWriter& json, const stats::TargetStats& stats) {
  if (stats.rtt().count() == 0) {
    json.put_null("figures.rtt_ms");
    return;
  }
  json.begin_object("figures.rtt_ms");
  put_rtt_figures(json, stats.rtt(), stats.quantiles());
  json.put("rtt.jitter", stats.rtt().jitter());
  json.end_object();
}

// A hop that does not answer is no outage of the target: a trace has none.
void put_outages(JsonWriter& json, const stats::TargetResult& result, const ClockPair& clock) {
  json.begin_array("result.outages");
  for (const stats::Outage& outage :
       result.path ? std::vector<stats::Outage>() : result.stats.outages()) {
    json.begin_object();
    json.put("outage.from_seq", outage.from_seq);
    json.put("outage.to_seq", outage.to_seq);
    json.put("outage.started", wall_at(clock, outage.started));
    json.put("outage.duration_ms", outage.duration);
    json.put("outage.open", outage.open);
    json.end_object();
  }
  json.end_array();
}

void put_checks(JsonWriter& json, const std::vector<stats::Check>& checks) {
  json.begin_array("result.checks");
  for (const stats::Check& check : checks) {
    json.begin_object();
    json.put("check.metric", std::string_view(check.metric));
    json.put("check.op", std::string_view(check.op));
    json.put("check.limit", check.limit);
    json.put("check.actual", check.actual);
    json.put("check.pass", check.pass);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

void put_rtt_figures(JsonWriter& json, const stats::RttStats& rtt,
                     const stats::Quantiles& quantiles) {
  constexpr double kMedian = 0.5;
  constexpr double kP90 = 0.9;
  constexpr double kP95 = 0.95;
  constexpr double kP99 = 0.99;
  json.put("rtt_figures.min", rtt.min());
  json.put("rtt_figures.avg", rtt.mean());
  json.put("rtt_figures.median", quantiles.at(kMedian));
  json.put("rtt_figures.max", rtt.max());
  json.put("rtt_figures.stddev", rtt.stddev());
  json.put("rtt_figures.p90", quantiles.at(kP90));
  json.put("rtt_figures.p95", quantiles.at(kP95));
  json.put("rtt_figures.p99", quantiles.at(kP99));
}

std::optional<std::string_view> replaced_name(probe::Replaced replaced) noexcept {
  switch (replaced) {
    case probe::Replaced::timeout:
      return "timeout";
    case probe::Replaced::error:
      return "error";
    case probe::Replaced::nothing:
    case probe::Replaced::sent:
      break;
  }
  return std::nullopt;
}

std::string icmp_text(net::Family family, wire::IcmpType icmp) {
  const std::string_view name = probe::icmp_name(family, icmp);
  return name.empty() ? fmt::format("type-{}-code-{}", icmp.type, icmp.code) : std::string(name);
}

void put_target_error(JsonWriter& json, FieldRef field,
                      const std::optional<stats::TargetError>& error) {
  if (!error) {
    json.put_null(field);
    return;
  }
  const bool resolve = error->kind == stats::TargetError::Kind::resolve;
  json.begin_object(field);
  json.put("target_error.kind", std::string_view(resolve ? "resolve" : "system"));
  json.put("target_error.message", std::string_view(error->message));
  json.end_object();
}

Answer answer_of(const probe::Event& event) {
  const probe::Observation& seen = event.observation;
  Answer answer{.rtt = event.rtt,
                .clock = event.clock,
                .reordered = event.reordered,
                .send_error = event.send_error};
  // Only of these does the observation say anything.
  const bool echo = event.kind == probe::EventKind::reply || event.kind == probe::EventKind::late ||
                    event.kind == probe::EventKind::duplicate;
  const bool icmp_error = event.kind == probe::EventKind::error;
  if (!echo && !icmp_error) {
    return answer;
  }
  answer.from = seen.responder;
  answer.ttl = seen.ttl;
  answer.tos = seen.tos;
  answer.bytes = echo && seen.bytes > 0 ? std::optional(seen.bytes) : std::nullopt;
  answer.icmp = icmp_error || seen.bytes > 0;
  answer.icmp_type = seen.icmp.type;
  answer.icmp_code = seen.icmp.code;
  answer.next_hop_mtu = seen.next_hop_mtu;
  answer.verified = seen.verified;
  answer.api_ms = seen.api_ms;
  answer.truncated = seen.truncated;
  answer.corrupt_at = seen.corruption.transform([](auto& c) { return c.offset; });
  if (icmp_error) {
    answer.quoted = seen.quoted;
    answer.extras = seen.extras;
  }
  if (event.step.ttl.value > 0) {
    answer.return_hops = seen.ttl.transform(return_hops);
  }
  return answer;
}

void put_answer(JsonWriter& json, const Answer& answer) {
  json.put("answer.from", answer.from);
  json.put("answer.rtt_ms", answer.rtt);
  if (answer.api_ms) {
    json.put("answer.api_rtt_ms", *answer.api_ms);
  }
  json.put("answer.clock",
           answer.rtt.transform([&](Duration) { return clock_name(answer.clock); }));
  json.put("answer.ttl", answer.ttl.transform([](net::Ttl t) { return t.value; }));
  json.put("answer.tos", answer.tos.transform([](net::Tos t) { return t.value; }));
  json.put("answer.bytes", answer.bytes);
  if (answer.from && answer.icmp) {
    put_icmp(json, answer, answer.from->family());
  } else {
    json.put_null("answer.icmp");
  }
  json.put("answer.verified", answer.from.transform([&](auto&) { return answer.verified; }));
  json.put("answer.truncated", answer.truncated);
  json.put("answer.reordered", answer.reordered);
  json.put("answer.corrupt_at", answer.corrupt_at);
  put_send_error(json, "answer.send_error", answer.send_error);
  put_path_answer(json, answer);
}

void put_probe_id(JsonWriter& json, const probe::Event& event, const ClockPair& clock) {
  const bool at_once =
      event.kind == probe::EventKind::send_failed && event.replaces == probe::Replaced::nothing;
  json.put("probe_id.seq", event.probe.sequence);
  json.put("probe_id.sent_at", wall_at(clock, at_once ? event.at : event.sent_at));
  if (event.step.ttl.value > 0) {
    json.put("probe_id.hop", event.step.ttl.value);
    json.put("probe_id.query", event.step.query);
    json.put("probe_id.flow", event.step.flow);
  }
}

void put_send_error(JsonWriter& json, FieldRef field,
                    const std::optional<probe::SendError>& error) {
  if (!error) {
    json.put_null(field);
    return;
  }
  json.begin_object(field);
  json.put("send_error.failure", send_failure_name(error->failure));
  json.put("send_error.os_code",
           error->os_code == 0 ? std::nullopt : std::optional(error->os_code));
  json.put("send_error.message", std::string_view(send_error_text(*error)));
  json.put("send_error.mtu", error->mtu.transform([](net::Mtu m) { return m.value; }));
  json.end_object();
}

void put_tool(JsonWriter& json, FieldRef field, std::string_view version) {
  json.begin_object(field);
  json.put("tool.name", std::string_view("sonde"));
  json.put("tool.version", version);
  json.end_object();
}

void put_engine(JsonWriter& json, FieldRef field, const stats::EngineInfo& engine) {
  const bool opened = !engine.backend.empty();
  json.begin_object(field);
  json.put("engine.backend",
           opened ? std::optional(std::string_view(engine.backend)) : std::nullopt);
  json.put("engine.privileged", engine.privileged);
  json.put("engine.clock", opened ? std::optional(clock_name(engine.clock)) : std::nullopt);
  json.end_object();
}

void put_options(JsonWriter& json, FieldRef field, const stats::RunOptions& options) {
  json.begin_object(field);
  json.put("options.count", options.count);
  json.put("options.interval_ms", options.interval);
  json.put("options.timeout_ms", options.timeout);
  json.put("options.deadline_ms", options.deadline);
  json.put("options.payload_bytes", options.payload_bytes);
  json.put("options.ttl", options.ttl.transform([](net::Ttl t) { return t.value; }));
  json.put("options.tos", options.tos.value);
  json.put("options.dscp", dscp_of(options.tos));
  json.put("options.ecn", ecn_of(options.tos));
  json.put("options.df", options.dont_fragment);
  json.put("options.protocol", std::string_view(options.protocol));
  if (options.trace) {
    put_trace_options(json, *options.trace);
  }
  json.end_object();
}

void put_rejects(JsonWriter& json, FieldRef field,
                 const std::optional<probe::RejectCounts>& rejects) {
  if (!rejects) {
    json.put_null(field);
    return;
  }
  json.begin_object(field);
  json.put("rejects.malformed", rejects->of(probe::Reject::malformed));
  json.put("rejects.checksum", rejects->of(probe::Reject::checksum));
  json.put("rejects.stranger", rejects->of(probe::Reject::stranger));
  json.put("rejects.source", rejects->of(probe::Reject::source));
  json.put("rejects.token", rejects->of(probe::Reject::token));
  json.put("rejects.quote", rejects->of(probe::Reject::quote));
  json.end_object();
}

void put_verdict(JsonWriter& json, FieldRef field, const stats::Verdict& verdict) {
  json.begin_object(field);
  json.put("verdict.pass", verdict.pass);
  json.put("verdict.exit_code", verdict.exit_code);
  json.begin_array("verdict.reasons");
  for (const std::string& reason : verdict.reasons) {
    json.element(reason);
  }
  json.end_array();
  json.end_object();
}

void put_identity(JsonWriter& json, const stats::Target& target) {
  json.put_text("identity.input", "identity.input_hex", Untrusted(target.input));
  json.put("identity.address", target.address);
  json.put_name("identity.name", "identity.name_hex", target.name);
  json.put("identity.family", target.address.transform([](const net::Address& a) {
    return static_cast<unsigned>(a.family());
  }));
  json.put("identity.source", target.source);
  if (target.label) {
    json.put_text("identity.label", "identity.label_hex", Untrusted(*target.label));
  } else {
    json.put_null("identity.label");
  }
  put_target_error(json, "identity.error", target.error);
}

void put_figures(JsonWriter& json, const stats::TargetStats& stats) {
  put_counts(json, stats.counts());
  json.put("figures.loss_ratio", stats.counts().loss_ratio());
  put_rtt(json, stats);
  json.put("figures.clock", stats.clock().transform(clock_name));
}

// Of a trace the RTTs are the destination's answers already; its loss is that at its own hop, since
// the probes that stopped on the way were meant to.
void put_target_figures(JsonWriter& json, const stats::TargetResult& result) {
  if (!result.path) {
    put_figures(json, result.stats);
    return;
  }
  const stats::Hop* const hop = destination_hop(result);
  put_counts(json, result.stats.counts());
  json.put("figures.loss_ratio",
           hop != nullptr ? hop->stats.counts().loss_ratio() : std::optional<double>());
  put_rtt(json, result.stats);
  json.put("figures.clock", result.stats.clock().transform(clock_name));
}

void put_result(JsonWriter& json, const stats::TargetResult& result, const ClockPair& clock) {
  json.put("result.state", state_name(result));
  put_target_figures(json, result);
  put_outages(json, result, clock);
  put_checks(json, result.checks);
}

std::string_view clock_name(probe::RttClock clock) noexcept {
  switch (clock) {
    case probe::RttClock::hardware:
      return "hardware";
    case probe::RttClock::kernel_tx_rx:
      return "kernel-tx-rx";
    case probe::RttClock::kernel_rx:
      return "kernel-rx";
    case probe::RttClock::steady:
      return "steady";
    case probe::RttClock::api_ms:
      break;
  }
  return "api-ms";
}

std::string_view end_reason_name(stats::EndReason reason) noexcept {
  switch (reason) {
    case stats::EndReason::count:
      return "count";
    case stats::EndReason::deadline:
      return "deadline";
    case stats::EndReason::until:
      return "until";
    case stats::EndReason::signal:
      return "signal";
    case stats::EndReason::error:
      break;
  }
  return "error";
}

}  // namespace sonde::report
