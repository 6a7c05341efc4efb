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

// Who refuses, and in what words. Our own system says of an address on its own link that nobody has
// it.
[[nodiscard]] std::string refusal_text(const probe::Observation& seen,
                                       const std::optional<net::Address>& source) {
  const std::string words = icmp_error_text(seen);
  if (!source || !source->same_host(seen.responder)) {
    return fmt::format("{} says: {}", seen.responder.to_text(), words);
  }
  const bool nobody = probe::status_of(seen.responder.family(), seen.icmp) ==
                      probe::Status::destination_host_unreachable;
  return fmt::format("{}this computer says: {}",
                     nobody ? "nobody on the link answers for the next hop; " : "", words);
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

[[nodiscard]] std::string mtu_note(const stats::PathStats& path) {
  const stats::Hop* const hop = path.narrowest();
  const auto mtu = path.mtu();
  if (hop == nullptr || !mtu) {
    return no_mtu_note(path);
  }
  const bool whole = mtu->evidence == probe::MtuEvidence::passed;
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

// A destination that answers only so often stays silent at its own hop, and answers what went
// further: what was left of the TTL, which it quotes, says where it is.
[[nodiscard]] std::string nearer_note(const stats::PathStats& path,
                                      const net::Address& destination) {
  const unsigned distance = path.distance().value_or(net::Ttl(0)).value;
  const stats::Hop* const hop = path.find(net::Ttl(static_cast<std::uint8_t>(distance)));
  if (!path.reached() || hop == nullptr) {
    return {};
  }
  unsigned left = 0;
  for (const stats::HopProbe& probe : hop->probes) {
    const probe::Observation& seen = probe.last.observation;
    if (probe.answered() && seen.quoted && probe::arrived(destination, seen)) {
      left = seen.quoted->ttl.value;
    }
  }
  if (left < 2 || left > distance) {
    return {};
  }
  const unsigned nearest = distance - left + 1;
  for (unsigned ttl = nearest; ttl < distance; ++ttl) {
    const stats::Hop* const before = path.find(net::Ttl(static_cast<std::uint8_t>(ttl)));
    if (before == nullptr || answered(*before)) {
      return {};  // somebody else is there: it quotes another TTL than it got
    }
  }
  return fmt::format(
      "by the TTL that it quotes the destination is at hop {}: it does not answer every probe\n",
      nearest);
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

// "10.0.1.1|10.0.1.2", "*"
[[nodiscard]] std::string who_at(const stats::Hop& hop, std::uint16_t flow) {
  std::vector<std::string> who;
  for (const stats::HopProbe& probe : hop.probes) {
    std::string address = probe.last.observation.responder.to_text();
    if (probe.step().flow == flow && probe.answered() &&
        std::ranges::find(who, address) == who.end()) {
      who.push_back(std::move(address));
    }
  }
  return who.empty() ? std::string("*") : fmt::format("{}", fmt::join(who, "|"));
}

[[nodiscard]] std::string way_of(Hops hops, std::uint16_t flow) {
  std::string way;
  for (const stats::Hop& hop : hops) {
    way += " " + who_at(hop, flow);
  }
  return way;
}

[[nodiscard]] std::string flow_notes(Hops hops, std::uint16_t flows) {
  std::vector<std::pair<std::string, std::string>> ways;  // with their flows
  for (std::uint16_t flow = 0; flow < flows; ++flow) {
    const std::string way = way_of(hops, flow);
    auto at = std::ranges::find(ways, way, &std::pair<std::string, std::string>::first);
    if (at == ways.end()) {
      at = ways.insert(at, {way, {}});
    }
    at->second += fmt::format(" {}", flow);
  }
  std::string notes;
  for (const auto& [way, members] : ways) {
    notes += fmt::format("path of flow{}:{}\n", members, way);
  }
  return notes;
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
  if (trace.flows > 1) {
    notes += flow_notes(path.hops(), trace.flows);
  }
  if (!path.reached()) {
    notes += fmt::format("not reached: {}\n", why_not(path, result.target.source));
  }
  notes += nearer_note(path, *result.target.address);
  notes += trace.find_mtu ? mtu_note(path) : "";
  notes += header_notes(path.hops(), options.tos);
  notes += wanted.back ? back_note(path, *result.target.address) : "";
  return notes;
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
