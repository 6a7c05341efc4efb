#include "sonde/report/sweep_notes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sonde/report/failure_text.hpp"
#include "sonde/report/sweep_json.hpp"
#include "sonde/report/text_notes.hpp"
#include "sonde/report/text_sweep.hpp"

namespace sonde::report {

using probe::SweepEventKind;

bool SweepNotes::Ration::take(Instant at) noexcept {
  if (!since || at - *since >= 1s || at < *since) {
    since = at;
    lines = 0;
  }
  if (lines == kLinesASecond) {
    ++withheld;
    return false;
  }
  ++lines;
  return true;
}

void SweepNotes::line(std::string_view text) {
  err_.write(fmt::format("sonde: {}\n", text));
  unflushed_ = true;
}

void SweepNotes::tell_withheld(Ration& ration, std::string_view what) {
  if (const std::uint64_t more = std::exchange(ration.withheld, 0); more > 0) {
    line(withheld_text(more, what));
  }
}

std::string SweepNotes::host(const stats::SweepResult& result) const {
  std::string text;
  append_host(text, result, options_.numeric, options_.utf8);
  return text;
}

stats::SweepEventMask SweepNotes::wanted() const {
  const stats::SweepEventMask sends = stats::mask_of(SweepEventKind::send_failed);
  return options_.quiet ? sends : sends | stats::mask_of(SweepEventKind::error);
}

void SweepNotes::on_start(const stats::RunStart& /*start*/, const stats::SweepOptions& options) {
  sweep_ = options;
  rounds_ = options.mode != probe::SweepMode::until_answer;
}

void SweepNotes::on_event(const probe::SweepEvent& event, const stats::SweepResults& results) {
  if (rounds_ && options_.lines && !options_.quiet) {
    return;
  }
  if (event.send_error != nullptr) {
    if (sends_.take(event.at)) {
      const stats::SweepResult result = results.at(event.target);
      const bool may_be_broadcast = result.address && result.address->is_v4();
      line(fmt::format("send to {} failed: {}{}", host(result), send_error_text(*event.send_error),
                       send_way_out(*event.send_error, may_be_broadcast)));
    }
  } else if (event.observation != nullptr && !options_.quiet && icmp_.take(event.at)) {
    line(fmt::format("{}: {}, says {}", host(results.at(event.target)),
                     icmp_error_text(*event.observation), event.observation->responder.to_text()));
  }
}

void SweepNotes::on_target(const stats::SweepResult& result, Instant at) {
  if (result.error == nullptr || !failures_.take(at)) {
    return;
  }
  const std::string message = terminal_text(Untrusted(result.error->message), options_.utf8);
  const std::string name = host(result);
  const std::string plain = terminal_text(Untrusted(std::string(result.name)), Utf8Terminal::no);
  line(message.contains(name) || message.contains(plain) ? message
                                                         : fmt::format("{}: {}", name, message));
}

void SweepNotes::on_interim(Instant /*now*/, const stats::SweepResults& results,
                            const stats::SweepResults& /*window*/) {
  if (rounds_) {
    return;
  }
  const stats::SweepTotals& totals = results.totals();
  line(fmt::format("{} of {} targets done, {} alive, {} unreachable, {} probes sent",
                   totals.settled(), targets_of_shard(results.size(), sweep_), totals.alive,
                   totals.unreachable, totals.counts.sent));
  flush();
}

void SweepNotes::on_slower(std::uint64_t rate) {
  line(
      fmt::format("many answers are \"administratively prohibited\": slowing down to {} probes a "
                  "second",
                  rate));
  flush();
}

void SweepNotes::on_end(const stats::RunEnd& end, const stats::SweepResults& results) {
  tell_withheld(failures_, "failed target");
  tell_withheld(icmp_, "ICMP error");
  tell_withheld(sends_, "send error");
  const std::uint64_t targets = targets_of_shard(results.size(), sweep_);
  const std::uint64_t undone = targets - std::min(targets, results.totals().settled());
  const bool early =
      end.reason == stats::EndReason::signal || end.reason == stats::EndReason::deadline;
  if (early && !rounds_ && !sweep_.merged && undone > 0) {
    line(fmt::format("ended early: no result for {} of {} targets", undone, targets));
  }
  const bool missing = results.totals().counts.lost > 0 || options_.verbose;
  if (end.dropped > 0 && missing && !sweep_.merged) {
    note_dropped(err_, end.dropped);
    unflushed_ = true;
  }
  if (options_.verbose) {
    note_rejects(err_, end.rejects.value_or(probe::RejectCounts{}));
    unflushed_ = true;
  }
  flush();
}

void SweepNotes::flush() {
  if (std::exchange(unflushed_, false)) {
    err_.flush();
  }
}

}  // namespace sonde::report
