// sweep_json.hpp: the objects that a sweep's document and its event lines have in common. Each
// function writes the members of one shape of the schema table, into an object that the caller has
// begun, or (takes a FieldRef) a whole member.
#pragma once

#include <cstdint>

#include "sonde/report/json_writer.hpp"
#include "sonde/report/record_json.hpp"
#include "sonde/stats/sweep_listener.hpp"

namespace sonde::report {

void put_sweep_options(JsonWriter& json, FieldRef field, const stats::SweepOptions& options);
// `probes`: with each probe, as far as samples were kept.
void put_sweep_target(JsonWriter& json, const stats::SweepResult& result, bool probes);
// Into an object that is open.
void put_sweep_totals(JsonWriter& json, const stats::SweepResults& results,
                      const stats::SweepOptions& options, const stats::RunEnd& end);

// How many of `targets` belong to the shard; of a merge, how many its parts have.
[[nodiscard]] std::uint64_t targets_of_shard(std::uint64_t targets,
                                             const stats::SweepOptions& options) noexcept;

// Was the target probed, and not told by on_target()? `count`: probes a target, in the mode count.
[[nodiscard]] bool left_unfinished(const stats::SweepResult& result, probe::SweepMode mode,
                                   std::uint64_t count) noexcept;

// What an event says of an answer; `payload_bytes` tell whether it can have been verified.
[[nodiscard]] Answer answer_of(const probe::SweepEvent& event, const net::Address& target,
                               std::uint32_t payload_bytes);

}  // namespace sonde::report
