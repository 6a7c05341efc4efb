// sweep_notes.hpp: what a sweep says on stderr, beside any format on stdout: targets that could not
// be probed, ICMP errors and local send errors (at most ten lines a second of each, with how many
// more), the slower rate, under -v what was ignored, and what an interrupted run left undone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sonde/report/clean_text.hpp"
#include "sonde/report/sink.hpp"
#include "sonde/stats/sweep_listener.hpp"

namespace sonde::report {

struct SweepNotesOptions {
  bool verbose = false;
  bool quiet = false;  // no ICMP errors
  bool lines = true;   // with rounds, stdout has a line for each of them
  bool numeric = false;
  Utf8Terminal utf8 = Utf8Terminal::no;
};

class SweepNotes final : public stats::SweepListener {
 public:
  static constexpr std::uint32_t kLinesASecond = 10;

  SweepNotes(Sink& err, const SweepNotesOptions& options) : err_(err), options_(options) {}

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

 private:
  // Lines of one kind, so many a second.
  struct Ration {
    std::optional<Instant> since{};
    std::uint32_t lines = 0;
    std::uint64_t withheld = 0;
    [[nodiscard]] bool take(Instant at) noexcept;
  };
  void line(std::string_view text);
  void tell_withheld(Ration& ration, std::string_view what);
  [[nodiscard]] std::string host(const stats::SweepResult& result) const;

  Sink& err_;
  SweepNotesOptions options_;
  stats::SweepOptions sweep_;
  bool rounds_ = false;
  Ration icmp_;
  Ration sends_;
  Ration failures_;
  bool unflushed_ = false;
};

}  // namespace sonde::report
