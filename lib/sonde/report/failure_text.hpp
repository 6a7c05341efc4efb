// failure_text.hpp: ICMP errors and local send errors in words, for people. The ICMP wording is
// ping's, which scripts look for (FIELD.md 3.4). English everywhere. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sonde/net/address.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/probe/spec.hpp"

namespace sonde::report {

// "Time to live exceeded", "Frag needed and DF set (mtu = 1400)", "Destination unreachable: No
// route"; of an observation of the kind icmp_error. The responder's family decides which ICMP it
// is.
[[nodiscard]] std::string icmp_error_text(const probe::Observation& observation);

// "Network is unreachable": the system's words where it gave a code, otherwise ours.
[[nodiscard]] std::string send_error_text(const probe::SendError& error);
// What may be done about it, in parentheses behind a blank; empty: nobody knows.
[[nodiscard]] std::string_view send_way_out(const probe::SendError& error, bool may_be_broadcast);
// The same of a trace's probe, of any failure.
[[nodiscard]] std::string trace_way_out(const probe::SendError& error, net::Family family);

// "9 more send errors not shown": of messages of one kind, `what` in the singular.
[[nodiscard]] std::string withheld_text(std::uint64_t more, std::string_view what);

// "corrupt at byte 17: 0x11 instead of 0x10", "corrupt at byte 56: 0x58 behind all that was sent"
[[nodiscard]] std::string corruption_text(const probe::Corruption& seen);

// "unreachable", "too_big" ...: the closed list of machine output.
[[nodiscard]] std::string_view send_failure_name(probe::SendFailure failure) noexcept;

}  // namespace sonde::report
