// sweep_verdict.hpp: whether a sweep passed, as the exit code and its reasons, by cause and number:
// a sweep of millions has no room for a line a target. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/exit_code.hpp"
#include "sonde/stats/sweep_results.hpp"

namespace sonde::app {

// Why not everything that was asked for was probed.
struct CutShort {
  std::string why{};
  ExitCode code = ExitCode::usage;
};

struct SweepExpectation {
  // So many targets must answer; absent: all that were given.
  std::optional<std::uint64_t> min_reachable{};
  std::uint32_t shards = 1;             // only every so manyth of the targets is ours
  std::optional<CutShort> cut_short{};  // no success then
  bool stopped = false;                 // before all targets were known, maybe
};

// Worst cause first: targets that could not be read or resolved, then those without an answer.
[[nodiscard]] stats::Verdict judge_sweep(const stats::SweepTotals& totals, std::uint64_t planned,
                                         const SweepExpectation& expected);

}  // namespace sonde::app
