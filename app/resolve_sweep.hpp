// resolve_sweep.hpp: what was typed after `sonde sweep`, with defaults and conflicts settled, as
// the configurations of the layers. Pure: what depends on the computer comes in as Situation.
// Errors: UsageError, before anything was sent, opened or printed.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "app/echo_plan.hpp"
#include "app/sweep_options.hpp"
#include "app/sweep_policy.hpp"
#include "app/target_text.hpp"
#include "sonde/base/random.hpp"
#include "sonde/engine/sweep.hpp"
#include "sonde/resolve/resolver.hpp"
#include "sonde/stats/sweep_listener.hpp"
#include "sonde/transport/open.hpp"

namespace sonde::app {

struct SweepPlan {
  std::vector<TargetText> operands;   // allowed by the policy
  std::optional<std::string> file{};  // of -f; "-" is standard input
  SweepPolicy policy;                 // for what the file and the names hold
  resolve::FamilyWanted family = resolve::FamilyWanted::any;
  engine::SweepConfig engine;
  transport::OpenOptions transport;
  stats::RunOptions run;      // as the machine formats state them
  stats::SweepOptions sweep;  // the same
  stats::SweepDetail detail = stats::SweepDetail::states;
  std::uint32_t sample_rounds = 0;
  Format format = Format::text;
  std::optional<std::string> output;  // of the machine format; absent: stdout
};

// `rng` fills a random payload, and chooses the seed of --order random.
[[nodiscard]] std::expected<SweepPlan, UsageError> resolve_sweep(const SweepOptions& options,
                                                                 const Situation& situation,
                                                                 Rng& rng);

}  // namespace sonde::app
