#include "sonde/report/json_sweep.hpp"

#include <algorithm>

#include "sonde/report/sweep_json.hpp"

namespace sonde::report {
namespace {

constexpr std::size_t kPiece = 16384;

}  // namespace

void JsonSweep::on_start(const stats::RunStart& start, const stats::SweepOptions& options) {
  start_ = start;
  sweep_ = options;
  json_.begin_object();
  json_.put("sweep_document.schema", kSchemaName);
  json_.put("sweep_document.schema_version", kSchemaVersion);
  put_tool(json_, "sweep_document.tool", version_);
  json_.put("sweep_document.mode", std::string_view(start.mode));
  json_.put("sweep_document.started", start.clock.wall);
  put_options(json_, "sweep_document.options", start.options);
  put_sweep_options(json_, "sweep_document.sweep", options);
  json_.begin_array("sweep_document.targets");
}

void JsonSweep::on_target(const stats::SweepResult& result, Instant /*at*/) { target(result); }

void JsonSweep::target(const stats::SweepResult& result) {
  json_.begin_object();
  json_.put("sweep_target.id", result.index);
  put_sweep_target(json_, result, probes_);
  json_.end_object();
  drain(kPiece);
}

void JsonSweep::unfinished(const stats::SweepResults& results) {
  if (sweep_.merged || !results.has_records()) {
    return;
  }
  for (std::uint64_t i = 0; i < results.size(); ++i) {
    const stats::SweepResult result = results.at(static_cast<std::uint32_t>(i));
    if (left_unfinished(result, sweep_.mode, start_.options.count.value_or(0))) {
      target(result);
    }
  }
}

void JsonSweep::on_end(const stats::RunEnd& end, const stats::SweepResults& results) {
  unfinished(results);
  json_.end_array();
  const Duration elapsed = std::max(Duration{}, end.ended - start_.clock.steady);
  json_.put("sweep_document.ended", start_.clock.wall + elapsed);
  json_.put("sweep_document.elapsed_ms", elapsed);
  json_.put("sweep_document.end_reason", end_reason_name(end.reason));
  json_.put("sweep_document.error",
            end.error.transform([](auto& e) { return std::string_view(e); }));
  put_engine(json_, "sweep_document.engine", end.engine);
  put_rejects(json_, "sweep_document.rejects", end.rejects);
  json_.put("sweep_document.dropped", end.dropped);
  json_.begin_object("sweep_document.totals");
  put_sweep_totals(json_, results, sweep_, end);
  json_.end_object();
  put_verdict(json_, "sweep_document.verdict", end.verdict);
  json_.end_object();
  json_.end_line();
  drain(0);
  out_.flush();
}

void JsonSweep::drain(std::size_t keep) {
  if (json_.text().size() > keep) {
    out_.write(json_.text());
    json_.clear();
  }
}

}  // namespace sonde::report
