#include "app/target_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "app/terminal.hpp"
#include "app/values.hpp"

namespace sonde::app {

namespace {

// 65535, less the IPv4 header with its options, less ICMP's 8; IPv6 counts behind its header.
constexpr std::uint32_t kMostPayloadV4 = 65507;
constexpr std::uint32_t kMostPayloadV6 = 65527;
constexpr Duration kShortestInterval = 2ms;
constexpr Duration kShortestGroupInterval = 1s;
constexpr std::uint32_t kMostPreload = 3;
constexpr unsigned kHostBits = 24;  // of 0.0.0.0/8

// RFC 1122 section 3.2.1.3: "this network".
bool is_zero_block(const net::Address& address) noexcept {
  return address.is_v4() && address.v4_value() >> kHostBits == 0;
}

UsageError no_host(const TargetPolicy& policy, const net::Address& address) {
  std::string message = fmt::format("{} is no host's address (RFC 1122)", address.to_text());
  if (policy.one_host) {
    return {.message = std::move(message), .hint = "for the length of the probes: -s BYTES"};
  }
  return {.message = std::move(message),
          .hint = fmt::format("a number alone is read as an address; a count is -c N{}",
                              slash_is_option() ? ", or /n N" : "")};
}

Refusal refuse_kind(const TargetPolicy& policy, const net::Address& address) {
  if (address.is_v4_mapped()) {
    return UsageError{.message = "this is an IPv4 address written as IPv6 (v4-mapped)",
                      .hint = "give the IPv4 address itself"};
  }
  if (address.is_unspecified()) {
    return UsageError{.message = "no host has the unspecified address",
                      .hint = "for this computer: 127.0.0.1 or ::1"};
  }
  if (is_zero_block(address)) {
    return no_host(policy, address);
  }
  if (address.is_v4() ? !policy.v4 : !policy.v6) {
    return UsageError{.message = fmt::format("this is an IPv{} address, and the run is IPv{} only",
                                             address.is_v4() ? 4 : 6, address.is_v4() ? 6 : 4),
                      .hint = {}};
  }
  if (address.is_v6() && address.is_link_local() && address.zone() == 0 &&
      !policy.interface_named) {
    // RFC 4007 section 6: without a zone it names a host on no link in particular.
    return UsageError{.message = "a link-local address needs its interface",
                      .hint = fmt::format("{}%eth0, or -I eth0", address.to_text())};
  }
  if (policy.one_host && (address.is_multicast() || address.is_broadcast())) {
    return UsageError{.message = "these are many hosts", .hint = "a trace goes to one host"};
  }
  if (address.is_broadcast() && !policy.broadcast) {
    return UsageError{.message = "this is a broadcast address", .hint = "if you mean it, add -b"};
  }
  if (address.is_v6() && policy.header_option_bytes > 0) {
    return UsageError{.message = "IPv6 has no header options", .hint = "-R and -T need IPv4"};
  }
  return std::nullopt;
}

std::string times(std::uint32_t copies) {
  return copies == 1 ? std::string() : fmt::format(" that is given {} times", copies);
}

std::string in_seconds(Duration d) {
  return fmt::format("{}", std::chrono::duration<double>(d).count());
}

// One host, and the copies of it together.
Refusal refuse_interval(const TargetPolicy& policy, std::uint32_t copies) {
  const Duration floor = copies * kShortestInterval;
  if (policy.interval >= floor && (!policy.adaptive || policy.shortest_gap >= floor)) {
    return std::nullopt;
  }
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(floor).count();
  if (copies == 1) {
    return UsageError{.message = "an interval below 2ms is for root, or for loopback targets",
                      .hint = "try -i 2ms"};
  }
  return UsageError{
      .message = fmt::format("an interval below {}ms to one host{} is for root", ms, times(copies)),
      .hint = policy.interval < floor ? fmt::format("try -i {}ms, or give it once", ms)
                                      : "give it once, or leave out -A"};
}

Refusal refuse_preload(const TargetPolicy& policy, std::uint32_t copies) {
  if (policy.preload > kMostPreload) {
    return UsageError{.message = "a preload above 3 is for root, or for loopback targets",
                      .hint = "try -l 3"};
  }
  if (policy.preload > 1 && policy.preload * copies > kMostPreload) {
    return UsageError{
        .message = fmt::format("a preload above 3 to one host{} is for root", times(copies)),
        .hint = "leave out -l, or give it once"};
  }
  return std::nullopt;
}

// With -b any address of IPv4 may be a network's broadcast address: only who is on that network
// knows how long its prefix is.
Refusal refuse_group_speed(const TargetPolicy& policy, const net::Address& address,
                           std::uint32_t copies) {
  const bool sure = address.is_multicast() || address.is_broadcast();
  if (!sure && !(policy.broadcast && address.is_v4())) {
    return std::nullopt;
  }
  if (policy.adaptive) {
    return UsageError{.message = "-A to many hosts at once is for root",
                      .hint = sure
                                  ? "leave out -A"
                                  : "with -b this may be a broadcast address: leave out -A, or -b"};
  }
  const Duration floor = copies * kShortestGroupInterval;
  if (policy.interval >= floor) {
    return std::nullopt;
  }
  const std::string seconds = in_seconds(floor);
  return UsageError{
      .message = fmt::format("an interval below {}s to many hosts at once{} is for root", seconds,
                             times(copies)),
      .hint = fmt::format("{}try -i {}{}", sure ? "" : "with -b this may be a broadcast address: ",
                          seconds, sure ? "" : ", or leave out -b")};
}

Refusal refuse_speed(const TargetPolicy& policy, const net::Address& address,
                     std::uint32_t copies) {
  // A trace's rate is that of all its targets together.
  if (policy.trusted || policy.one_host || address.is_loopback()) {
    return std::nullopt;
  }
  if (policy.flood) {
    return UsageError{.message = "a flood is for root, or for loopback targets",
                      .hint = "-A sends as fast as replies come back, within limits"};
  }
  if (auto refusal = refuse_interval(policy, copies)) {
    return refusal;
  }
  if (auto refusal = refuse_preload(policy, copies)) {
    return refusal;
  }
  return refuse_group_speed(policy, address, copies);
}

}  // namespace

Refusal refuse_payload(std::uint32_t payload_bytes, std::uint32_t header_option_bytes,
                       net::Family family) {
  const bool v4 = family == net::Family::v4;
  const std::uint32_t most = v4 ? kMostPayloadV4 - header_option_bytes : kMostPayloadV6;
  if (payload_bytes <= most) {
    return std::nullopt;
  }
  return UsageError{.message = fmt::format("{} bytes of payload do not fit into an IPv{} packet",
                                           payload_bytes, v4 ? 4 : 6),
                    .hint = fmt::format("the largest is -s {}", most)};
}

std::optional<UsageError> refuse_number(const TargetPolicy& policy, std::string_view text) {
  const auto number = whole_number(text, Hex::yes);
  if (!number || *number >> kHostBits != 0) {
    return std::nullopt;
  }
  return no_host(policy, net::Address::v4(static_cast<std::uint32_t>(*number)));
}

std::uint32_t HostCount::of(const net::Address& address) const {
  const auto at = counts_.find(address);
  return at == counts_.end() ? 0 : at->second;
}

Duration HostCount::adaptive_gap() const {
  Duration gap{};
  for (const auto& [address, copies] : counts_) {
    gap = address.is_loopback() ? gap : std::max(gap, copies * kShortestInterval);
  }
  return gap;
}

std::optional<UsageError> refuse(const TargetPolicy& policy, const net::Address& address,
                                 std::uint32_t copies) {
  if (auto refusal = refuse_kind(policy, address)) {
    return refusal;
  }
  if (auto refusal =
          refuse_payload(policy.payload_bytes, policy.header_option_bytes, address.family())) {
    return refusal;
  }
  return refuse_speed(policy, address, copies);
}

}  // namespace sonde::app
