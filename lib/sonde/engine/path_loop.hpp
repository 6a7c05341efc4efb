// path_loop.hpp: do the same routers answer again and again?
// In:  the hops of a path that never came to its destination, nearest first.
// Out: the index of the hop at which the pattern was shown for the third time; nullopt: no loop.
// A routing loop repeats with a period of two or more hops and goes on to the last hop that
// answers. What only looks like one is not called so: several responders at a hop (load
// balancing), the same one at two hops (paths of unequal length, routers that pass on a TTL of 0).
// A lone address at hop after hop is one only if all its answers come from equally far away, which
// those of a network behind NAT do not, and if it is not the destination's. Silent hops inside a
// loop fit anything (rate limits). Not seen is a loop behind a load balancer that sends packets of
// one flow over paths of unequal length. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "sonde/net/address.hpp"

namespace sonde::engine {

struct HopShape;

[[nodiscard]] std::optional<std::size_t> loop_end(std::span<const HopShape> hops,
                                                  const net::Address& destination) noexcept;

}  // namespace sonde::engine
