#include "sonde/report/ndjson_sweep.hpp"

#include <algorithm>

#include "sonde/report/sweep_json.hpp"

namespace sonde::report {
namespace {

using probe::SweepEventKind;

[[nodiscard]] std::string_view event_name(SweepEventKind kind) noexcept {
  switch (kind) {
    case SweepEventKind::reply:
      return "reply";
    case SweepEventKind::timeout:
      return "timeout";
    case SweepEventKind::late:
      return "late";
    case SweepEventKind::duplicate:
      return "duplicate";
    case SweepEventKind::error:
      return "error";
    case SweepEventKind::send_failed:
      return "send_failed";
    case SweepEventKind::sent:
    case SweepEventKind::settled:
      break;
  }
  return {};
}

// The answer that finishes a target, or a time-out before a retry: `swept` tells.
[[nodiscard]] bool told_by_result(const probe::SweepEvent& event,
                                  const stats::SweepResults& results) {
  const bool answer = event.kind == SweepEventKind::reply || event.kind == SweepEventKind::late;
  return event.kind == SweepEventKind::timeout ||
         (answer && results.state(event.target) == probe::SweepState::pending);
}

}  // namespace

stats::SweepEventMask NdjsonSweep::wanted() const {
  using enum SweepEventKind;
  return stats::mask_of(reply) | stats::mask_of(timeout) | stats::mask_of(late) |
         stats::mask_of(duplicate) | stats::mask_of(error) | stats::mask_of(send_failed);
}

void NdjsonSweep::begin(std::string_view event, Instant at, std::optional<std::uint32_t> target) {
  now_ = std::max(now_, at);
  json_.begin_object();
  json_.put("event.v", kEventVersion);
  json_.put("event.event", event);
  json_.put("event.ts", wall_at(start_.clock, at));
  json_.put("event.target", target);
}

void NdjsonSweep::end_line() {
  json_.end_object();
  json_.end_line();
  out_.write(json_.text());
  json_.clear();
  unflushed_ = true;
}

void NdjsonSweep::retell(std::string_view line) {
  out_.write(line);
  out_.write("\n");
  unflushed_ = true;
}

void NdjsonSweep::flush() {
  if (std::exchange(unflushed_, false)) {
    out_.flush();
  }
}

void NdjsonSweep::on_start(const stats::RunStart& start, const stats::SweepOptions& options) {
  start_ = start;
  sweep_ = options;
  begin("start", start.clock.steady, std::nullopt);
  json_.put("start.schema_version", kSchemaVersion);
  put_tool(json_, "start.tool", version_);
  json_.put("start.mode", std::string_view(start.mode));
  put_engine(json_, "start.engine", start.engine);
  put_options(json_, "start.options", start.options);
  put_sweep_options(json_, "start.sweep", options);
  end_line();
  flush();
}

void NdjsonSweep::on_event(const probe::SweepEvent& event, const stats::SweepResults& results) {
  if (sweep_.mode == probe::SweepMode::until_answer && !probes_ && told_by_result(event, results)) {
    return;
  }
  const bool failed = event.kind == SweepEventKind::send_failed;
  const bool timed_out = event.kind == SweepEventKind::timeout;
  const bool at_once = failed && event.replaces == probe::Replaced::nothing;
  begin(event_name(event.kind), event.at, event.target);
  json_.put("probe_id.seq", event.round + std::uint64_t{1});
  if (at_once || (!failed && !timed_out)) {
    json_.put("probe_id.sent_at", wall_at(start_.clock, at_once ? event.at : event.at - event.rtt));
  } else {
    json_.put_null("probe_id.sent_at");
  }
  if (failed) {
    put_send_error(json_, "send_failed.send_error",
                   event.send_error != nullptr ? std::optional(*event.send_error) : std::nullopt);
    json_.put("correction.replaces", replaced_name(event.replaces));
  } else if (!timed_out) {
    put_answer(json_, answer_of(event, results.at(event.target).address.value_or(net::Address{}),
                                start_.options.payload_bytes));
    if (event.kind != SweepEventKind::duplicate) {
      json_.put("correction.replaces", replaced_name(event.replaces));
    }
  }
  end_line();
}

void NdjsonSweep::on_target(const stats::SweepResult& result, Instant at) {
  begin("swept", at, result.index);
  put_sweep_target(json_, result, true);
  end_line();
}

void NdjsonSweep::on_interim(Instant now, const stats::SweepResults& /*results*/,
                             const stats::SweepResults& window) {
  if (!window.has_records()) {
    return;
  }
  for (std::uint64_t i = 0; i < window.size(); ++i) {
    const stats::SweepResult result = window.at(static_cast<std::uint32_t>(i));
    if (result.counts.sent > 0) {
      begin("sweep_interval", now, result.index);
      put_sweep_target(json_, result, false);
      end_line();
    }
  }
  flush();
}

void NdjsonSweep::on_slower(std::uint64_t rate) {
  begin("slower", now_, std::nullopt);
  json_.put("slower.rate", rate);
  end_line();
}

void NdjsonSweep::unfinished(const stats::SweepResults& results, Instant ended) {
  if (sweep_.merged || !results.has_records()) {
    return;
  }
  for (std::uint64_t i = 0; i < results.size(); ++i) {
    const stats::SweepResult result = results.at(static_cast<std::uint32_t>(i));
    if (left_unfinished(result, sweep_.mode, start_.options.count.value_or(0))) {
      on_target(result, ended);
    }
  }
}

void NdjsonSweep::on_end(const stats::RunEnd& end, const stats::SweepResults& results) {
  unfinished(results, end.ended);
  const Instant ended = std::max(end.ended, now_);
  begin("end", ended, std::nullopt);
  json_.put("end.elapsed_ms", std::max(Duration{}, ended - start_.clock.steady));
  json_.put("end.end_reason", end_reason_name(end.reason));
  json_.put("end.error", end.error.transform([](auto& e) { return std::string_view(e); }));
  put_engine(json_, "end.engine", end.engine);
  put_rejects(json_, "end.rejects", end.rejects);
  json_.put("end.dropped", end.dropped);
  json_.begin_object("end.totals");
  put_sweep_totals(json_, results, sweep_, end);
  json_.end_object();
  put_verdict(json_, "end.verdict", end.verdict);
  end_line();
  flush();
}

}  // namespace sonde::report
