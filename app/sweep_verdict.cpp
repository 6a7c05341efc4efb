#include "app/sweep_verdict.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "app/exit_code.hpp"

namespace sonde::app {

stats::Verdict judge_sweep(const stats::SweepTotals& totals, std::uint64_t planned,
                           const SweepExpectation& expected) {
  stats::Verdict verdict;
  const auto find = [&verdict](bool found, ExitCode code, std::string reason) {
    if (found) {
      verdict.pass = false;
      verdict.exit_code = std::max(verdict.exit_code, number(code));
      verdict.reasons.push_back(std::move(reason));
    }
  };
  if (expected.cut_short) {
    find(true, expected.cut_short->code, expected.cut_short->why);
  }
  const bool none = planned == 0 && !expected.cut_short && expected.shards == 1;
  find(none && !expected.stopped, ExitCode::usage, "there is no target");
  find(none && expected.stopped, ExitCode::no_answer, "the run ended before there was a target");
  if (expected.min_reachable) {
    find(totals.alive < *expected.min_reachable, ExitCode::no_answer,
         fmt::format("{} targets answered, {} were asked for", totals.alive,
                     *expected.min_reachable));
    return verdict;
  }
  const std::uint64_t pending = planned - std::min(planned, totals.settled());
  find(totals.failed > 0, ExitCode::unresolved,
       fmt::format("{} of {} targets have no address to be probed at", totals.failed, planned));
  find(totals.unreachable > 0, ExitCode::no_answer,
       fmt::format("{} of {} targets did not answer", totals.unreachable, planned));
  find(totals.unreachable > 0 && totals.counts.send_failures > 0, ExitCode::no_answer,
       fmt::format("{} of {} probes could not be sent", totals.counts.send_failures,
                   totals.counts.sent));
  find(pending > 0, ExitCode::no_answer,
       fmt::format("the run ended before {} of {} targets had their result", pending, planned));
  return verdict;
}

}  // namespace sonde::app
