#include "sonde/report/json.hpp"

#include <algorithm>

namespace sonde::report {
namespace {

constexpr std::size_t kPiece = 16384;

}  // namespace

void JsonReporter::on_end(const stats::RunEnd& end, std::span<const stats::TargetResult> targets) {
  JsonWriter json;
  json.begin_object();
  head(json, end);
  json.begin_array("document.targets");
  for (const stats::TargetResult& result : targets) {
    target(json, result);
  }
  json.end_array();
  put_verdict(json, "document.verdict", end.verdict);
  json.end_object();
  json.end_line();
  drain(json, 0);
  out_.flush();
}

void JsonReporter::head(JsonWriter& json, const stats::RunEnd& end) const {
  const WallTime started = start_.clock.wall;
  const Duration elapsed = std::max(Duration{}, end.ended - start_.clock.steady);
  json.put("document.schema", kSchemaName);
  json.put("document.schema_version", kSchemaVersion);
  put_tool(json, "document.tool", version_);
  json.put("document.mode", std::string_view(start_.mode));
  json.put("document.started", started);
  json.put("document.ended", started + elapsed);
  json.put("document.elapsed_ms", elapsed);
  json.put("document.end_reason", end_reason_name(end.reason));
  json.put("document.error", end.error.transform([](auto& e) { return std::string_view(e); }));
  put_engine(json, "document.engine", end.engine);
  stats::RunOptions options = start_.options;
  if (options.trace) {
    options.trace->constant_flow = options.trace->constant_flow && end.constant_flows;
  }
  put_options(json, "document.options", options);
  put_rejects(json, "document.rejects", end.rejects);
  json.put("document.dropped", end.dropped);
}

void JsonReporter::target(JsonWriter& json, const stats::TargetResult& result) {
  const std::uint32_t id = result.target.id;
  json.begin_object();
  json.put("target.id", id);
  put_identity(json, result.target);
  put_result(json, result, start_.clock);
  if (start_.options.trace) {
    path(json, result);
    json.end_object();
    drain(json, kPiece);
    return;
  }
  json.begin_array("target.probes");
  for (const ProbeRecord& record : log_.of(id)) {
    probe(json, record);
    drain(json, kPiece);
  }
  json.end_array();
  json.put("target.probes_truncated", log_.left_out(id));
  json.end_object();
  drain(json, kPiece);
}

// Also of a target that never got an address: nothing of it was reached.
void JsonReporter::path(JsonWriter& json, const stats::TargetResult& result) {
  const stats::PathStats nothing;
  const stats::PathStats& path = result.path ? *result.path : nothing;
  put_path(json, result, start_.options);
  json.begin_array("target.hops");
  for (const stats::Hop& hop : path.hops()) {
    json.begin_object();
    put_hop(json, hop, names_, start_.clock);
    json.end_object();
    drain(json, kPiece);
  }
  json.end_array();
  if (result.path) {
    put_flow_paths(json, result);
  }
}

void JsonReporter::probe(JsonWriter& json, const ProbeRecord& record) const {
  json.begin_object();
  json.put("probe_id.seq", record.sequence);
  json.put("probe_id.sent_at", wall_at(start_.clock, record.sent_at));
  json.put("probe.outcome", outcome_name(record.outcome));
  put_answer(json, log_.answer(record));
  json.put("probe.duplicates", record.duplicates);
  json.end_object();
}

void JsonReporter::drain(JsonWriter& json, std::size_t keep) {
  if (json.text().size() > keep) {
    out_.write(json.text());
    json.clear();
  }
}

}  // namespace sonde::report
