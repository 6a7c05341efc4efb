#include "app/sweep_policy.hpp"

#include <fmt/format.h>

#include "app/target_policy.hpp"
#include "sonde/net/prefix.hpp"

namespace sonde::app {

namespace {

using net::Address;
using net::AddressRange;
using net::Prefix;

bool meets(const AddressRange& range, std::string_view prefix) noexcept {
  const auto parsed = Prefix::parse(prefix);
  return parsed && range.overlaps(*parsed);
}

Refusal refuse_groups(const SweepPolicy& policy, const AddressRange& range) {
  if (!policy.allowed.multicast && (meets(range, "224.0.0.0/4") || meets(range, "ff00::/8"))) {
    return UsageError{.message = "multicast: many hosts answer to one address",
                      .hint = "if you mean it, add --allow multicast"};
  }
  if (!policy.broadcast && meets(range, "255.255.255.255/32")) {
    return UsageError{.message = "this is the broadcast address", .hint = "if you mean it, add -b"};
  }
  if (!policy.allowed.zero && meets(range, "0.0.0.0/8")) {
    return UsageError{.message = "0.0.0.0/8 is no host's (RFC 1122)",
                      .hint = "if you mean it, add --allow zero"};
  }
  if (meets(range, "::/128")) {
    return UsageError{.message = "no host has the unspecified address",
                      .hint = "for this computer: ::1"};
  }
  if (meets(range, "::ffff:0:0/96")) {
    return UsageError{.message = "this is an IPv4 address written as IPv6 (v4-mapped)",
                      .hint = "give the IPv4 address itself"};
  }
  return std::nullopt;
}

// With -b any address of IPv4 may be a network's broadcast address.
Refusal refuse_group_pace(const SweepPolicy& policy, const AddressRange& range) {
  const bool sure =
      meets(range, "224.0.0.0/4") || meets(range, "ff00::/8") || meets(range, "255.255.255.255/32");
  if (policy.trusted || policy.interval.value_or(1s) >= SweepPolicy::kShortestGroupInterval ||
      !(sure || (policy.broadcast && range.first.is_v4()))) {
    return std::nullopt;
  }
  return UsageError{.message = "an interval below 1s to many hosts at once is for root",
                    .hint = sure ? "try -i 1"
                                 : "with -b this may be a broadcast address: try -i 1, or leave "
                                   "out -b"};
}

Refusal refuse_pace(const SweepPolicy& policy, const AddressRange& range) {
  if (is_loopback(range)) {
    return std::nullopt;
  }
  if (!policy.allowed.fast &&
      policy.rate.per_second.value_or(SweepPolicy::kFast + 1) > SweepPolicy::kFast) {
    return UsageError{
        .message = fmt::format("more than {} probes a second need a permission, except to "
                               "loopback addresses",
                               SweepPolicy::kFast),
        .hint = "if these networks can bear it, add --allow fast"};
  }
  if (!policy.trusted && policy.interval && *policy.interval < SweepPolicy::kShortestInterval) {
    return UsageError{.message = "an interval below 2ms is for root, or for loopback targets",
                      .hint = "try -i 2ms"};
  }
  return refuse_group_pace(policy, range);
}

}  // namespace

bool is_loopback(const AddressRange& range) noexcept {
  return range.first.is_loopback() && range.last().is_loopback();
}

Refusal refuse(const SweepPolicy& policy, const AddressRange& range) {
  const Address& first = range.first;
  if (first.is_v4() ? !policy.v4 : !policy.v6) {
    return UsageError{.message = fmt::format("this is IPv{}, and the run is IPv{} only",
                                             first.is_v4() ? 4 : 6, first.is_v4() ? 6 : 4),
                      .hint = {}};
  }
  if (auto refusal = refuse_groups(policy, range)) {
    return refusal;
  }
  // What fits into a packet is the same for every mode.
  if (auto refusal = refuse_payload(policy.payload_bytes, 0, first.family())) {
    return refusal;
  }
  return refuse_pace(policy, range);
}

Refusal refuse_many(const SweepPolicy& policy, std::uint64_t total) {
  if (total <= SweepPolicy::kMany || policy.allowed.many) {
    return std::nullopt;
  }
  return UsageError{.message = fmt::format(
                        "{} targets: more than {} need a permission, except loopback addresses",
                        total, SweepPolicy::kMany),
                    .hint = "if you may probe all of them, add --allow many"};
}

}  // namespace sonde::app
