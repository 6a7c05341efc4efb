// bpf_errors.hpp: a filter for ICMP errors that quote a packet of a protocol (bpf.hpp says why).
// `accept` continues the program where the quoted transport header is at X + the offset that it is
// given. IPv4 headers of any length, outer and quoted; later fragments, which quote no transport
// header, are kept out. IPv6 extension headers are rare and left to the decoder. Pure.
#pragma once

#include <functional>

#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/transport/linux/bpf.hpp"
#include "sonde/transport/linux/bpf_assembler.hpp"

namespace sonde::transport {

using AcceptQuoted = std::function<void(BpfAssembler& program, std::uint32_t at)>;

[[nodiscard]] FilterProgram quoted_error_filter(net::Family family, net::IpProtocol protocol,
                                                const AcceptQuoted& accept);

// Of UDP packets that left from this port.
[[nodiscard]] FilterProgram udp_error_filter(net::Family family, net::Port source);

}  // namespace sonde::transport
