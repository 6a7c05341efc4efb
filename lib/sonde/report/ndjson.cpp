#include "sonde/report/ndjson.hpp"

#include <algorithm>
#include <utility>

#include "sonde/report/record_json.hpp"

namespace sonde::report {
namespace {

// Absent: no line for this kind.
[[nodiscard]] std::optional<std::string_view> event_name(probe::EventKind kind) noexcept {
  switch (kind) {
    case probe::EventKind::reply:
      return "reply";
    case probe::EventKind::timeout:
      return "timeout";
    case probe::EventKind::late:
      return "late";
    case probe::EventKind::duplicate:
      return "duplicate";
    case probe::EventKind::error:
      return "error";
    case probe::EventKind::send_failed:
      return "send_failed";
    case probe::EventKind::sent:
      break;
  }
  return std::nullopt;
}

}  // namespace

void NdjsonReporter::begin(std::string_view event, Instant at,
                           std::optional<std::uint32_t> target) {
  now_ = std::max(now_, at);
  json_.begin_object();
  json_.put("event.v", kEventVersion);
  json_.put("event.event", event);
  json_.put("event.ts", wall_at(start_.clock, at));
  json_.put("event.target", target);
}

void NdjsonReporter::end_line(Instant at) {
  json_.end_object();
  json_.end_line();
  out_.write(json_.text());
  json_.clear();
  unflushed_ = true;
  // Events are told in the order they were concluded: one may be older than the last flush.
  if (!last_flush_ || at < *last_flush_ || at - *last_flush_ >= kFlushEvery) {
    last_flush_ = at;
    flush();
  }
}

void NdjsonReporter::flush() {
  if (std::exchange(unflushed_, false)) {
    out_.flush();
  }
}

void NdjsonReporter::on_start(const stats::RunStart& start) {
  start_ = start;
  begin("start", start.clock.steady, std::nullopt);
  json_.put("start.schema_version", kSchemaVersion);
  put_tool(json_, "start.tool", version_);
  json_.put("start.mode", std::string_view(start.mode));
  put_engine(json_, "start.engine", start.engine);
  put_options(json_, "start.options", start.options);
  end_line(start.clock.steady);
}

void NdjsonReporter::on_target(const stats::Target& target) {
  begin("resolve", now_, target.id);
  put_identity(json_, target);
  end_line(now_);
  flush();
}

void NdjsonReporter::on_name(const net::Address& address, const Untrusted& name) {
  begin("name", now_, std::nullopt);
  json_.put("name.address", address);
  json_.put_name("name.name", "name.name_hex", name);
  end_line(now_);
}

void NdjsonReporter::on_event(const probe::Event& event, const stats::TargetResult& after) {
  const std::optional<std::string_view> name = event_name(event.kind);
  if (!name) {
    now_ = std::max(now_, event.at);
    return;
  }
  begin(*name, event.at, event.probe.target);
  probe_id(event);
  if (event.kind == probe::EventKind::send_failed) {
    put_send_error(json_, "send_failed.send_error", event.send_error);
    json_.put("correction.replaces", replaced_name(event.replaces));
  } else if (event.kind != probe::EventKind::timeout) {
    put_answer(json_, answer_of(event));
    if (event.kind != probe::EventKind::duplicate) {
      json_.put("correction.replaces", replaced_name(event.replaces));
    }
  }
  end_line(event.at);
  watch_state(event, after);
}

void NdjsonReporter::probe_id(const probe::Event& event) {
  json_.put("probe_id.seq", event.probe.sequence);
  const bool at_once =
      event.kind == probe::EventKind::send_failed && event.replaces == probe::Replaced::nothing;
  json_.put("probe_id.sent_at", wall_at(start_.clock, at_once ? event.at : event.sent_at));
}

void NdjsonReporter::watch_state(const probe::Event& event, const stats::TargetResult& after) {
  if (event.probe.target >= watches_.size()) {
    watches_.resize(event.probe.target + std::size_t{1});
  }
  Watch& watch = watches_[event.probe.target];
  const std::optional<stats::Outage> outage = after.stats.current_outage();
  if (outage.has_value() == watch.down) {
    if (!watch.since && after.stats.counts().answered()) {
      watch.since = event.sent_at;  // up from the first answered probe on
    }
    return;
  }
  const std::optional<Instant> before = watch.since;
  const Instant began = outage ? outage->started : event.sent_at;
  const Instant since = std::max(began, before.value_or(began));
  watch = {.down = outage.has_value(), .since = since};
  begin("state", event.at, event.probe.target);
  json_.put("state.state", std::string_view(outage ? "down" : "up"));
  json_.put("state.seq", outage ? outage->from_seq : event.probe.sequence);
  json_.put("state.since", wall_at(start_.clock, since));
  json_.put("state.duration_ms", before.transform([&](Instant b) { return since - b; }));
  end_line(event.at);
}

void NdjsonReporter::on_interim(Instant now, std::span<const stats::TargetResult> targets) {
  for (const stats::TargetResult& result : targets) {
    begin("interval", now, result.target.id);
    put_figures(json_, result.stats);
    end_line(now);
  }
  flush();
}

void NdjsonReporter::on_end(const stats::RunEnd& end,
                            std::span<const stats::TargetResult> targets) {
  for (const stats::TargetResult& result : targets) {
    begin("summary", end.ended, result.target.id);
    put_identity(json_, result.target);
    put_result(json_, result, start_.clock);
    end_line(end.ended);
  }
  begin("end", end.ended, std::nullopt);
  json_.put("end.elapsed_ms", std::max(Duration{}, end.ended - start_.clock.steady));
  json_.put("end.end_reason", end_reason_name(end.reason));
  json_.put("end.error", end.error.transform([](auto& e) { return std::string_view(e); }));
  put_engine(json_, "end.engine", end.engine);
  put_rejects(json_, "end.rejects", end.rejects);
  put_verdict(json_, "end.verdict", end.verdict);
  end_line(end.ended);
  flush();
}

}  // namespace sonde::report
