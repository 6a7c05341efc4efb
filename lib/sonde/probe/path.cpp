#include "sonde/probe/path.hpp"

#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"

namespace sonde::probe {

bool arrived(const net::Address& destination, const Observation& seen) noexcept {
  if (!seen.responder.same_host(destination)) {
    return false;
  }
  if (seen.kind == ObservationKind::reply) {
    return true;
  }
  const bool v4 = destination.is_v4();
  const bool unreachable = seen.icmp.type == (v4 ? wire::icmpv4::kDestinationUnreachable
                                                 : wire::icmpv6::kDestinationUnreachable);
  const bool too_big = v4 && seen.icmp.code == wire::icmpv4::kCodeFragmentationNeeded;
  return seen.kind == ObservationKind::icmp_error && unreachable && !too_big;
}

}  // namespace sonde::probe
