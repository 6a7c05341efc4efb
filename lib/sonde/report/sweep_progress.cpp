#include "sonde/report/sweep_progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

namespace sonde::report {
namespace {

[[nodiscard]] double seconds_of(Duration d) noexcept {
  return std::chrono::duration<double>(d).count();
}

// "1:02:03", "0:36"
[[nodiscard]] std::string clock_text(double seconds) {
  constexpr std::uint64_t kSixty = 60;
  constexpr double kLongest = 360'000;  // 100 hours
  if (!(seconds < kLongest)) {
    return "very long";
  }
  const auto whole = static_cast<std::uint64_t>(seconds);
  const std::uint64_t minutes = whole / kSixty;
  return minutes >= kSixty
             ? fmt::format("{}:{:02}:{:02}", minutes / kSixty, minutes % kSixty, whole % kSixty)
             : fmt::format("{}:{:02}", minutes, whole % kSixty);
}

// Whole parts, then whole words. The last column stays free: some terminals wrap there.
void fit(std::string& line, std::size_t columns) {
  const std::size_t most = columns > 0 ? columns - 1 : 0;
  for (const std::string_view between : {", ", " "}) {
    const std::size_t end = line.size() > most ? line.rfind(between, most) : std::string::npos;
    line.resize(std::min(line.size(), end));
  }
  if (line.size() > most) {
    line.clear();
  }
}

}  // namespace

stats::SweepEventMask SweepProgress::wanted() const {
  using enum probe::SweepEventKind;
  return stats::mask_of(reply) | stats::mask_of(timeout) | stats::mask_of(late) |
         stats::mask_of(duplicate) | stats::mask_of(error) | stats::mask_of(send_failed);
}

void SweepProgress::on_start(const stats::RunStart& start, const stats::SweepOptions& options) {
  started_ = start.clock.steady;
  endless_ = options.mode == probe::SweepMode::loop;
  count_ = options.mode == probe::SweepMode::count ? start.options.count : std::nullopt;
}

void SweepProgress::on_progress(const Progress& progress, const stats::SweepResults& results) {
  constexpr double kOld = 0.7;
  const stats::SweepTotals& totals = results.totals();
  if (last_at_ && progress.now > *last_at_) {
    const double now =
        static_cast<double>(totals.counts.sent - last_sent_) / seconds_of(progress.now - *last_at_);
    rate_ = rate_ == 0 ? now : rate_ * kOld + now * (1 - kOld);
  }
  last_at_ = progress.now;
  last_sent_ = totals.counts.sent;
  const Duration elapsed = progress.now - started_;
  if (elapsed < kSilent) {
    return;
  }
  // With rounds a target is alive at its first answer, and far from done.
  const auto done = static_cast<double>(count_ ? totals.counts.sent : totals.settled());
  const auto planned =
      static_cast<double>(progress.planned) * static_cast<double>(count_.value_or(1));
  std::string line;
  if (endless_) {
    line = fmt::format("sonde: {} targets, {} probes sent, {} answered, {:.0f}/s", progress.planned,
                       totals.counts.sent, totals.counts.received + totals.counts.late, rate_);
  } else {
    constexpr double kPercent = 100;
    line = fmt::format("sonde: {:.0f}% of {}{} targets, {} alive, {:.0f}/s",
                       planned > 0 ? done * kPercent / planned : 0, progress.planned,
                       progress.complete ? "" : "+", totals.alive, rate_);
    if (progress.complete && done > 0) {
      line += fmt::format(", {} left", clock_text((planned - done) * seconds_of(elapsed) / done));
    }
  }
  fit(line, columns_());
  out_.flush();
  err_.write("\r\x1b[K" + line);
  err_.flush();
  shown_ = true;
}

void SweepProgress::erase() {
  if (shown_) {
    err_.write("\r\x1b[K");
    err_.flush();
    shown_ = false;
  }
}

}  // namespace sonde::report
