// target_policy.hpp: which addresses a run may be aimed at. Asked for addresses as typed (a usage
// error) and again for what a name turned out to be (an error of that target). Pure.
// Source of the limits: RELIABILITY.md 5.8, and ping's own for -l, -b.
#pragma once

#include <cstdint>
#include <map>
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
  bool adaptive = false;  // -A: answers make it faster than the interval, down to `shortest_gap`
  Duration shortest_gap{};
  std::uint32_t preload = 1;
  bool broadcast = false;        // -b
  bool one_host = false;         // trace: neither multicast nor broadcast, whatever is allowed
  bool interface_named = false;  // -I: link-local addresses need no zone
  std::uint32_t payload_bytes = 0;
  std::uint32_t header_option_bytes = 0;  // IPv4 only
};

// How many of a run's targets are one host: the limits of speed are a host's, not a target's.
class HostCount {
 public:
  // How often it is there now.
  std::uint32_t add(const net::Address& address) { return ++counts_[address]; }
  [[nodiscard]] std::uint32_t of(const net::Address& address) const;
  // The longest time that adaptive targets have to leave between two probes, of those counted; none
  // for loopback.
  [[nodiscard]] Duration adaptive_gap() const;

 private:
  std::map<net::Address, std::uint32_t> counts_;
};

// Why not; nullopt: fine. `copies`: the targets that are this host, with this one.
[[nodiscard]] std::optional<UsageError> refuse(const TargetPolicy& policy,
                                               const net::Address& address,
                                               std::uint32_t copies = 1);

// Text that is no address as we read it, and one to every resolver: "4" and "0x4" are 0.0.0.4
// (inet_aton). Whoever types it means a count, or a length ("traceroute HOST 60").
[[nodiscard]] std::optional<UsageError> refuse_number(const TargetPolicy& policy,
                                                      std::string_view text);

// Does the payload fit into a packet? `header_option_bytes`: IPv4 only.
[[nodiscard]] std::optional<UsageError> refuse_payload(std::uint32_t payload_bytes,
                                                       std::uint32_t header_option_bytes,
                                                       net::Family family);

}  // namespace sonde::app
