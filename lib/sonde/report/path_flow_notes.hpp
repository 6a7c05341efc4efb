// path_flow_notes.hpp: the lines about the flows of a trace, one for each path that any of them
// took:
//   path of flow 0 2: 10.0.0.1 10.0.1.1 10.0.9.1
//   path of flow 1: 10.0.0.1 10.0.2.1 (not reached: 10.0.2.1 says: Packet filtered)
// Pure.
#pragma once

#include <cstdint>
#include <string>

#include "sonde/stats/run_record.hpp"

namespace sonde::report {

// Each line ends in a line feed.
[[nodiscard]] std::string flow_notes(const stats::TargetResult& result,
                                     const stats::PathStats& path, std::uint16_t flows);

// Of the queries of that flow the farthest that was answered; nullptr: none was.
[[nodiscard]] const stats::HopProbe* farthest_of(const stats::PathStats& path,
                                                 std::uint16_t flow) noexcept;

}  // namespace sonde::report
