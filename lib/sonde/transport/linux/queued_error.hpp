// queued_error.hpp: an ICMP error as the error queue of a socket tells it (ip(7), IP_RECVERR).
// In:  one message that was read from the queue, with its control messages taken apart.
// Out: the error with its quote from the probe's transport header on (UDP: its payload), and its
//      extensions (RFC 4884) cut from it. nullopt: not about an address of ours, or without an
//      offender.
// Views point into the entry's data. Pure; no allocation. Fuzzed by
// tests/fuzz/error_queue_linux.cpp.
#pragma once

#include <optional>

#include "sonde/net/address.hpp"
#include "sonde/transport/interpret.hpp"
#include "sonde/transport/linux/ancillary.hpp"
#include "sonde/transport/linux/receive_batch.hpp"

namespace sonde::transport {

// As a ReceiveBatch has it.
struct QueuedEntry {
  Bytes name;                // sockaddr: where the probe went
  Bytes data_with_headroom;  // ReceiveBatch::kHeadroom zeros, then what is quoted of the probe
  const Ancillary& ancillary;
};
// `cut`: bytes of the quoted transport header that the kernel cuts off with the IP header.
[[nodiscard]] std::optional<QueuedIcmpError> queued_icmp_error(const QueuedEntry& entry,
                                                               net::Family family,
                                                               std::size_t cut = 0);

}  // namespace sonde::transport
