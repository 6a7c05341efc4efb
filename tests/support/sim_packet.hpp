// sim_packet.hpp: whole IP packets that carry ICMP, taken apart and put together, for the simulated
// network. Both families; every checksum is made right, and can then be made wrong on purpose.
// parse_echo(): errors as the wire codecs say; bad_checksum too, for both families.
// Pure; each packet is a vector of its own.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include "sonde/base/bytes.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/wire/decode_error.hpp"
#include "sonde/wire/icmp_extensions.hpp"
#include "sonde/wire/icmp_message.hpp"

namespace sonde::test {

using PacketBytes = std::vector<std::byte>;

struct IpFields {
  net::Address source;
  net::Address destination;
  net::Ttl ttl{64};
  net::Tos tos{};
  bool dont_fragment = false;
  PacketBytes header_options{};  // IPv4, padded to 4 bytes
  std::uint32_t flow_label = 0;  // IPv6
};

struct EchoPacket {
  IpFields ip;
  wire::IcmpType icmp;
  net::IcmpIdent ident;
  net::IcmpSeq seq;
  PacketBytes payload;
};

// Where extensions stand in an error (RFC 4884).
enum class QuoteLayout : std::uint8_t {
  compliant,   // behind 128 bytes of the original datagram, padded to that; the length says so
  long_quote,  // behind as much of it as there is
  no_length,   // behind 128 bytes, but the length attribute is 0: before RFC 4884 (section 5.5)
};

struct ErrorPacket {
  IpFields ip;
  wire::IcmpType icmp;
  std::uint32_t info = 0;  // next-hop MTU or pointer; 0: neither
  PacketBytes quoted{};    // the original datagram, as much as the responder quotes
  wire::IcmpExtensions extensions{};
  QuoteLayout layout = QuoteLayout::compliant;
};

// The echo types of a family.
[[nodiscard]] wire::IcmpType echo_request_of(net::Family family) noexcept;
[[nodiscard]] wire::IcmpType echo_reply_of(net::Family family) noexcept;

// An echo request or reply; anything else is `unsupported`.
[[nodiscard]] std::expected<EchoPacket, wire::DecodeError> parse_echo(Bytes ip_packet);

// The reply to a request of a host that has nothing to hide.
[[nodiscard]] EchoPacket reply_to(const EchoPacket& request);

[[nodiscard]] PacketBytes encode(const EchoPacket& echo);
[[nodiscard]] PacketBytes encode(const ErrorPacket& error);

// An IP packet with any ICMP message; the checksum in bytes 2 and 3 is filled in if there are any.
[[nodiscard]] PacketBytes encode_icmp(const IpFields& ip, PacketBytes icmp);

// The same with another protocol's message, whose checksum is right already.
[[nodiscard]] PacketBytes encode_ip(const IpFields& ip, net::IpProtocol protocol, Bytes message);

// Where the ICMP message of a packet made here begins.
[[nodiscard]] std::size_t icmp_offset(Bytes ip_packet) noexcept;
// Makes the ICMP checksum wrong.
void spoil_checksum(PacketBytes& ip_packet);
// Keeps only so many bytes of the ICMP message; the IP header says so.
[[nodiscard]] PacketBytes cut_icmp(const PacketBytes& ip_packet, std::size_t icmp_bytes);
// The packet as it left its TTL-th router: another TTL, and the IPv4 checksum that belongs to it.
[[nodiscard]] PacketBytes with_ttl(Bytes ip_packet, net::Ttl ttl);

}  // namespace sonde::test
