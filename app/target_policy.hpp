// target_policy.hpp: which addresses a run may be aimed at. Asked for addresses as typed (a usage
// error) and again for what a name turned out to be (an error of that target). Pure.
// Source of the limits: RELIABILITY.md 5.8, and ping's own for -l, -b.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "app/usage_error.hpp"
#include "sonde/base/time.hpp"
#include "sonde/net/address.hpp"

namespace sonde::app {

struct TargetPolicy {
  bool v4 = true;  // families that can be sent to
  bool v6 = true;
  bool trusted = false;  // root: no limits of speed
  bool flood = false;    // -f without an interval of its own
  Duration interval = 1s;
  std::uint32_t preload = 1;
  bool broadcast = false;        // -b
  bool one_host = false;         // trace: neither multicast nor broadcast, whatever is allowed
  bool interface_named = false;  // -I: link-local addresses need no zone
  std::uint32_t payload_bytes = 0;
  std::uint32_t header_option_bytes = 0;  // IPv4 only
};

// Why not; nullopt: fine.
[[nodiscard]] std::optional<UsageError> refuse(const TargetPolicy& policy,
                                               const net::Address& address);

// Text that is no address as we read it, and one to every resolver: "4" and "0x4" are 0.0.0.4
// (inet_aton). Whoever types it means a count, or a length ("traceroute HOST 60").
[[nodiscard]] std::optional<UsageError> refuse_number(const TargetPolicy& policy,
                                                      std::string_view text);

// Does the payload fit into a packet? `header_option_bytes`: IPv4 only.
[[nodiscard]] std::optional<UsageError> refuse_payload(std::uint32_t payload_bytes,
                                                       std::uint32_t header_option_bytes,
                                                       net::Family family);

}  // namespace sonde::app
