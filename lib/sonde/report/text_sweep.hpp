// text_sweep.hpp: a sweep as text on stdout, in fping's words (CLI.md, "Texts").
// Until a target answers: one line a target, "X is alive", "X is unreachable", or the bare target.
// With rounds (-c, -C, -l): one line a probe, and at the end a summary of each target. Lines are
// put together in one buffer that is kept; the sink is flushed when the loop sleeps.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sonde/report/clean_text.hpp"
#include "sonde/report/sink.hpp"
#include "sonde/report/wall_text.hpp"
#include "sonde/stats/sweep_listener.hpp"

namespace sonde::report {

// With rounds, one kind has summaries only.
enum class SweepShow : std::uint8_t { all, alive, unreachable };

struct TextSweepOptions {
  SweepShow show = SweepShow::all;
  bool elapsed = false;      // the RTT behind "is alive"
  bool quiet = false;        // summaries only
  bool numeric = false;      // addresses for names
  bool named = false;        // names of addresses come, while the run goes on
  bool list_rounds = false;  // -C: the summary has each round
  bool totals = false;       // --stats totals
  bool percentiles = false;  // --stats percentiles
  bool colour = false;
  Stamps stamps = Stamps::none;
  UtcOffset utc_offset = system_utc_offset;
  Utf8Terminal utf8 = Utf8Terminal::no;
};

class TextSweep final : public stats::SweepListener {
 public:
  TextSweep(Sink& out, TextSweepOptions options) : out_(out), options_(std::move(options)) {}

  [[nodiscard]] stats::SweepEventMask wanted() const override;
  void on_start(const stats::RunStart& start, const stats::SweepOptions& options) override;
  void on_event(const probe::SweepEvent& event, const stats::SweepResults& results) override;
  void on_target(const stats::SweepResult& result, Instant at) override;
  void on_interim(Instant now, const stats::SweepResults& results,
                  const stats::SweepResults& window) override;
  void on_progress(const Progress& /*progress*/, const stats::SweepResults& /*results*/) override {}
  void on_slower(std::uint64_t /*rate*/) override {}
  void on_end(const stats::RunEnd& end, const stats::SweepResults& results) override;
  void flush() override { out_.flush(); }

 private:
  [[nodiscard]] bool rounds() const noexcept {
    return sweep_.mode != probe::SweepMode::until_answer;
  }
  void stamp(Instant at);
  void host(const stats::SweepResult& result);
  // Padded to the width of the widest target known, as fping does; of those whose names are still
  // to come, to one that fits most.
  void fit_targets(const stats::SweepResults& results);
  void host_column(const stats::SweepResult& result, const stats::SweepResults& results);
  void outcome(const probe::SweepEvent& event);
  void so_far(const stats::SweepResult& result);
  void summaries(const stats::SweepResults& results);
  void fit_names(const stats::SweepResults& results);
  void summary(const stats::SweepResult& result, const stats::SweepResults& results);
  [[nodiscard]] bool shows(const stats::SweepResult& result) const noexcept;
  void some(std::uint64_t count, std::string_view what);
  void rounds_of(const stats::SweepResult& result);
  void totals(const stats::RunEnd& end, const stats::SweepResults& results);
  void end_line();

  Sink& out_;
  TextSweepOptions options_;
  stats::RunStart start_;
  stats::SweepOptions sweep_;
  std::string line_;
  std::size_t width_ = 0;    // of the widest of
  std::uint32_t known_ = 0;  // so many targets
  bool had_lines_ = false;   // of probes
  bool had_intervals_ = false;
};

// "192.0.2.1", "router.example (192.0.2.1)" where its name is known, or the name as given; cleaned
// for a terminal.
void append_host(std::string& out, const stats::SweepResult& result, bool numeric,
                 Utf8Terminal utf8);

}  // namespace sonde::report
