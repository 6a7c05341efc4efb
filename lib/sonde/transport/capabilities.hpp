// capabilities.hpp: what a backend can do and see, said once after it was opened.
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
  bool sets_tos = true;                             // the system sends the TOS that it is given
};

}  // namespace sonde::transport
