#include "sonde/report/text_sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "sonde/report/failure_text.hpp"
#include "sonde/report/numbers.hpp"
#include "sonde/report/ping_summary.hpp"
#include "sonde/report/sweep_json.hpp"

namespace sonde::report {
namespace {

using probe::SweepEventKind;
using probe::SweepState;

template <typename... Args>
void append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

[[nodiscard]] std::uint64_t answers(const stats::Counts& counts) noexcept {
  return counts.received + counts.late;
}

// Whole per cent of the finished probes, as fping; what is not known is NaN, as a time is.
void append_loss(std::string& out, const stats::Counts& counts) {
  if (const auto lost = counts.loss_percent()) {
    append(out, "{}%", *lost);
  } else {
    out += "NaN%";
  }
}

// Characters, not bytes.
[[nodiscard]] std::size_t columns_of(std::string_view text) noexcept {
  constexpr unsigned kKind = 0xc0;
  constexpr unsigned kContinues = 0x80;
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & kKind) != kContinues; }));
}

void append_ms_or_nan(std::string& out, const std::optional<Duration>& d) {
  if (d) {
    append_reply_ms(out, *d);
  } else {
    out += "NaN";
  }
}

}  // namespace

void append_host(std::string& out, const stats::SweepResult& result, bool numeric,
                 Utf8Terminal utf8) {
  const auto name = result.reverse != nullptr && !numeric && result.name.empty()
                        ? terminal_name(*result.reverse, utf8)
                        : std::nullopt;
  if (name) {
    append(out, "{} ({})", *name, result.address.value_or(net::Address{}).to_text());
  } else if (result.address && (numeric || result.name.empty())) {
    result.address->append_text(out);
  } else {
    out += terminal_text(Untrusted(std::string(result.name)), utf8);
  }
}

stats::SweepEventMask TextSweep::wanted() const {
  if (options_.quiet || options_.show != SweepShow::all) {
    return 0;
  }
  using enum SweepEventKind;
  return stats::mask_of(reply) | stats::mask_of(timeout) | stats::mask_of(late) |
         stats::mask_of(duplicate) | stats::mask_of(error) | stats::mask_of(send_failed);
}

void TextSweep::on_start(const stats::RunStart& start, const stats::SweepOptions& options) {
  start_ = start;
  sweep_ = options;
}

void TextSweep::stamp(Instant at) {
  if (options_.stamps == Stamps::none) {
    return;
  }
  const WallTime when = wall_at(start_.clock, at);
  if (options_.stamps == Stamps::epoch) {
    append(line_, "[{}] ", epoch_text(when));
  } else {
    append(line_, "{} ", local_text(when, options_.utc_offset(when)));
  }
}

void TextSweep::host(const stats::SweepResult& result) {
  append_host(line_, result, options_.numeric, options_.utf8);
}

void TextSweep::fit_targets(const stats::SweepResults& results) {
  const net::AddressList& targets = results.targets();
  std::string text;
  for (; known_ < targets.size(); ++known_) {
    text.clear();
    append_host(text, {.address = targets.at(known_), .name = targets.name(known_)},
                options_.numeric, options_.utf8);
    width_ = std::max(width_, columns_of(text));
  }
}

void TextSweep::host_column(const stats::SweepResult& result, const stats::SweepResults& results) {
  fit_targets(results);
  const std::size_t begin = line_.size();
  host(result);
  const std::size_t columns = columns_of(std::string_view(line_).substr(begin));
  width_ = std::max(width_, columns);
  line_.append(width_ - columns, ' ');
}

void TextSweep::end_line() {
  line_ += '\n';
  out_.write(line_);
  line_.clear();
}

// --- until a target answers ----------------------------------------------------------------------

void TextSweep::on_target(const stats::SweepResult& result, Instant at) {
  // Quiet is about what was not asked for: with -a or -u the list is.
  const bool silent = options_.quiet && options_.show == SweepShow::all;
  if (rounds() || silent || result.state == SweepState::failed ||
      result.state == SweepState::pending) {
    return;
  }
  const bool alive = result.state == SweepState::alive;
  if (options_.show != SweepShow::all && alive != (options_.show == SweepShow::alive)) {
    return;
  }
  stamp(at);
  host(result);
  if (options_.show == SweepShow::all) {
    if (alive) {
      line_ += " is alive";
    } else {
      line_ += ' ';
      line_ += toned("is unreachable", Tone::bad, options_.colour);
      line_ += result.counts.send_failures > 0 ? " (send failed)" : "";
    }
  }
  if (alive && options_.elapsed && result.rtt) {
    line_ += " (";
    append_reply_ms(line_, result.rtt->last);
    line_ += " ms)";
  }
  if (result.counts.corrupt > 0 && options_.show == SweepShow::all) {
    line_ += toned(" (corrupt)", Tone::bad, options_.colour);
  }
  end_line();
}

// --- rounds --------------------------------------------------------------------------------------

void TextSweep::on_event(const probe::SweepEvent& event, const stats::SweepResults& results) {
  if (!rounds()) {
    return;
  }
  had_lines_ = true;
  if (options_.named) {
    constexpr std::size_t kMostNames = 32;  // the rest of a line and these: 80 columns
    width_ = std::max(width_, kMostNames);
  }
  const stats::SweepResult result = results.after(event);
  stamp(event.at);
  host_column(result, results);
  append(line_, " : {}[{}], ", event.kind == SweepEventKind::duplicate ? "duplicate for " : "",
         event.round);
  outcome(event);
  if (event.kind != SweepEventKind::duplicate) {
    so_far(result);
  }
  line_ += event.kind == SweepEventKind::late ? " (late)" : "";
  if (event.corruption) {
    line_ +=
        toned(fmt::format(" ({})", corruption_text(*event.corruption)), Tone::bad, options_.colour);
  }
  end_line();
}

void TextSweep::outcome(const probe::SweepEvent& event) {
  if (event.kind == SweepEventKind::timeout) {
    line_ += toned("timed out", Tone::bad, options_.colour);
  } else if (event.send_error != nullptr) {
    append(line_, "not sent: {}", send_error_text(*event.send_error));
  } else if (event.kind == SweepEventKind::error && event.observation != nullptr) {
    append(line_, "ICMP {} from {}", icmp_error_text(*event.observation),
           event.observation->responder.to_text());
  } else {
    append(line_, "{} bytes, ", event.bytes);
    append_reply_ms(line_, event.rtt);
    line_ += " ms";
  }
}

void TextSweep::so_far(const stats::SweepResult& result) {
  line_ += " (";
  append_ms_or_nan(line_, result.rtt.transform([](const auto& rtt) { return rtt.mean; }));
  line_ += " avg, ";
  append_loss(line_, result.counts);
  line_ += " loss)";
}

void TextSweep::summaries(const stats::SweepResults& results) {
  if (options_.named) {
    fit_names(results);
  }
  for (std::uint64_t i = 0; i < results.size(); ++i) {
    const stats::SweepResult result = results.at(static_cast<std::uint32_t>(i));
    if (result.counts.sent > 0 && shows(result)) {
      summary(result, results);
    }
  }
}

// Of those that will be shown, all are known now.
void TextSweep::fit_names(const stats::SweepResults& results) {
  std::string text;
  for (std::uint64_t i = 0; i < results.size(); ++i) {
    const stats::SweepResult result = results.at(static_cast<std::uint32_t>(i));
    if (result.reverse != nullptr && result.counts.sent > 0 && shows(result)) {
      text.clear();
      append_host(text, result, options_.numeric, options_.utf8);
      width_ = std::max(width_, columns_of(text));
    }
  }
}

// Of a target that has not answered, some probe must have had its time.
bool TextSweep::shows(const stats::SweepResult& result) const noexcept {
  const bool alive = result.state == SweepState::alive;
  switch (options_.show) {
    case SweepShow::alive:
      return alive;
    case SweepShow::unreachable:
      return !alive && result.counts.sent > result.counts.in_flight;
    case SweepShow::all:
      break;
  }
  return true;
}

void TextSweep::summary(const stats::SweepResult& result, const stats::SweepResults& results) {
  host_column(result, results);
  if (options_.list_rounds && !result.samples.empty()) {
    rounds_of(result);
  } else {
    const stats::Counts& counts = result.counts;
    append(line_, " : xmt/rcv/%loss = {}/{}/", counts.sent, answers(counts));
    append_loss(line_, counts);
    if (result.rtt) {
      line_ += ", min/avg/max = ";
      append_reply_ms(line_, result.rtt->min);
      line_ += '/';
      append_reply_ms(line_, result.rtt->mean);
      line_ += '/';
      append_reply_ms(line_, result.rtt->max);
    }
    some(counts.late, "late");
    some(counts.in_flight, "in flight");
  }
  end_line();
}

// Behind what fping has.
void TextSweep::some(std::uint64_t count, std::string_view what) {
  if (count > 0) {
    append(line_, ", {} {}", count, what);
  }
}

void TextSweep::rounds_of(const stats::SweepResult& result) {
  line_ += " :";
  const auto sent = std::min<std::uint64_t>(result.counts.sent, result.samples.size());
  for (const stats::ProbeSample& sample : result.samples.first(sent)) {
    line_ += ' ';
    if (const auto rtt = sample.rtt()) {
      append_reply_ms(line_, *rtt);
    } else {
      line_ += '-';
    }
  }
}

// fping's: the time of day, then the targets.
void TextSweep::on_interim(Instant now, const stats::SweepResults& /*results*/,
                           const stats::SweepResults& window) {
  if (!rounds()) {
    return;
  }
  had_intervals_ = true;
  const WallTime when = wall_at(start_.clock, now);
  constexpr std::size_t kTimeAt = 11;  // behind "2026-11-21T"
  constexpr std::size_t kTime = 8;
  constexpr std::size_t kTimeMs = 12;
  // Within one second the headings would be the same.
  const bool fine = sweep_.summary_every && *sweep_.summary_every % 1s != Duration{};
  append(line_, "[{}]",
         local_text(when, options_.utc_offset(when)).substr(kTimeAt, fine ? kTimeMs : kTime));
  end_line();
  summaries(window);
  out_.flush();
}

// --- the end -------------------------------------------------------------------------------------

void TextSweep::on_end(const stats::RunEnd& end, const stats::SweepResults& results) {
  if (rounds()) {
    if (had_lines_) {
      end_line();
    }
    if (had_intervals_) {  // not one of these
      line_ += "[total]";
      end_line();
    }
    summaries(results);
  }
  if (options_.totals || options_.percentiles) {
    totals(end, results);
  }
  if (sweep_.min_reachable) {
    append(line_, "{} hosts reachable (required: {}, reachable: {})",
           results.totals().alive >= *sweep_.min_reachable ? "Enough" : "Not enough",
           *sweep_.min_reachable, results.totals().alive);
    end_line();
  }
  out_.flush();
}

void TextSweep::totals(const stats::RunEnd& end, const stats::SweepResults& results) {
  const stats::SweepTotals& totals = results.totals();
  const stats::RttStats& rtt = results.rtt();
  const stats::Counts& counts = totals.counts;
  if (options_.totals) {
    append(line_, "\n {:7} targets\n {:7} alive\n {:7} unreachable\n {:7} unknown addresses\n",
           targets_of_shard(results.size(), sweep_), totals.alive, totals.unreachable,
           totals.failed);
    append(line_,
           "\n {:7} timeouts (waiting for response)\n {:7} ICMP Echos sent\n"
           " {:7} ICMP Echo Replies received\n {:7} other ICMP received\n",
           counts.lost, counts.sent - counts.send_failures, answers(counts) + counts.duplicate,
           counts.errors);
    if (counts.send_failures > 0) {
      append(line_, " {:7} could not be sent\n", counts.send_failures);
    }
  }
  const auto time = [this](const std::optional<Duration>& d, std::string_view what) {
    line_ += ' ';
    append_ms_or_nan(line_, d);
    append(line_, " ms ({} round trip time)\n", what);
  };
  line_ += '\n';
  if (options_.totals) {
    time(rtt.min(), "min");
    time(rtt.mean(), "avg");
    time(rtt.max(), "max");
  }
  if (options_.percentiles) {
    constexpr std::array<std::pair<double, std::string_view>, 4> kRanks{
        {{0.5, "median"}, {0.9, "p90"}, {0.95, "p95"}, {0.99, "p99"}}};
    for (const auto& [rank, name] : kRanks) {
      time(results.quantiles().at(rank), name);
    }
  }
  if (options_.totals) {
    const std::chrono::duration<double> elapsed =
        std::max(Duration{}, end.ended - start_.clock.steady);
    append(line_, " {:12.3f} sec (elapsed real time)\n", elapsed.count());
  }
  end_line();
}

}  // namespace sonde::report
