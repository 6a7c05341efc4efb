#include "sonde/report/path_notes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <ranges>
#include <set>
#include <utility>
#include <vector>

#include "sonde/probe/status.hpp"
#include "sonde/report/failure_text.hpp"
#include "sonde/report/path_flow_notes.hpp"
#include "sonde/report/path_words.hpp"

namespace sonde::report {
namespace {

using Hops = std::span<const stats::Hop>;

[[nodiscard]] bool answered(const stats::Hop& hop) noexcept {
  return std::ranges::any_of(hop.probes, &stats::HopProbe::answered);
}

// The silent hops at the end, and the one before them.
[[nodiscard]] std::string silence(Hops hops) {
  const auto silent = std::ranges::find_if(std::views::reverse(hops), answered).base();
  const auto behind = silent == hops.begin()
                          ? std::string()
                          : fmt::format(" behind hop {}", (silent - 1)->ttl.value);
  const auto count = hops.end() - silent;
  return count == 1 ? fmt::format("1 hop is silent{}", behind)
                    : fmt::format("{} hops in a row are silent{}", count, behind);
}

// Why our own system sent nothing.
[[nodiscard]] std::string unsent(Hops hops) {
  for (const stats::Hop& hop : hops) {
    const auto probe = std::ranges::find_if(hop.probes, [](const stats::HopProbe& p) {
      return p.last.kind == probe::EventKind::send_failed && p.last.send_error;
    });
    if (probe != hop.probes.end()) {
      return ": " + send_error_text(probe->last.send_error.value_or(probe::SendError{}));
    }
  }
  return {};
}

// A router asks its link for three seconds before it says that nobody has an address (RFC 4861
// section 10; Linux' ARP does the same): a trace believes in silence before that.
[[nodiscard]] Duration longest_wait(Hops hops) {
  Duration longest{};
  for (const stats::Hop& hop : hops) {
    for (const stats::HopProbe& probe : hop.probes) {
      const bool given_up = probe.last.kind == probe::EventKind::timeout;
      longest = given_up ? std::max(longest, probe.last.at - probe.last.sent_at) : longest;
    }
  }
  return longest;
}
// No connect() probe waits so long.
[[nodiscard]] std::string neighbour_hint(const stats::PathStats& path,
                                         const stats::RunOptions& options) {
  constexpr Duration kNeighbour = 3s;
  const Duration longest = longest_wait(path.hops());
  const bool connects = options.protocol == "tcp" && options.trace && !options.trace->constant_flow;
  const bool too_soon = longest > Duration::zero() && longest < kNeighbour && !connects;
  return path.end() == probe::PathEnd::gap && std::ranges::any_of(path.hops(), answered) && too_soon
             ? "a host that is down looks the same: its router says so after 3 s, and -W 4 waits "
               "for that\n"
             : "";
}

[[nodiscard]] std::string refusal(Hops hops, const std::optional<net::Address>& source) {
  const auto no = [](const stats::HopProbe& probe) {
    return probe.answered() && stats::refuses(probe.last.observation);
  };
  for (const stats::Hop& hop : std::views::reverse(hops)) {
    const auto probe = std::ranges::find_if(hop.probes, no);
    if (probe != hop.probes.end()) {
      return refusal_text(probe->last.observation, source);
    }
  }
  return "it cannot be sent to" + unsent(hops);
}

[[nodiscard]] std::string loop_text(Hops hops) {
  std::vector<std::string> members;
  for (const stats::Hop& hop : std::views::reverse(hops)) {
    const auto probe = std::ranges::find_if(hop.probes, &stats::HopProbe::answered);
    if (probe == hop.probes.end()) {
      continue;
    }
    std::string address = probe->last.observation.responder.to_text();
    if (std::ranges::find(members, address) != members.end()) {
      break;
    }
    members.insert(members.begin(), std::move(address));
  }
  return fmt::format("a loop: {}, again and again", fmt::join(members, ", "));
}

[[nodiscard]] std::string why_not(const stats::PathStats& path,
                                  const std::optional<net::Address>& source) {
  const Hops hops = path.hops();
  const auto end = path.end();
  if (!end) {
    return "the trace was ended before";
  }
  switch (*end) {
    case probe::PathEnd::gap:
      return silence(hops);
    case probe::PathEnd::unreachable:
      return refusal(hops, source);
    case probe::PathEnd::loop:
      return loop_text(hops);
    case probe::PathEnd::max_ttl:
    case probe::PathEnd::reached:
    case probe::PathEnd::silent:  // this and the next only of a flow
    case probe::PathEnd::rationed:
      break;
  }
  const unsigned last = hops.empty() ? 0U : hops.back().ttl.value;
  const std::string_view plural = last == 1 ? "" : "s";
  // Only an answer from the last hop shows that the way goes on there.
  return !hops.empty() && answered(hops.back())
             ? fmt::format("it is more than {} hop{} away", last, plural)
             : fmt::format("it does not answer within {} hop{}", last, plural);
}

[[nodiscard]] std::string_view why_this_mtu(probe::MtuEvidence evidence) noexcept {
  switch (evidence) {
    case probe::MtuEvidence::passed:
      return "such packets get through";
    case probe::MtuEvidence::reported:
      return "a router says so";
    case probe::MtuEvidence::plateau:
      return "a router refuses larger ones";
    case probe::MtuEvidence::searched:
      break;
  }
  return "larger packets vanish without a word";
}

// A hop whose MTU the search could not tell: it answers small packets, but not often enough.
[[nodiscard]] std::string no_mtu_note(const stats::PathStats& path) {
  const stats::Hop* const unknown = path.mtu_unknown_at();
  const stats::Hop* const narrowest = path.narrowest();
  if (unknown == nullptr || !path.end()) {
    return {};
  }
  const std::string most = narrowest == nullptr || !narrowest->mtu
                               ? ""
                               : fmt::format(", at most {}", narrowest->mtu->mtu.value);
  return fmt::format("path MTU unknown{}: hop {} answers too seldom to tell\n", most,
                     unknown->ttl.value);
}

[[nodiscard]] std::string mtu_note(const stats::TargetResult& result, const stats::PathStats& path,
                                   const stats::RunOptions& options) {
  const stats::Hop* const hop = path.narrowest();
  const auto mtu = path.mtu();
  if (hop == nullptr || !mtu) {
    return no_mtu_note(path);
  }
  const stats::HopProbe* const farthest = farthest_of(path, path.mtu_flow());
  if (farthest != nullptr &&
      !probe::arrived(result.target.address.value_or(net::Address()), farthest->last.observation)) {
    return fmt::format("path MTU {} as far as hop {}, at most that behind it: {}\n", mtu->mtu.value,
                       farthest->step().ttl.value, why_this_mtu(mtu->evidence));
  }
  const bool whole = mtu->evidence == probe::MtuEvidence::passed;
  if (none_larger_tried(*mtu, result, options)) {
    return fmt::format("path MTU {} at least: such packets get through, none larger was tried\n",
                       mtu->mtu.value);
  }
  return fmt::format("path MTU {}{}: {}\n", mtu->mtu.value,
                     whole ? "" : fmt::format(", from hop {} on", hop->ttl.value),
                     why_this_mtu(mtu->evidence));
}

[[nodiscard]] std::string tos_text(net::Tos tos) {
  return fmt::format("0x{:02x} (DSCP {}, ECN {})", tos.value, net::dscp_of(tos), net::ecn_of(tos));
}

// What the answers quote, from hop to hop.
struct QuotedAt {
  net::Ttl ttl;
  probe::QuotedHeader header;
};
void add_quotes(const stats::Hop& hop, std::vector<QuotedAt>& all) {
  for (const stats::HopProbe& probe : hop.probes) {
    const std::optional<probe::QuotedHeader>& quoted = probe.last.observation.quoted;
    if (probe.answered() && quoted) {
      all.push_back({.ttl = hop.ttl, .header = *quoted});
    }
  }
}
[[nodiscard]] std::vector<QuotedAt> quotes(Hops hops) {
  std::vector<QuotedAt> all;
  for (const stats::Hop& hop : hops) {
    add_quotes(hop, all);
  }
  return all;
}

// The first NAT, and every change of the TOS.
[[nodiscard]] std::string header_notes(Hops hops, net::Tos sent) {
  std::string notes;
  bool nat = false;
  net::Tos tos = sent;
  for (const QuotedAt& at : quotes(hops)) {
    if (at.header.rewritten && !std::exchange(nat, true)) {
      notes += fmt::format("NAT before hop {}: the probe's source or checksum is another one\n",
                           at.ttl.value);
    }
    if (at.header.tos != tos) {
      notes += fmt::format("TOS {} is {} from hop {} on\n", tos_text(tos), tos_text(at.header.tos),
                           at.ttl.value);
      tos = at.header.tos;
    }
  }
  return notes;
}

[[nodiscard]] net::Ttl ttl_of(unsigned value) noexcept {
  return net::Ttl(static_cast<std::uint8_t>(value));
}

// What was left of the TTL of a probe that the destination answers at that hop; nullopt: it quotes
// none.
[[nodiscard]] std::optional<unsigned> left_over(const stats::Hop& hop,
                                                const net::Address& destination) {
  std::optional<unsigned> left;
  for (const stats::HopProbe& probe : hop.probes) {
    const probe::Observation& seen = probe.last.observation;
    if (probe.answered() && seen.quoted && probe::arrived(destination, seen)) {
      left = seen.quoted->ttl.value;
    }
  }
  return left;
}

// The nearest of the hops in front of this one of which nobody is known.
[[nodiscard]] unsigned unknown_from(const stats::PathStats& path, unsigned ttl) {
  while (ttl > 1) {
    const stats::Hop* const before = path.find(ttl_of(ttl - 1));
    if (before != nullptr && answered(*before)) {
      break;
    }
    --ttl;
  }
  return ttl;
}

// A destination that answers only so often stays silent at its own hop, and answers what went
// further: what was left of the TTL says where it is, if it quotes that. Else it can be at any of
// the hops before which are silent, or were not asked.
// Answers to UDP are rationed by many systems; to ICMP and TCP by few: silence before the
// destination is then that of a router.
[[nodiscard]] std::string nearer_note(const stats::PathStats& path, const net::Address& destination,
                                      bool rationed) {
  const unsigned distance = path.distance().value_or(net::Ttl(0)).value;
  const stats::Hop* const hop = path.find(ttl_of(distance));
  if (!path.reached() || hop == nullptr) {
    return {};
  }
  const unsigned unknown = unknown_from(path, distance);
  const auto left = left_over(*hop, destination);
  if (unknown == distance || left == 1U) {
    return {};
  }
  if (left && *left > 1 && *left <= distance) {
    const unsigned nearest = distance - *left + 1;
    if (nearest < unknown) {
      return {};  // somebody else is there: it quotes another TTL than it got
    }
    const bool silent = path.find(ttl_of(nearest)) != nullptr;
    return fmt::format("by the TTL that it quotes the destination is at hop {}{}\n", nearest,
                       silent ? ": it does not answer every probe" : ", which was not asked");
  }
  const bool asked = path.find(ttl_of(distance - 1)) != nullptr;
  if (asked && !rationed) {
    return {};
  }
  const bool one = unknown + 1 == distance;
  const std::string hops =
      one ? fmt::format("hop {} {}", unknown, asked ? "is" : "was")
          : fmt::format("hops {} to {} {}", unknown, distance - 1, asked ? "are" : "were");
  return fmt::format("the destination is at hop {} at most: {} {}\n", distance, hops,
                     asked ? "silent" : "not asked");
}

// Who answers every probe of the hop, and does not refuse it.
[[nodiscard]] std::optional<net::Address> only_one(const stats::Hop& hop) {
  std::optional<net::Address> who;
  for (const stats::HopProbe& probe : hop.probes) {
    const probe::Observation& seen = probe.last.observation;
    if (!probe.answered() || stats::refuses(seen) || (who && *who != seen.responder)) {
      return std::nullopt;
    }
    who = seen.responder;
  }
  return who;
}

// One address at hop after hop is another matter than a loop when the way goes on behind it.
[[nodiscard]] std::string same_address_notes(const stats::PathStats& path) {
  std::string notes;
  Hops rest = path.end() == probe::PathEnd::loop ? Hops() : path.hops();
  while (!rest.empty()) {
    const auto who = only_one(rest.front());
    const auto other = std::ranges::find_if(
        rest, [&](const stats::Hop& hop) { return !who || only_one(hop) != who; });
    const auto count = std::max<std::size_t>(1, static_cast<std::size_t>(other - rest.begin()));
    if (count > 1) {
      notes += fmt::format(
          "{} answers at hops {} to {}: perhaps a NAT or a proxy that speaks for those behind it\n",
          who.value_or(net::Address()).to_text(), rest.front().ttl.value,
          rest[count - 1].ttl.value);
    }
    rest = rest.subspan(count);
  }
  return notes;
}

[[nodiscard]] std::string back_note(const stats::PathStats& path, const net::Address& destination) {
  const net::Ttl distance = path.distance().value_or(net::Ttl(0));
  const stats::Hop* const hop = path.find(distance);
  if (!path.reached() || hop == nullptr) {
    return {};
  }
  for (const stats::HopProbe& probe : hop->probes) {
    const probe::Observation& seen = probe.last.observation;
    const std::optional<std::uint8_t> back = seen.ttl.transform(return_hops);
    if (probe.answered() && back && probe::arrived(destination, seen)) {
      return fmt::format("path: {} hops there, {} back\n", distance.value, *back);
    }
  }
  return {};
}

}  // namespace

std::string path_notes(const stats::TargetResult& result, const stats::RunOptions& options,
                       const PathNotesOptions& wanted) {
  if (!result.path || !result.target.address) {
    return {};
  }
  const stats::PathStats& path = *result.path;
  const stats::TraceRunOptions trace = options.trace.value_or(stats::TraceRunOptions());
  std::string notes;
  if (trace.flows > 1 && !result.stats.counts().none_left()) {
    notes += flow_notes(result, path, trace.flows);
  }
  if (!path.reached()) {
    notes += fmt::format("not reached: {}\n", why_not(path, result.target.source));
    notes += neighbour_hint(path, options);
  }
  notes += nearer_note(path, *result.target.address, options.protocol == "udp");
  notes += trace.find_mtu ? mtu_note(result, path, options) : "";
  notes += header_notes(path.hops(), options.tos);
  notes += same_address_notes(path);
  notes += wanted.back ? back_note(path, *result.target.address) : "";
  return notes;
}

bool none_larger_tried(const probe::PathMtu& mtu, const stats::TargetResult& result,
                       const stats::RunOptions& options) noexcept {
  return mtu.evidence == probe::MtuEvidence::passed && result.target.address &&
         mtu.mtu.value == packet_bytes(options, *result.target.address);
}

std::uint32_t packet_bytes(const stats::RunOptions& options,
                           const net::Address& destination) noexcept {
  constexpr std::uint32_t kIpv4Header = 20;
  constexpr std::uint32_t kIpv6Header = 40;
  constexpr std::uint32_t kTcpHeader = 20;
  constexpr std::uint32_t kOtherHeader = 8;
  return options.payload_bytes + (destination.is_v4() ? kIpv4Header : kIpv6Header) +
         (options.protocol == "tcp" ? kTcpHeader : kOtherHeader);
}

}  // namespace sonde::report
