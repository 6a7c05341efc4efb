// trace_config.hpp: what a trace shall do (trace.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sonde/base/time.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/ip_options.hpp"

namespace sonde::engine {

// NOLINTBEGIN(readability-magic-numbers): the defaults have their names beside them.
struct TraceConfig {
  net::Ttl first_ttl{1};
  net::Ttl max_ttl{30};
  std::uint8_t queries = 3;  // a hop and flow
  std::uint16_t flows = 1;
  std::uint32_t parallel = 96;  // probes out at a time, of all targets
  double rate = 400;            // probes a second, of all targets
  std::uint8_t gap = 8;         // silent hops in a row that end a path; 0: never
  Duration timeout = 3s;        // the longest wait for an answer
  bool adaptive = true;         // false: every probe is waited for as long as that
  // The destination may answer but once a second (net.ipv4.icmp_ratelimit), and have spent that
  // already: a path that seems to end in silence is asked once more after a second. For UDP.
  bool last_query = false;
  bool find_mtu = false;      // then `payload` is as long as the largest probe's
  std::uint32_t headers = 8;  // bytes between the IP header and the payload: ICMP, UDP or TCP
  probe::IpOptions ip{};      // without the TTL
  std::vector<std::byte> payload{};
};
// NOLINTEND(readability-magic-numbers)

}  // namespace sonde::engine
