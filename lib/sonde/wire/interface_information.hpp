// interface_information.hpp: the payload of an Interface Information Object (RFC 5837, class 2).
// In:  the c-type, whose bits say which attributes are there, and the bytes behind the object
//      header:   | role (2) | reserved (2) | ifIndex | IP address | name | MTU |
// Out: the attributes. Errors: nullopt for bytes that contradict the c-type (left over, too few, an
//      unknown address family, a name length of 0 or over 64).
// Called by icmp_extensions.cpp only. Pure; allocates only the name.
#pragma once

#include <cstdint>
#include <optional>

#include "sonde/base/bytes.hpp"
#include "sonde/wire/icmp_extensions.hpp"

namespace sonde::wire {

inline constexpr std::uint8_t kClassInterfaceInformation = 2;

[[nodiscard]] std::optional<InterfaceInformation> decode_interface_information(std::uint8_t c_type,
                                                                               Bytes payload);
[[nodiscard]] std::uint8_t interface_c_type(const InterfaceInformation& information) noexcept;
// A name over 63 bytes is cut there, as RFC 5837 section 4.3 asks.
void encode_interface_information(const InterfaceInformation& information, Writer& out) noexcept;

}  // namespace sonde::wire
