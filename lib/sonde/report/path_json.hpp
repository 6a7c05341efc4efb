// path_json.hpp: the objects of machine output that only traces have: paths, hops, what an answer
// quotes and carries. Each function writes the members of one shape into an object that the caller
// has begun, or a whole member.
#pragma once

#include <map>

#include "sonde/report/json_writer.hpp"
#include "sonde/report/probe_log.hpp"
#include "sonde/report/record_json.hpp"
#include "sonde/stats/run_record.hpp"

namespace sonde::report {

// Reverse names as far as they are known; an empty one: there is none.
using Names = std::map<net::Address, Untrusted>;

// The hop at which the destination answered; nullptr: no trace, or it was not reached.
[[nodiscard]] const stats::Hop* destination_hop(const stats::TargetResult& result) noexcept;

void put_trace_options(JsonWriter& json, const stats::TraceRunOptions& options);
// reached, end_reason, distance, pmtu.
void put_path(JsonWriter& json, const stats::TargetResult& result,
              const stats::RunOptions& options);
// All of a hop, its probes too.
void put_hop(JsonWriter& json, const stats::Hop& hop, const Names& names, const ClockPair& clock);
// target.paths, where there are several flows.
void put_flow_paths(JsonWriter& json, const stats::TargetResult& result);
// quoted, return_hops, extensions; each only if there is one.
void put_path_answer(JsonWriter& json, const Answer& answer);

}  // namespace sonde::report
