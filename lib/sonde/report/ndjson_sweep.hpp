// ndjson_sweep.hpp: --ndjson of a sweep: one event a line, in constant memory.
// Shapes: those marked `event` in the schema table. `swept` is a target's result, once it is
// finished. Until a target answers, the probe that did has no line of its own, nor have those that
// timed out, but with `probes`; with rounds every probe has one. The sink is flushed when the loop
// sleeps.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sonde/report/json_writer.hpp"
#include "sonde/report/sink.hpp"
#include "sonde/stats/sweep_listener.hpp"

namespace sonde::report {

class NdjsonSweep final : public stats::SweepListener {
 public:
  // version: of the program.
  NdjsonSweep(Sink& out, std::string version, bool probes)
      : out_(out), version_(std::move(version)), probes_(probes) {}

  [[nodiscard]] stats::SweepEventMask wanted() const override;
  void on_start(const stats::RunStart& start, const stats::SweepOptions& options) override;
  void on_event(const probe::SweepEvent& event, const stats::SweepResults& results) override;
  void on_target(const stats::SweepResult& result, Instant at) override;
  void on_interim(Instant now, const stats::SweepResults& results,
                  const stats::SweepResults& window) override;
  void on_progress(const Progress& /*progress*/, const stats::SweepResults& /*results*/) override {}
  void on_slower(std::uint64_t rate) override;
  void on_end(const stats::RunEnd& end, const stats::SweepResults& results) override;
  void flush() override;

  // A line that an earlier run wrote of a target that it finished, without its line feed. After
  // on_start().
  void retell(std::string_view line);

 private:
  void begin(std::string_view event, Instant at, std::optional<std::uint32_t> target);
  void end_line();
  // Those that the end cut short.
  void unfinished(const stats::SweepResults& results, Instant ended);

  Sink& out_;
  std::string version_;
  bool probes_;
  stats::RunStart start_;
  stats::SweepOptions sweep_;
  Instant now_;  // the newest moment known, for events that carry none
  bool unflushed_ = false;
  JsonWriter json_;
};

}  // namespace sonde::report
