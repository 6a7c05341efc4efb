#include "sonde/transport/tcp_observation.hpp"

#include <memory>
#include <utility>

#include "sonde/probe/status.hpp"
#include "sonde/wire/icmp_extensions.hpp"
#include "sonde/wire/icmpv4.hpp"

namespace sonde::transport {
namespace {

using probe::Observation;
using probe::ObservationKind;

// Extensions that do not decode are left out: the error itself is still true.
std::shared_ptr<const probe::ObservationExtras> extras_of(Bytes structure) {
  auto extensions = wire::decode_extensions(structure);
  if (!extensions || extensions->objects.empty()) {
    return nullptr;
  }
  return std::make_shared<const probe::ObservationExtras>(
      probe::ObservationExtras{.extensions = std::move(*extensions), .header_options = {}});
}

}  // namespace

Observation tcp_reply(const SentSyn& sent, const StampedInstant& arrival) {
  return {.probe = sent.id,
          .kind = ObservationKind::reply,
          .stamp = arrival.source,
          .at = arrival.at,
          .responder = sent.destination};
}

Observation tcp_error(const SentSyn& sent, const QueuedIcmpError& error, const ReadTime& now) {
  const StampedInstant arrival = arrival_of(error.stamp, now, sent.at);
  return {.probe = sent.id,
          .kind = ObservationKind::icmp_error,
          .stamp = arrival.source,
          .at = arrival.at,
          .responder = error.responder,
          .icmp = error.icmp,
          .status = probe::status_of(error.responder.family(), error.icmp),
          .ttl = error.ttl,
          .tos = error.tos,
          .next_hop_mtu = error.next_hop_mtu,
          .extras = extras_of(error.extensions)};
}

bool is_outcome(const QueuedIcmpError& error) noexcept {
  return error.responder.is_v6() || (error.icmp.type != wire::icmpv4::kRedirect &&
                                     error.icmp.type != wire::icmpv4::kSourceQuench);
}

}  // namespace sonde::transport
