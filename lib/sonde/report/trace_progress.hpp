// trace_progress.hpp: one line on the terminal that says how a trace goes, once it has run for 2 s:
//   sonde: 4 hops known, the last that answered is hop 12, 3 probes out
// It is drawn over itself, and taken away before anything else is written. `out`: what may share
// the terminal; it is flushed before each drawing, so that no line lands behind ours.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "sonde/report/sink.hpp"
#include "sonde/stats/listener.hpp"

namespace sonde::report {

class TraceProgress final : public stats::Listener {
 public:
  static constexpr Duration kSilent = 2s;  // at the start
  static constexpr Duration kEvery = 250ms;
  static constexpr std::size_t kColumns = 79;

  // First in the list of listeners.
  TraceProgress(Sink& err, Sink& out) : err_(err), out_(out) {}

  void on_start(const stats::RunStart& start) override {
    first_ = start.clock.steady + kSilent;
    next_ = first_;
  }
  void on_target(const stats::Target& /*target*/) override { erase(); }
  void on_name(const net::Address& /*address*/, const Untrusted& /*name*/) override { erase(); }
  void on_event(const probe::Event& /*event*/, const stats::TargetResult& /*after*/) override {
    erase();
  }
  void on_interim(Instant /*now*/, std::span<const stats::TargetResult> /*targets*/) override {
    erase();
  }
  void on_end(const stats::RunEnd& /*end*/,
              std::span<const stats::TargetResult> /*targets*/) override {
    erase();
  }
  [[nodiscard]] std::optional<Instant> wake_at() const override { return next_; }
  void on_time(Instant now, std::span<const stats::TargetResult> targets) override;
  void flush() override;

 private:
  void erase();

  Sink& err_;
  Sink& out_;
  Instant first_{};
  std::optional<Instant> next_{};
  std::string line_{};  // to be on the terminal when the loop sleeps
  bool shown_ = false;
};

}  // namespace sonde::report
