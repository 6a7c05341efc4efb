// trace.hpp: the engine of `sonde trace`: many TTLs at once, to some targets.
// Order of the probes: query 1 of every TTL first, so that the destination is found in one round
// trip, then the further queries of the hops before it. Hops that can still matter are: up to the
// nearest TTL at which the destination answered; with none, up to `gap` hops behind the last that
// answered. Never more than kMostPerHop probes out at one TTL and flow, `parallel` in all, nor
// faster than `rate`.
// How long a silent probe is waited for is scaled by the RTTs seen, and judged anew with every
// answer: the further the path is known to go on behind a hop, the sooner its silence is believed;
// silence at the end, which decides where the trace ends, is believed last. An answer that comes
// after its time-out is late, and counts.
// A target is done when all its probes that matter have their outcome: then path_end. Sequences
// start at 1 and count all probes of a target. No allocation a probe once its tables have grown.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <vector>

#include "sonde/engine/config_error.hpp"
#include "sonde/engine/engine.hpp"
#include "sonde/probe/ip_options.hpp"

namespace sonde::engine {

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
  bool find_mtu = false;        // then `payload` is as long as the largest probe's
  std::uint32_t headers = 28;   // bytes in front of the payload: IP and ICMP, UDP or TCP
  probe::IpOptions ip{};        // without the TTL
  std::vector<std::byte> payload{};
};

class TraceEngine final : public TargetedEngine {
 public:
  static constexpr std::uint32_t kMostPerHop = 3;

  // Errors: first_ttl 0 or above max_ttl, queries, flows, parallel or time-out of 0, a rate that is
  // not positive.
  [[nodiscard]] static std::expected<TraceEngine, ConfigError> make(TraceConfig config);
};

}  // namespace sonde::engine
