#include "sonde/report/ping_summary.hpp"

#include <fmt/format.h>

#include <optional>

#include "sonde/report/numbers.hpp"

namespace sonde::report {
namespace {

[[nodiscard]] std::string some(std::string_view before, std::uint64_t n, std::string_view what) {
  return n > 0 ? fmt::format(", {}{} {}", before, n, what) : std::string();
}

// First send to last send, as ping counts it.
[[nodiscard]] Duration sending_time(const stats::TargetStats& stats) noexcept {
  const std::optional<Instant> first = stats.first_sent();
  return first ? stats.last_sent().value_or(*first) - *first : Duration{};
}

[[nodiscard]] std::string counts_line(const stats::TargetStats& stats, bool colour) {
  const stats::Counts& counts = stats.counts();
  // As everywhere else in this text, a late reply was received; how many were late stands behind.
  std::string line = fmt::format("{} packets transmitted, {} received", counts.sent,
                                 counts.received + counts.late);
  line += some("+", counts.duplicate, "duplicates");
  line += some("+", counts.corrupt, "corrupted");
  line += some("+", counts.errors, "errors");
  // Nothing finished: of loss, nothing is known, and "in flight" says why.
  if (const auto loss = counts.loss_ratio()) {
    line += ", " + toned(percent(*loss) + "% packet loss", Tone::bad, colour && *loss > 0);
  }
  line += fmt::format(", time {}ms", whole_ms(sending_time(stats)));
  line += some("", counts.late, "late");
  line += some("", counts.in_flight, "in flight");
  line += some("", counts.send_failures, "send failures");
  line += some("", counts.reordered, "reordered");
  return line + "\n";
}

[[nodiscard]] std::string rtt_line(const stats::TargetStats& stats, bool ipg) {
  const stats::RttStats& rtt = stats.rtt();
  if (rtt.count() == 0) {
    return {};
  }
  std::string line =
      fmt::format("rtt min/avg/max/mdev = {}/{}/{}/{} ms", summary_ms(rtt.min()),
                  summary_ms(rtt.mean()), summary_ms(rtt.max()), summary_ms(rtt.stddev()));
  if (ipg && stats.counts().sent > 1) {
    const auto gaps = static_cast<Duration::rep>(stats.counts().sent - 1);
    line += fmt::format(", ipg/ewma {}/{} ms", summary_ms(sending_time(stats) / gaps),
                        summary_ms(rtt.ewma()));
  }
  return line + "\n";
}

[[nodiscard]] std::string detail_line(const stats::TargetStats& stats,
                                      const PingSummaryOptions& options) {
  constexpr double kP90 = 0.9;
  constexpr double kP95 = 0.95;
  constexpr double kP99 = 0.99;
  const stats::Quantiles& rtts = stats.quantiles();
  std::string line;
  if (options.percentiles && rtts.count() > 0) {
    line = fmt::format("rtt median/p90/p95/p99 = {}/{}/{}/{} ms", summary_ms(rtts.at(0.5)),
                       summary_ms(rtts.at(kP90)), summary_ms(rtts.at(kP95)),
                       summary_ms(rtts.at(kP99)));
  }
  if (const std::optional<Duration> jitter = stats.rtt().jitter(); options.jitter && jitter) {
    line += fmt::format("{}jitter {} ms", line.empty() ? "rtt " : ", ", summary_ms(jitter));
  }
  return line.empty() ? line : line + "\n";
}

}  // namespace

std::string ping_summary(const stats::TargetResult& result, std::string_view host,
                         const PingSummaryOptions& options) {
  return fmt::format("\n--- {} ping statistics ---\n", host) +
         counts_line(result.stats, options.colour) + rtt_line(result.stats, options.ipg) +
         detail_line(result.stats, options);
}

std::string toned(std::string_view text, Tone tone, bool colour) {
  return colour ? fmt::format("\x1b[{}m{}\x1b[0m", tone == Tone::bad ? "31" : "33", text)
                : std::string(text);
}

}  // namespace sonde::report
