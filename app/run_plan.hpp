// run_plan.hpp: what the modes with a few named targets (ping, trace) plan alike: the targets,
// which of them may be aimed at, the families, the output. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/echo_plan.hpp"
#include "app/options.hpp"
#include "app/target_policy.hpp"
#include "app/usage_error.hpp"
#include "sonde/net/address.hpp"
#include "sonde/resolve/resolver.hpp"
#include "sonde/stats/run_record.hpp"
#include "sonde/transport/open.hpp"

namespace sonde::app {

struct PlannedTarget {
  std::string input;
  std::optional<net::Address> address;  // absent: a name, to be looked up
};

struct RunPlan {
  std::vector<PlannedTarget> targets;
  TargetPolicy policy;  // holds for the targets with an address; the rest is to be asked again
  resolve::FamilyWanted family = resolve::FamilyWanted::any;
  stats::RunOptions run;  // as the JSON document states them
  Format format = Format::text;
  std::optional<std::string> output;  // of the machine format; absent: stdout
};

// Of those whose address is known.
[[nodiscard]] HostCount count_hosts(const std::vector<PlannedTarget>& targets);

void plan_targets(const EchoOptions& options, const Situation& situation, RunPlan& plan);
void plan_output(const EchoOptions& options, RunPlan& plan);
// Source and interface; the families that are left; may all be aimed at? In this order, when the
// rest of the policy is known.
[[nodiscard]] Refusal plan_addresses(const EchoOptions& options, const Situation& situation,
                                     transport::OpenOptions& open, RunPlan& plan);

}  // namespace sonde::app
