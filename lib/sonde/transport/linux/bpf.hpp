// bpf.hpp: which packets a raw ICMP socket gets to see at all.
// Every raw ICMP socket of a host receives every ICMP packet of the host; the filter keeps a busy
// host from waking us (RELIABILITY.md 5.3): echo replies with our identifier, and ICMP errors that
// quote an echo request with our identifier. IPv4 headers of any length, outer and quoted.
// In: the identifier. Out: a classic BPF program (the kernel's
// Documentation/networking/filter.rst); data starts at the IP header for IPv4, at the ICMPv6 header
// for IPv6. Loads beyond the end of the packet reject it. Pure. Attaching: socket_filter.hpp.
#pragma once

#include <linux/filter.h>

#include <vector>

#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"

namespace sonde::transport {

using FilterProgram = std::vector<sock_filter>;

[[nodiscard]] FilterProgram echo_filter(net::Family family, net::IcmpIdent ident);
[[nodiscard]] FilterProgram reject_all_filter();

}  // namespace sonde::transport
