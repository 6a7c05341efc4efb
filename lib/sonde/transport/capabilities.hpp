// capabilities.hpp: what a backend can do and see, known once it was opened.
#pragma once

#include <string_view>

#include "sonde/probe/event.hpp"

namespace sonde::transport {

struct Capabilities {
  std::string_view backend;  // "linux-icmp-dgram", "linux-icmp-raw", "windows-icmp-api", "sim"
  bool privileged = false;   // it needed a privilege to open
  probe::RttClock clock = probe::RttClock::steady;  // the best that its stamps allow
  bool sets_ident = false;                          // can the identifier be chosen
  bool sees_errors = true;                          // ICMP errors reach it
  // Of a trace: every probe of a flow looks alike to load balancers; false: each is a flow. May
  // become false on the way (TraceOpenOptions::may_vary).
  bool constant_flows = true;
  // The quoted IP header reaches us: TTL, TOS and what was rewritten on the way (NAT).
  bool sees_quoted_header = false;
  bool sets_tos = true;  // the system sends the TOS that it is given
};

}  // namespace sonde::transport
