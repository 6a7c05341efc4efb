// resolve_trace.hpp: typed values, defaults and conflicts of `sonde trace` become the
// configurations of the layers. As resolve_options.hpp. Pure.
#pragma once

#include <expected>

#include "app/run_plan.hpp"
#include "app/trace_options.hpp"
#include "sonde/engine/trace_config.hpp"
#include "sonde/transport/open_trace.hpp"

namespace sonde::app {

struct TracePlan : RunPlan {
  engine::TraceConfig engine;
  transport::TraceOpenOptions transport;
  bool may_fall_back = false;  // no protocol was asked for: UDP, where ICMP is not permitted
};

[[nodiscard]] std::expected<TracePlan, UsageError> resolve_trace(const TraceOptions& options,
                                                                 const Situation& situation);

// The plan with UDP instead of ICMP.
void fall_back_to_udp(TracePlan& plan);

// What is told of the run: the system gave no way to send all probes of a flow alike.
void state_varying_flows(TracePlan& plan);

}  // namespace sonde::app
