// path.hpp: where on a path a probe of a trace belongs, and how a trace ended.
// Values only. engine/trace fills them, stats/path_stats and the reporters read them.
#pragma once

#include <cstdint>

#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/observation.hpp"

namespace sonde::probe {

// Which probe of a trace it was. Probes of other modes have a TTL of 0 here.
struct PathStep {
  net::Ttl ttl{};          // that the probe left with: the hop that it asks
  std::uint8_t query = 0;  // 1, 2 ... of this hop and flow; 0: a probe for the path MTU
  std::uint16_t flow = 0;  // 0, 1 ...: probes of one flow take one way through load balancers
  friend constexpr bool operator==(const PathStep&, const PathStep&) = default;
};

enum class PathEnd : std::uint8_t {
  reached,      // the destination answered
  unreachable,  // somebody on the way says that it cannot be reached
  gap,          // so many hops in a row are silent
  max_ttl,      // the last TTL was asked
  loop,         // the same routers again and again
  silent,       // only of one flow among several: no answer at the hop where others arrive
  rationed,     // the same, but the destination answers only so often, and was not asked again
};

// How a path MTU is known.
enum class MtuEvidence : std::uint8_t {
  passed,    // a probe of this size was answered, and none larger was tried or needed
  reported,  // fragmentation needed / packet too big named it (RFC 1191, RFC 8201)
  plateau,   // a router named 0: the next plateau (RFC 1191 section 7) that passed
  searched,  // larger probes vanish without a word (a black hole): found by search (RFC 8899)
};

// What a trace found out about the link into a hop.
struct PathMtu {
  net::Mtu mtu{};  // bytes of the whole IP packet that reach this hop
  MtuEvidence evidence = MtuEvidence::passed;
  friend constexpr bool operator==(const PathMtu&, const PathMtu&) = default;
};

// What an ICMP error says of a packet: its TTL ran out on the way; it was too big for the next
// link.
[[nodiscard]] bool says_time_exceeded(const Observation& seen) noexcept;
[[nodiscard]] bool says_too_big(const Observation& seen) noexcept;

// Does this answer show that the probe got to the destination: a reply, or the destination's own
// word that it does not take such packets (port, protocol, prohibited)? Not: time exceeded.
[[nodiscard]] bool arrived(const net::Address& destination, const Observation& seen) noexcept;

}  // namespace sonde::probe
