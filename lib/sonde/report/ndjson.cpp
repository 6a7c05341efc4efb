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
    case probe::EventKind::path_mtu:
    case probe::EventKind::flow_end:
    case probe::EventKind::path_end:
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
  if (start_.options.trace) {
    names_.insert_or_assign(address, name);
  }
  json_.put("name.address", address);
  json_.put_name("name.name", "name.name_hex", name);
  end_line(now_);
}

void NdjsonReporter::on_event(const probe::Event& event, const stats::TargetResult& after) {
  const std::optional<std::string_view> name = event_name(event.kind);
  if (!name) {
    now_ = std::max(now_, event.at);
    tell_hops(event, after);
    return;
  }
  begin(*name, event.at, event.probe.target);
  put_probe_id(json_, event, start_.clock);
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
  if (after.path) {
    tell_hops(event, after);
  } else {
    watch_state(event, after);
  }
}

// The hops that are complete up to here, in order; one that was told already, again if the event
// is about it.
void NdjsonReporter::tell_hops(const probe::Event& event, const stats::TargetResult& after) {
  if (!after.path || event.kind == probe::EventKind::sent) {
    return;
  }
  net::Ttl& told = told_[event.probe.target];
  const net::Ttl before = told;
  const bool of_the_end =
      event.kind == probe::EventKind::flow_end || event.kind == probe::EventKind::path_end;
  for (const stats::Hop& hop : after.path->hops()) {
    const bool fresh = hop.ttl > before;
    if (!hop.complete) {
      return;
    }
    if (fresh || (hop.ttl == event.step.ttl && !of_the_end)) {
      told = std::max(told, hop.ttl);
      hop_line(hop, event.probe.target, event.at);
    }
  }
}

void NdjsonReporter::hop_line(const stats::Hop& hop, std::uint32_t target, Instant at) {
  begin("hop", at, target);
  put_hop(json_, hop, names_, start_.clock);
  end_line(at);
}

// What was still open at the end.
void NdjsonReporter::last_words(const stats::TargetResult& result, Instant at) {
  if (!result.path) {
    return;
  }
  const net::Ttl told = told_[result.target.id];
  for (const stats::Hop& hop : result.path->hops()) {
    if (hop.ttl > told) {
      hop_line(hop, result.target.id, at);
    }
  }
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
    put_target_figures(json_, result);
    end_line(now);
  }
  flush();
}

void NdjsonReporter::on_end(const stats::RunEnd& end,
                            std::span<const stats::TargetResult> targets) {
  for (const stats::TargetResult& result : targets) {
    last_words(result, end.ended);
    begin("summary", end.ended, result.target.id);
    put_identity(json_, result.target);
    put_result(json_, result, start_.clock);
    if (start_.options.trace) {
      put_path(json_, result, start_.options);
    }
    end_line(end.ended);
  }
  begin("end", end.ended, std::nullopt);
  json_.put("end.elapsed_ms", std::max(Duration{}, end.ended - start_.clock.steady));
  json_.put("end.end_reason", end_reason_name(end.reason));
  json_.put("end.error", end.error.transform([](auto& e) { return std::string_view(e); }));
  put_engine(json_, "end.engine", end.engine);
  put_rejects(json_, "end.rejects", end.rejects);
  json_.put("end.dropped", end.dropped);
  put_verdict(json_, "end.verdict", end.verdict);
  end_line(end.ended);
  flush();
}

}  // namespace sonde::report
