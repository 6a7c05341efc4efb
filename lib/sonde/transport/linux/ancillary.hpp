// ancillary.hpp: what the control messages of one received packet say.
// In: the control buffer. Out: stamp (SO_TIMESTAMPING), TTL, TOS, IPv4 header options, and for a
// message of the error queue the extended error with its offender (ip(7), IP_RECVERR).
// Unknown messages are skipped. Pure but for the constants; no allocation. Fuzzed by
// tests/fuzz/error_queue_linux.cpp.
#pragma once

#include <cstdint>
#include <optional>

#include "sonde/base/bytes.hpp"
#include "sonde/base/time.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/wire/icmp_message.hpp"

namespace sonde::transport {

enum class ErrorOrigin : std::uint8_t { local, icmp, transmit_stamp, other };

// struct sock_extended_err, in words.
struct QueuedError {
  ErrorOrigin origin = ErrorOrigin::other;
  int os_code = 0;
  wire::IcmpType icmp;                   // origin icmp
  std::uint32_t info = 0;                // an MTU, or the pointer of a parameter problem
  std::uint32_t data = 0;                // transmit_stamp: the key
  std::size_t extensions_at = 0;         // origin icmp: offset in the data; 0: not known
  std::optional<net::Address> offender;  // who sent the ICMP error
  friend bool operator==(const QueuedError&, const QueuedError&) = default;
};

struct Ancillary {
  std::optional<WallTime> stamp;
  DeviceTime device_stamp{};  // the interface's own; zero: none
  std::optional<net::Ttl> ttl;
  std::optional<net::Tos> tos;
  Bytes header_options;
  std::optional<QueuedError> error;
};

// Into an object that is used for packet after packet: nothing of it is left.
[[gnu::hot]] void parse_ancillary(Bytes control, Ancillary& out) noexcept;

}  // namespace sonde::transport
