#include "app/run_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/values.hpp"

namespace sonde::app {

namespace {

// Which families may be needed: those asked for, less those that the source or an option rules out.
Refusal plan_families(const EchoOptions& options, transport::OpenOptions& open, RunPlan& plan) {
  TargetPolicy& policy = plan.policy;
  policy.interface_named = !open.interface.empty();
  const Families families = allowed_families(options, open.source);
  policy.v4 = families.v4;
  policy.v6 = families.v6 && policy.header_option_bytes == 0;
  if (open.source && !policy.v4 && !policy.v6) {
    return source_conflict(options, *open.source);
  }
  if (policy.v4 != policy.v6) {
    plan.family = policy.v4 ? resolve::FamilyWanted::v4 : resolve::FamilyWanted::v6;
  }
  const auto needed = [&plan](net::Family family) {
    return std::ranges::any_of(plan.targets, [family](const PlannedTarget& target) {
      return !target.address || target.address->family() == family;
    });
  };
  open.v4 = policy.v4 && needed(net::Family::v4);
  open.v6 = policy.v6 && needed(net::Family::v6);
  return std::nullopt;
}

Refusal refuse_targets(const EchoOptions& options, const std::optional<net::Address>& source,
                       const RunPlan& plan) {
  const HostCount hosts = count_hosts(plan.targets);
  for (const PlannedTarget& target : plan.targets) {
    auto refusal = target.address ? refuse(plan.policy, *target.address, hosts.of(*target.address))
                                  : refuse_number(plan.policy, target.input);
    if (!refusal) {
      continue;
    }
    refusal->message = fmt::format("{}: {}", in_quotes(target.input), refusal->message);
    auto why =
        target.address ? why_not_family(options, target.address->family(), source) : std::string();
    if (!why.empty()) {
      refusal->hint = std::move(why);
    }
    return refusal;
  }
  return std::nullopt;
}

// A name may turn out to be anything, except larger than both families allow.
Refusal refuse_size(const RunPlan& plan) {
  if (plan.policy.v6) {
    return std::nullopt;
  }
  return refuse_payload(plan.policy.payload_bytes, plan.policy.header_option_bytes,
                        net::Family::v4);
}

}  // namespace

HostCount count_hosts(const std::vector<PlannedTarget>& targets) {
  HostCount hosts;
  for (const PlannedTarget& target : targets) {
    if (target.address) {
      hosts.add(*target.address);
    }
  }
  return hosts;
}

void plan_targets(const EchoOptions& options, const Situation& situation, RunPlan& plan) {
  for (const std::string& input : options.targets) {
    plan.targets.push_back({.input = input, .address = situation.numeric(input)});
  }
}

void plan_output(const EchoOptions& options, RunPlan& plan) {
  plan.format = format_of(options);
  plan.output = options.output == "-" ? std::nullopt : options.output;
}

Refusal plan_addresses(const EchoOptions& options, const Situation& situation,
                       transport::OpenOptions& open, RunPlan& plan) {
  for (auto refusal : {plan_source(options, situation, open), plan_families(options, open, plan),
                       refuse_targets(options, open.source, plan), refuse_size(plan)}) {
    if (refusal) {
      return refusal;
    }
  }
  return std::nullopt;
}

}  // namespace sonde::app
