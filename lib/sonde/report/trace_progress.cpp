#include "sonde/report/trace_progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace sonde::report {

namespace {

struct Tally {
  std::size_t complete = 0;
  std::uint64_t out = 0;
  net::Ttl last{0};  // that answered
};

void add(const stats::TargetResult& result, Tally& tally) {
  tally.out += result.stats.counts().in_flight;
  if (!result.path) {
    return;
  }
  for (const stats::Hop& hop : result.path->hops()) {
    tally.complete += hop.complete ? 1 : 0;
    if (std::ranges::any_of(hop.probes, &stats::HopProbe::answered)) {
      tally.last = std::max(tally.last, hop.ttl);
    }
  }
}

}  // namespace

// The line is only made here: a later listener may still write before the loop sleeps.
void TraceProgress::on_time(Instant now, std::span<const stats::TargetResult> targets) {
  if (now < first_) {
    return;
  }
  next_ = now + kEvery;
  Tally tally;
  for (const stats::TargetResult& result : targets) {
    add(result, tally);
  }
  const std::string last = tally.last.value == 0
                               ? "none answered"
                               : fmt::format("the last that answered is hop {}", tally.last.value);
  erase();
  line_ = fmt::format("sonde: {} hop{} known, {}, {} probe{} out", tally.complete,
                      tally.complete == 1 ? "" : "s", last, tally.out, tally.out == 1 ? "" : "s");
  line_.resize(std::min(line_.size(), kColumns));
}

void TraceProgress::flush() {
  if (line_.empty() || shown_) {
    return;
  }
  out_.flush();
  err_.write("\r\x1b[K" + line_);
  err_.flush();
  shown_ = true;
}

void TraceProgress::erase() {
  line_.clear();
  if (shown_) {
    err_.write("\r\x1b[K");
    err_.flush();
    shown_ = false;
  }
}

}  // namespace sonde::report
