// open.hpp: the best backend that our rights allow, for one run.
// Ladder for ICMP echo on POSIX: datagram ICMP socket, then raw socket; `ladder` in Opened tells
// each rung that was tried and why it was refused, for -v and for the error text.
// Everything that needs a privilege happens here, before any name or received byte is parsed; the
// caller drops privileges right after (RELIABILITY.md 5.1).
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sonde/base/clock.hpp"
#include "sonde/base/random.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/recent_sends.hpp"
#include "sonde/transport/error.hpp"
#include "sonde/transport/transport.hpp"

namespace sonde::transport {

enum class Backend : std::uint8_t { automatic, raw, dgram };

// What the socket does with path MTU discovery (ip(7), IP_MTU_DISCOVER), for all its probes.
enum class PathMtu : std::uint8_t {
  dont,   // never DF (default); IpOptions::dont_fragment turns it on probe by probe
  want,   // DF while the path allows it, fragment locally
  do_df,  // always DF, refuse what is larger than the known path MTU
  probe,  // always DF, ignore the known path MTU
};

struct OpenOptions {
  Backend backend = Backend::automatic;
  bool v4 = true;  // families that may be needed
  bool v6 = true;
  std::optional<net::Address> source{};  // bind to it
  std::string interface{};               // SO_BINDTODEVICE / IP_UNICAST_IF; empty: none
  std::optional<std::uint32_t> mark{};   // SO_MARK
  std::optional<net::FlowLabel> flow_label{};
  std::optional<net::IcmpIdent> ident{};  // absent: random (raw) or the kernel's (datagram)
  PathMtu path_mtu = PathMtu::dont;
  bool broadcast = false;  // SO_BROADCAST
  bool multicast_loop = true;
  bool bypass_routing = false;  // SO_DONTROUTE
  // Nothing but 127.0.0.0/8 is sent to, to many addresses: a datagram socket is then connected to
  // 127.0.0.1, and numbers its packets itself, which saves Linux a table of numbers by address.
  bool only_loopback = false;
  bool received_header = true;  // datagram: ask the kernel for TTL and TOS of what comes in
  bool receive_stamps = true;   // ask the kernel when each packet came
  bool transmit_stamps = true;  // and when each probe left; needs the former
  bool device_stamps = false;   // and ask the interface for both, on its own clock; needs both
  // How many sends are known again at most: a power of two, RecentSends::kInitial or more.
  std::size_t remembered_sends = probe::RecentSends::kMax;
  Duration reply_window = 10s;  // Windows: how long the system listens for a probe's reply
  // How much the packets of one socket and what the kernel keeps with each may take: in all until
  // they have left the computer, and what came until it is read. 0: the system's default.
  std::size_t send_buffer_bytes = 0;
  std::size_t receive_buffer_bytes = 0;
};

struct Opened {
  std::unique_ptr<Transport> transport;
  std::vector<std::string> ladder;  // "datagram ICMP socket: Permission denied", ...
};

// `clock` and `rng` outlive the transport. Errors: permission (with all ways out in the hint),
// unsupported, bad_source, system. One family missing on this system is an error only if it is the
// only one asked for.
[[nodiscard]] std::expected<Opened, Error> open_icmp(const OpenOptions& options, const Clock& clock,
                                                     Rng& rng);

}  // namespace sonde::transport
