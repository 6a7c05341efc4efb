// bpf_tcp.hpp: which packets the raw sockets of a TCP trace get to see (bpf.hpp says why).
// segment_filter(): SYN-ACKs and RSTs from the probed port to one of our source ports.
// syn_error_filter(): ICMP errors that quote a TCP header with the probed port or one of ours (an
// address translator may have changed either). IPv4 headers of any length, outer and quoted. Pure.
#pragma once

#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/transport/linux/bpf.hpp"

namespace sonde::transport {

// Our source ports, both ends included; what is probed.
struct TcpPortRange {
  net::Port first;
  net::Port last;
  net::Port destination;
};

[[nodiscard]] FilterProgram segment_filter(net::Family family, const TcpPortRange& ports);
[[nodiscard]] FilterProgram syn_error_filter(net::Family family, const TcpPortRange& ports);

}  // namespace sonde::transport
