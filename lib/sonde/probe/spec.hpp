// spec.hpp: one probe to be sent, and what became of sending it.
// An engine fills ProbeSpec, a transport answers each with a SendReport.
#pragma once

#include <cstdint>
#include <optional>

#include "sonde/base/bytes.hpp"
#include "sonde/base/time.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/ip_options.hpp"

namespace sonde::probe {

// Who a probe is, for the whole run. `target` is the engine's index; `sequence` is what that engine
// counts (ping: 1, 2, 3 ...), 64 bits: the 16-bit field on the wire wraps, this does not.
struct ProbeId {
  std::uint32_t target = 0;
  std::uint64_t sequence = 0;
  friend constexpr auto operator<=>(const ProbeId&, const ProbeId&) = default;
};

struct ProbeSpec {
  ProbeId id;
  net::Address destination;
  IpOptions ip;
  // Bytes behind the ICMP header. A view: the engine keeps it alive and unchanged as long as it
  // lives, since a reply's payload is compared with it.
  Bytes payload;
  // Overwrite the first 16 bytes (8 if there are fewer) with the probe's token (token.hpp). Off
  // only where the caller owns every byte (the IcmpSendEcho family).
  bool authenticate = true;
  // Trace: which of the run's flows it belongs to. Probes of one flow look alike to load balancers
  // where the transport was opened for that (open_trace.hpp).
  std::uint16_t flow = 0;
  // Compare a reply's payload with `payload`. Off only with `authenticate` off: `payload` need then
  // live only as long as the send call, and a reply brings its own along (ObservationExtras).
  bool compare = true;
  // How long the engine waits for an answer. A backend that can hold only so many probes at a time
  // may forget one then; 0: it decides for itself.
  Duration timeout{};
};

enum class SendFailure : std::uint8_t {
  no_buffer,    // ENOBUFS, EAGAIN, ENOMEM: transient, try the next slot
  too_big,      // EMSGSIZE: larger than the path MTU or the protocol's limit
  unreachable,  // ENETUNREACH, EHOSTUNREACH, ENETDOWN ...: no route, interface down
  prohibited,   // EPERM, EACCES: a local firewall, a broadcast address without permission
  untold,       // it left, but no answer can be told to be its own: it has to go out again
  other,
};

struct SendError {
  SendFailure failure = SendFailure::other;
  int os_code = 0;                // errno or the Win32 error
  std::optional<net::Mtu> mtu{};  // too_big: the limit, where the system says it
};

struct SendReport {
  ProbeId id;
  Instant at;  // just before the system call that sent it
  std::optional<SendError> error{};
};

}  // namespace sonde::probe
