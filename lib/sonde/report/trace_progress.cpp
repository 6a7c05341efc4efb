#include "sonde/report/trace_progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace sonde::report {

// The line is only made here: a later listener may still write before the loop sleeps.
void TraceProgress::on_time(Instant now, std::span<const stats::TargetResult> targets) {
  if (now < first_) {
    return;
  }
  next_ = now + kEvery;
  std::size_t complete = 0;
  std::uint64_t out = 0;
  net::Ttl last{0};
  for (const stats::TargetResult& result : targets) {
    out += result.stats.counts().in_flight;
    if (!result.path) {
      continue;
    }
    for (const stats::Hop& hop : result.path->hops()) {
      complete += hop.complete ? 1 : 0;
      if (std::ranges::any_of(hop.probes, &stats::HopProbe::answered)) {
        last = std::max(last, hop.ttl);
      }
    }
  }
  erase();
  line_ =
      fmt::format("sonde: {} hop{} known, {}, {} probe{} out", complete, complete == 1 ? "" : "s",
                  last.value == 0 ? std::string("none answered")
                                  : fmt::format("the last that answered is hop {}", last.value),
                  out, out == 1 ? "" : "s");
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
