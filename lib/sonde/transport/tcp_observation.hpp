// tcp_observation.hpp: what an answer to a SYN says, as an Observation.
// A SYN-ACK or a RST is a reply, whoever told us; an ICMP error is one. Pure; allocates only for
// extensions.
#pragma once

#include <cstdint>

#include "sonde/base/time.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/probe/spec.hpp"
#include "sonde/transport/interpret.hpp"
#include "sonde/transport/rx_time.hpp"

namespace sonde::transport {

// A SYN that went out.
struct SentSyn {
  probe::ProbeId id;
  net::Address destination;
  Instant at{};
  // Of raw sockets, to know what the network rewrote.
  net::Address source{};
  net::Port source_port{};
  std::uint16_t checksum = 0;
};

[[nodiscard]] probe::Observation tcp_reply(const SentSyn& sent, const StampedInstant& arrival);
[[nodiscard]] probe::Observation tcp_error(const SentSyn& sent, const QueuedIcmpError& error,
                                           const ReadTime& now);

// A redirect or a source quench ends no probe (interpret.hpp).
[[nodiscard]] bool is_outcome(const QueuedIcmpError& error) noexcept;

}  // namespace sonde::transport
