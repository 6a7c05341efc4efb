// sim_datagram.hpp: the header fields of any IP packet that the simulated path needs, and changes
// to them with every checksum kept right. Pure; throws nothing; nullopt for what is no IP packet.
#pragma once

#include <cstdint>
#include <optional>

#include "tests/support/sim_packet.hpp"

namespace sonde::test {

struct Datagram {
  IpFields ip;
  net::IpProtocol protocol;
  Bytes payload;  // of the IP packet
};

[[nodiscard]] std::optional<Datagram> parse_datagram(Bytes packet);

// What a load balancer by flow looks at.
[[nodiscard]] std::uint64_t flow_hash(const Datagram& datagram, std::uint64_t seed);

[[nodiscard]] PacketBytes with_source(Bytes packet, const net::Address& source);
[[nodiscard]] PacketBytes with_tos(Bytes packet, net::Tos tos);

// A closed TCP port's answer to a SYN.
[[nodiscard]] PacketBytes tcp_reset(const Datagram& syn, const IpFields& ip);

}  // namespace sonde::test
