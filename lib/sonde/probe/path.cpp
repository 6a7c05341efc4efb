#include "sonde/probe/path.hpp"

#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"

namespace sonde::probe {

bool says_time_exceeded(const Observation& seen) noexcept {
  const std::uint8_t type =
      seen.responder.is_v4() ? wire::icmpv4::kTimeExceeded : wire::icmpv6::kTimeExceeded;
  return seen.kind == ObservationKind::icmp_error && seen.icmp.type == type;
}

bool says_too_big(const Observation& seen) noexcept {
  if (seen.kind != ObservationKind::icmp_error) {
    return false;
  }
  return seen.responder.is_v4() ? seen.icmp.type == wire::icmpv4::kDestinationUnreachable &&
                                      seen.icmp.code == wire::icmpv4::kCodeFragmentationNeeded
                                : seen.icmp.type == wire::icmpv6::kPacketTooBig;
}

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
  return seen.kind == ObservationKind::icmp_error && unreachable && !says_too_big(seen);
}

}  // namespace sonde::probe
