// path_notes.hpp: the lines behind the hops of a trace, each only where there is something to say:
//   not reached: 8 hops in a row are silent behind hop 5
//   path MTU 1400, from hop 3 on: a router says so
//   NAT before hop 3: the probe's source or checksum is another one
//   TOS 0xb8 (DSCP 46, ECN 0) is 0x00 (DSCP 0, ECN 0) from hop 4 on
//   path: 4 hops there, 5 back
// and those of path_flow_notes.hpp.
// None begins with a blank or a digit. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "sonde/stats/run_record.hpp"

namespace sonde::report {

struct PathNotesOptions {
  bool back = false;
};

// Each line ends in a line feed.
[[nodiscard]] std::string path_notes(const stats::TargetResult& result,
                                     const stats::RunOptions& options,
                                     const PathNotesOptions& wanted);

// That path MTU is only a lower bound: it is as large as the largest probe.
[[nodiscard]] bool none_larger_tried(const probe::PathMtu& mtu, const stats::TargetResult& result,
                                     const stats::RunOptions& options) noexcept;

// Bytes of a probe's whole packet.
[[nodiscard]] std::uint32_t packet_bytes(const stats::RunOptions& options,
                                         const net::Address& destination) noexcept;

}  // namespace sonde::report
