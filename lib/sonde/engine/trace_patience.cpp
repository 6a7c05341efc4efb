#include "sonde/engine/trace_patience.hpp"

#include <algorithm>

namespace sonde::engine {
namespace {

// A hop that answered answers again.
constexpr int kOwnFactor = 3;
constexpr Duration kOwnLeast = 250ms;
// Hops behind it answer: it seems to be silent, but routers take their time over errors.
constexpr int kPassedFactor = 10;
constexpr Duration kPassedLeast = 500ms;
// Nothing behind it answers: this decides where the trace ends.
constexpr int kTailFactor = 3;
constexpr Duration kTailLeast = 1s;
// Nor did the hop itself when it was asked and waited for so long, several times.
constexpr Duration kSilentLeast = 300ms;
// Nobody answers at all: a system that asks its link in vain for the next hop says so after three
// seconds (RFC 4861 section 10; Linux does the same for ARP), and a moment.
constexpr Duration kNeighbour = 200ms;

// The RTT of the nearest hop behind this one that answered.
Duration nearest_behind(const PathShape& shape, net::Ttl ttl) noexcept {
  const auto behind = shape.hops().subspan(std::size_t{ttl.value} + 1 - shape.first().value);
  const auto answering =
      std::ranges::find_if(behind, [](const HopShape& hop) { return hop.answers > 0; });
  return answering == behind.end() ? shape.longest() : answering->longest;
}

Duration adapted(const PathShape& shape, const AskedHop& asked) noexcept {
  const net::Ttl ttl = asked.ttl;
  const net::Ttl answered = shape.answered().value_or(net::Ttl(0));
  const std::optional<net::Ttl> refused_at = shape.refused_at();
  const HopShape& own = shape.at(ttl);
  const bool beyond_the_end = refused_at && ttl > *refused_at;
  if (own.answers > 0 || beyond_the_end) {
    const Duration rtt = own.answers > 0 ? own.longest : shape.longest();
    return std::max({kOwnFactor * rtt, kOwnLeast, shape.longest()});
  }
  if (answered > ttl) {
    return std::max({kPassedFactor * nearest_behind(shape, ttl), kPassedLeast, shape.longest()});
  }
  return (asked.given_up < kMostPerHop ? kTailLeast : kSilentLeast) + kTailFactor * shape.longest();
}

}  // namespace

Duration wait_for(const TracePatience& patience, const PathShape& shape,
                  const AskedHop& hop) noexcept {
  if (!patience.adaptive) {
    return patience.timeout;
  }
  return shape.answered() ? std::min(adapted(shape, hop), patience.timeout)
                          : patience.timeout + kNeighbour;
}

}  // namespace sonde::engine
