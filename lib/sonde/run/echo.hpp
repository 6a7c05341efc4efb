// echo.hpp: one call, one echo request, its answer: the C++ form of IcmpSendEcho.
//   auto replies = sonde::run::echo({.destination = *net::Address::parse("127.0.0.1")});
// An ICMP error is an answer too: a reply whose status is not success and whose responder is the
// router. Nothing in time: no error, an empty list. Replies beyond the first (broadcast,
// duplicates) are collected until the time-out only if `collect_all`.
// Opens a transport, sends, waits, closes; blocks up to the time-out. Errors: transport::Error,
// also for a send that the system refused. Thread-safe: calls share nothing.
#pragma once

#include <cstddef>
#include <expected>
#include <vector>

#include "sonde/base/bytes.hpp"
#include "sonde/base/time.hpp"
#include "sonde/net/address.hpp"
#include "sonde/probe/event.hpp"
#include "sonde/probe/ip_options.hpp"
#include "sonde/probe/status.hpp"
#include "sonde/transport/error.hpp"
#include "sonde/transport/open.hpp"

namespace sonde::run {

struct EchoRequest {
  net::Address destination{};
  Bytes payload{};  // sent as it is, without a token; must not change during the call
  probe::IpOptions ip{};
  Duration timeout = 1s;
  bool collect_all = false;
  std::optional<net::Address> source{};
};

struct EchoReply {
  net::Address responder{};
  probe::Status status = probe::Status::success;
  wire::IcmpType icmp{};
  Duration rtt{};
  probe::RttClock clock = probe::RttClock::steady;
  std::uint32_t bytes = 0;  // ICMP header and payload; 0 for an ICMP error
  probe::IpOptions ip{};    // of the packet that came back: TTL, TOS, header options
  std::optional<net::Mtu> next_hop_mtu{};
};

[[nodiscard]] std::expected<std::vector<EchoReply>, transport::Error> echo(
    const EchoRequest& request);

// Over a transport of the caller's (a simulated network, one kept open for many calls).
[[nodiscard]] std::expected<std::vector<EchoReply>, transport::Error> echo(
    const EchoRequest& request, transport::Transport& transport, const Clock& clock);

}  // namespace sonde::run
