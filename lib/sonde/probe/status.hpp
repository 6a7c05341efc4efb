// status.hpp: how a probe ended, under the numbers of IP_STATUS (ipexport.h), and how ICMP types
// and codes map to them. IP_STATUS is lossy: Observation keeps the ICMP type and code beside it.
// Source of the numbers: Microsoft's ipexport.h; of the mapping: ICMPAPI.md, A.8. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "sonde/net/address.hpp"
#include "sonde/wire/icmp_message.hpp"

namespace sonde::probe {

enum class Status : std::uint32_t {
  success = 0,
  buffer_too_small = 11001,
  destination_net_unreachable = 11002,       // IPv6: no route to destination
  destination_host_unreachable = 11003,      // IPv6: address unreachable
  destination_protocol_unreachable = 11004,  // IPv6: administratively prohibited
  destination_port_unreachable = 11005,
  no_resources = 11006,
  bad_option = 11007,
  hardware_error = 11008,
  packet_too_big = 11009,
  request_timed_out = 11010,
  bad_request = 11011,
  bad_route = 11012,
  ttl_expired_in_transit = 11013,
  ttl_expired_in_reassembly = 11014,
  parameter_problem = 11015,
  source_quench = 11016,
  option_too_big = 11017,
  bad_destination = 11018,
  destination_unreachable = 11040,
  time_exceeded = 11041,
  bad_header = 11042,
  unrecognized_next_header = 11043,
  icmp_error = 11044,
  destination_scope_mismatch = 11045,
  general_failure = 11050,
  pending = 11255,
};

// Echo replies give success. An ICMP type that is no error and no echo reply: general_failure.
[[nodiscard]] Status status_of(net::Family family, wire::IcmpType icmp) noexcept;

// RFC names in lower-case with dashes, for machine output: "echo-reply", "host-unreachable",
// "time-exceeded-in-transit"; "type-T-code-C" has no static name: empty, the caller writes it.
[[nodiscard]] std::string_view icmp_name(net::Family family, wire::IcmpType icmp) noexcept;

// Plain words for those that the local system reports; empty: it has none here.
[[nodiscard]] std::string_view status_words(Status status) noexcept;

}  // namespace sonde::probe
