// ping_summary.hpp: what ping says of a target at the end: iputils' two lines to the letter, what
// it has no word for behind the first, and on request a third line.
//   --- HOST ping statistics ---
//   3 packets transmitted, 2 received, +1 errors, 33.3333% packet loss, time 404ms, 1 late
//   rtt min/avg/max/mdev = 0.030/0.033/0.037/0.003 ms
//   rtt median/p90/p95/p99 = 0.033/0.037/0.037/0.037 ms, jitter 0.003 ms
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sonde/stats/run_record.hpp"

namespace sonde::report {

struct PingSummaryOptions {
  bool ipg = false;          // inter-packet gap behind the rtt line: flood and adaptive
  bool percentiles = false;  // third line
  bool jitter = false;       // third line
  bool colour = false;       // loss stands out
};

// With the empty line in front; each line ends in a line feed. `host` is clean text.
[[nodiscard]] std::string ping_summary(const stats::TargetResult& result, std::string_view host,
                                       const PingSummaryOptions& options);

enum class Tone : std::uint8_t { notice, bad };
// The text in a terminal's colour for it, or as it is.
[[nodiscard]] std::string toned(std::string_view text, Tone tone, bool colour);

}  // namespace sonde::report
