// resolve_options.hpp: typed values, defaults and conflicts become the configurations of the
// layers. Pure: what depends on the computer comes in as Situation. Errors: UsageError, before
// anything was sent, opened or printed.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "app/echo_plan.hpp"
#include "app/options.hpp"
#include "app/target_policy.hpp"
#include "app/usage_error.hpp"
#include "sonde/base/random.hpp"
#include "sonde/engine/ping.hpp"
#include "sonde/net/address.hpp"
#include "sonde/resolve/resolver.hpp"
#include "sonde/stats/run_record.hpp"
#include "sonde/transport/open.hpp"

namespace sonde::app {

struct PlannedTarget {
  std::string input;
  std::optional<net::Address> address;  // absent: a name, to be looked up
};

struct PingPlan {
  std::vector<PlannedTarget> targets;
  TargetPolicy policy;  // holds for the targets with an address; the rest is to be asked again
  resolve::FamilyWanted family = resolve::FamilyWanted::any;
  engine::PingConfig engine;
  transport::OpenOptions transport;
  stats::RunOptions run;  // as the JSON document states them
  Format format = Format::text;
  std::optional<std::string> output;  // of the machine format; absent: stdout
};

// `rng` fills a random payload.
[[nodiscard]] std::expected<PingPlan, UsageError> resolve_ping(const PingOptions& options,
                                                               const Situation& situation,
                                                               Rng& rng);

}  // namespace sonde::app
