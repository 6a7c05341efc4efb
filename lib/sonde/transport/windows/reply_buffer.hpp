// reply_buffer.hpp: what IcmpSendEcho2 and Icmp6SendEcho2 write for their caller, taken apart.
// In:  the buffer of a completed call, which prepare_reply() had made ready.
// Out: the answers in it; or the one status that says why there is none.
// IPv4: ICMP_ECHO_REPLY structures with pointers into the buffer; those that point elsewhere are
// taken for empty. IPv6: one ICMPV6_ECHO_REPLY with its address packed to 26 bytes, the payload
// behind it, no length: as many bytes as were sent. Sizes and offsets: ICMPAPI.md, A.2. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sonde/base/bytes.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/status.hpp"
#include "sonde/wire/icmp_message.hpp"

namespace sonde::transport {

struct EchoAnswer {
  net::Address responder{};
  probe::Status status = probe::Status::success;
  std::uint32_t rtt_ms = 0;  // whole milliseconds, rounded down
  Bytes payload{};           // of an echo reply
  std::optional<net::Ttl> ttl{};
  std::optional<net::Tos> tos{};
  Bytes header_options{};
};

// What stands in the status until the system has written one.
inline constexpr std::uint32_t kUntouched = 0xffffffff;

// Room for one reply to this payload, an ICMP error and the system's own status block.
[[nodiscard]] std::size_t reply_room(net::Family family, std::size_t payload) noexcept;
void prepare_reply(net::Family family, MutableBytes reply) noexcept;
// The first structure's status as a number; kUntouched: nothing was written.
[[nodiscard]] std::uint32_t raw_status(net::Family family, Bytes reply) noexcept;

// `count`: what IcmpParseReplies said; at most as many as fit.
[[nodiscard]] std::vector<EchoAnswer> read_v4(Bytes reply, std::uint32_t count);
// `sent`: bytes of payload that went out.
[[nodiscard]] EchoAnswer read_v6(Bytes reply, std::size_t sent) noexcept;

// Did somebody send us this (an echo reply, an ICMP error), or is it a word of the local system?
[[nodiscard]] bool came_from_network(net::Family family, probe::Status status) noexcept;
// The ICMP type and code that a status stands for: of several, the plainest. Local ones: nullopt.
[[nodiscard]] std::optional<wire::IcmpType> icmp_type_of(net::Family family,
                                                         probe::Status status) noexcept;

}  // namespace sonde::transport
