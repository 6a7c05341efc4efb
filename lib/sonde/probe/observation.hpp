// observation.hpp: one thing a transport saw that belongs to one of our probes.
// The transport has already matched it (token.hpp) and decoded it; strangers' packets never get
// here, they are counted in RejectCounts.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "sonde/base/time.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/ip_options.hpp"
#include "sonde/probe/spec.hpp"
#include "sonde/probe/status.hpp"
#include "sonde/wire/icmp_extensions.hpp"
#include "sonde/wire/icmp_message.hpp"

namespace sonde::probe {

enum class ObservationKind : std::uint8_t {
  reply,        // an echo reply
  icmp_error,   // somebody refused or dropped the probe and said so
  transmitted,  // the probe's transmit stamp: replaces SendReport::at; with `device`, adds to it
  send_error,   // the system reported a local error for it after the send call
};

// Who took a stamp.
enum class StampSource : std::uint8_t { user, kernel, hardware, api };

// The first payload byte that is not what was sent.
struct Corruption {
  std::uint32_t offset = 0;                // bytes from the start of the payload
  std::optional<std::uint8_t> expected{};  // nullopt: nothing was sent there
  std::uint8_t actual = 0;
};

// What the quoted datagram says of our probe's header when it reached the responder.
struct QuotedHeader {
  net::Ttl ttl;
  net::Tos tos;
  // Source address, ports or transport checksum are not what we sent: NAT (RFC 3022). False proves
  // nothing: many put back into the quote all that they changed.
  bool rewritten = false;
};

// What few packets carry; allocated only for those.
struct ObservationExtras {
  wire::IcmpExtensions extensions;   // of an ICMP error
  HeaderOptions header_options;      // of a reply: record route, time stamps
  std::vector<std::byte> payload{};  // of a reply whose payload is not what was remembered
};

struct Observation {
  ProbeId probe;
  ObservationKind kind = ObservationKind::reply;
  StampSource stamp = StampSource::user;
  Instant at{};              // received, or left (transmitted)
  DeviceTime device{};       // the same by the interface's clock; zero: it gave no stamp
  net::Address responder{};  // reply, icmp_error
  wire::IcmpType icmp{};     // reply, icmp_error
  Status status = Status::success;
  std::uint32_t bytes = 0;        // reply: ICMP header and payload; 0: a TCP segment
  std::optional<net::Ttl> ttl{};  // of the packet that came back
  std::optional<net::Tos> tos{};
  std::optional<net::Mtu> next_hop_mtu{};
  std::optional<QuotedHeader> quoted{};
  std::optional<Corruption> corruption{};
  bool truncated = false;                 // reply: shorter than what was sent, and the rest fits
  bool dont_fragment = false;             // DF of the packet that came back; false where not shown
  bool verified = true;                   // the token matched; false: too few bytes for one
  std::optional<std::uint16_t> api_ms{};  // the round trip as the system's call says it
  std::optional<SendError> send_error{};
  std::shared_ptr<const ObservationExtras> extras{};  // null: none
};

// Packets that were not an honest answer, by cause (RELIABILITY.md 5.2).
enum class Reject : std::uint8_t {
  malformed,  // could not be decoded, or is longer than any honest answer
  checksum,   // ICMP checksum wrong
  stranger,   // another program's identifier or an unknown sequence
  source,     // right probe, but from an address that was not asked
  token,      // right identifier and sequence, wrong token: forged or corrupted
  quote,      // an ICMP error whose quoted datagram is not a probe of ours
};
inline constexpr std::size_t kRejectCauses = 6;
struct RejectCounts {
  std::array<std::uint64_t, kRejectCauses> by_cause{};
  constexpr void add(Reject cause) noexcept { ++by_cause[static_cast<std::size_t>(cause)]; }
  [[nodiscard]] constexpr std::uint64_t of(Reject cause) const noexcept {
    return by_cause[static_cast<std::size_t>(cause)];
  }
};
[[nodiscard]] constexpr std::string_view reject_name(Reject cause) noexcept {
  constexpr std::array<std::string_view, kRejectCauses> kNames{"malformed", "checksum", "stranger",
                                                               "source",    "token",    "quote"};
  return kNames[static_cast<std::size_t>(cause)];
}

}  // namespace sonde::probe
