// sweep_progress.hpp: one line on the terminal that says how a sweep goes, once it has run for 2 s:
//   sonde: 45% of 65534 targets, 28010 alive, 1000/s, 0:36 left
// It has as many of these parts as the terminal is wide. It is drawn over itself, and taken away
// before anything else is written. `out`: what may share the terminal; it is flushed before each
// drawing, so that no line lands behind ours.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

#include "sonde/report/sink.hpp"
#include "sonde/stats/sweep_listener.hpp"

namespace sonde::report {

class SweepProgress final : public stats::SweepListener {
 public:
  static constexpr Duration kSilent = 2s;    // at the start
  static constexpr Duration kEvery = 250ms;  // the session's progress_every
  static constexpr std::size_t kColumns = 80;
  // How wide the terminal is now.
  using Columns = std::function<std::size_t()>;

  // First in the list of listeners.
  SweepProgress(
      Sink& err, Sink& out, Columns columns = [] { return kColumns; })
      : err_(err), out_(out), columns_(std::move(columns)) {}

  [[nodiscard]] stats::SweepEventMask wanted() const override;
  void on_start(const stats::RunStart& start, const stats::SweepOptions& options) override;
  void on_event(const probe::SweepEvent& /*event*/,
                const stats::SweepResults& /*results*/) override {
    erase();
  }
  void on_target(const stats::SweepResult& /*result*/, Instant /*at*/) override { erase(); }
  void on_interim(Instant /*now*/, const stats::SweepResults& /*results*/,
                  const stats::SweepResults& /*window*/) override {
    erase();
  }
  void on_progress(const Progress& progress, const stats::SweepResults& results) override;
  void on_slower(std::uint64_t /*rate*/) override { erase(); }
  void on_end(const stats::RunEnd& /*end*/, const stats::SweepResults& /*results*/) override {
    erase();
  }
  void flush() override {}

 private:
  void erase();

  Sink& err_;
  Sink& out_;
  Columns columns_;
  Instant started_{};
  bool endless_ = false;
  std::optional<std::uint64_t> count_{};  // probes to each target
  bool shown_ = false;
  std::optional<Instant> last_at_{};
  std::uint64_t last_sent_ = 0;
  double rate_ = 0;  // probes a second, smoothed
};

}  // namespace sonde::report
