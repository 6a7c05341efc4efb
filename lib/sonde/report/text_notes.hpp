// text_notes.hpp: what a run says on stderr, beside any format on stdout: look-ups that failed,
// probes that this computer could not send (at most one line a second, with how many more; of a
// trace each target's each cause once, with what may be done about it), the interim line that
// SIGQUIT asks for, RTTs that are not by the clock that was asked for, answers that a trace which
// did not arrive could not tell apart, and under -v what was ignored and why. A system error that
// ends the run (RunEnd::error) is the app's to print, with its hint.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "sonde/report/clean_text.hpp"
#include "sonde/report/sink.hpp"
#include "sonde/stats/listener.hpp"

namespace sonde::report {

struct TextNotesOptions {
  bool verbose = false;
  std::string device{};  // the interface whose clock is to measure; empty: none
  Utf8Terminal utf8 = Utf8Terminal::no;
};

class TextNotes final : public stats::Listener {
 public:
  static constexpr Duration kBetweenSendErrors = 1s;

  TextNotes(Sink& err, TextNotesOptions options) : err_(err), options_(std::move(options)) {}

  void on_start(const stats::RunStart& start) override { run_ = start.options; }
  void on_target(const stats::Target& target) override;
  void on_name(const net::Address& /*address*/, const Untrusted& /*name*/) override {}
  void on_event(const probe::Event& event, const stats::TargetResult& after) override;
  void on_interim(Instant now, std::span<const stats::TargetResult> targets) override;
  void on_end(const stats::RunEnd& end, std::span<const stats::TargetResult> targets) override;
  void flush() override { err_.flush(); }

 private:
  [[nodiscard]] std::string host(const stats::Target& target) const;
  void send_error(const probe::Event& event, const stats::Target& target);
  void untold_answers(const stats::RunEnd& end, std::span<const stats::TargetResult> targets);
  void check_clock(const stats::TargetResult& result);

  Sink& err_;
  TextNotesOptions options_;
  stats::RunOptions run_;
  std::optional<Instant> last_send_error_;
  std::uint64_t suppressed_ = 0;  // send errors since then
  // What was told of a trace: of which target, and the system's code.
  std::set<std::tuple<std::uint32_t, probe::SendFailure, int>> told_;
};

// "sonde: ignored 3 packets: 2 ..., 1 ..."; nothing if there were none.
void note_rejects(Sink& err, const probe::RejectCounts& counts);

// What this system threw away before it could be read, if anything.
void note_dropped(Sink& err, std::uint64_t dropped);

}  // namespace sonde::report
