// packet_network.hpp: what the simulated networks have in common: one IP packet in, those that come
// back out, each with the instant of its arrival, earliest first. No clock, no I/O: they stand
// behind virtual time (sim_transport) as well as behind a TUN device (tests/netns).
#pragma once

#include <vector>

#include "sonde/base/bytes.hpp"
#include "sonde/base/time.hpp"
#include "tests/support/sim_packet.hpp"

namespace sonde::test {

struct Delivery {
  Instant at;
  PacketBytes packet;
};

class PacketNetwork {
 public:
  virtual ~PacketNetwork() = default;
  [[nodiscard]] virtual std::vector<Delivery> inject(Bytes packet, Instant now) = 0;
};

}  // namespace sonde::test
