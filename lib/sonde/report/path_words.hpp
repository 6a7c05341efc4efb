// path_words.hpp: what a trace's answers say, in traceroute's words and in those of machine output.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sonde/net/address.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/probe/path.hpp"
#include "sonde/report/clean_text.hpp"

namespace sonde::report {

// traceroute's mark behind the time: "!H", "!F-1400", "!<13>"; empty for what is as it should be:
// time exceeded, an echo reply, a UDP destination's port unreachable.
[[nodiscard]] std::string trace_mark(const net::Address& destination,
                                     const probe::Observation& seen);

// How many hops the answer seems to have come, from the TTL that systems start with (64, 128, 255).
[[nodiscard]] std::uint8_t return_hops(net::Ttl received) noexcept;

// "MPLS:L=16010,E=0,S=1,T=1", as traceroute -e; several labels with "/", objects with ";".
// Interface information as "INC:index=3,addr=192.0.2.1,name=eth0,mtu=1500", others as
// "CLASS/TYPE:HEX".
enum class ExtensionDetail : std::uint8_t { labels, all };
[[nodiscard]] std::string extension_text(const wire::IcmpExtensions& extensions,
                                         ExtensionDetail detail, Utf8Terminal utf8);

// Who refuses, and in what words. Our own system says of an address on its own link that nobody has
// it.
[[nodiscard]] std::string refusal_text(const probe::Observation& seen,
                                       const std::optional<net::Address>& source);

[[nodiscard]] std::string_view path_end_name(probe::PathEnd end) noexcept;
[[nodiscard]] std::string_view evidence_name(probe::MtuEvidence evidence) noexcept;
[[nodiscard]] std::string_view role_name(wire::InterfaceRole role) noexcept;
[[nodiscard]] std::string hex_of(Bytes bytes);

}  // namespace sonde::report
