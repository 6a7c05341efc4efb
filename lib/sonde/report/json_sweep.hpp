// json_sweep.hpp: --json of a sweep: exactly one document, however the run ends. Its shape is
// `sweep_document` of the schema table. Targets are written as they are finished, in pieces of
// about 16 KiB: memory does not grow with their number. A line feed ends it.
#pragma once

#include <string>
#include <utility>

#include "sonde/report/json_writer.hpp"
#include "sonde/report/sink.hpp"
#include "sonde/stats/sweep_listener.hpp"

namespace sonde::report {

class JsonSweep final : public stats::SweepListener {
 public:
  // version: of the program. `probes`: each of them, as far as the results keep samples.
  JsonSweep(Sink& out, std::string version, bool probes)
      : out_(out), version_(std::move(version)), probes_(probes) {}

  [[nodiscard]] stats::SweepEventMask wanted() const override { return 0; }
  void on_start(const stats::RunStart& start, const stats::SweepOptions& options) override;
  void on_event(const probe::SweepEvent& /*event*/,
                const stats::SweepResults& /*results*/) override {}
  void on_target(const stats::SweepResult& result, Instant at) override;
  void on_interim(Instant /*now*/, const stats::SweepResults& /*results*/,
                  const stats::SweepResults& /*window*/) override {}
  void on_progress(const Progress& /*progress*/, const stats::SweepResults& /*results*/) override {}
  void on_slower(std::uint64_t /*rate*/) override {}
  void on_end(const stats::RunEnd& end, const stats::SweepResults& results) override;
  void flush() override {}

 private:
  void target(const stats::SweepResult& result);
  void unfinished(const stats::SweepResults& results);  // those that the end cut short
  void drain(std::size_t keep);

  Sink& out_;
  std::string version_;
  bool probes_;
  stats::RunStart start_;
  stats::SweepOptions sweep_;
  JsonWriter json_;
};

}  // namespace sonde::report
