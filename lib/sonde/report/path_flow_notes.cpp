#include "sonde/report/path_flow_notes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "sonde/report/path_words.hpp"

namespace sonde::report {
namespace {

// An answer that shows where the flow goes: those to the search for the MTU do not.
[[nodiscard]] bool of_path(const stats::HopProbe& probe, std::uint16_t flow) noexcept {
  return probe.step().flow == flow && probe.step().query > 0 && probe.answered();
}

// "10.0.1.1|10.0.1.2", "*"
[[nodiscard]] std::string who_at(const stats::Hop& hop, std::uint16_t flow) {
  std::vector<std::string> who;
  for (const stats::HopProbe& probe : hop.probes) {
    std::string address = probe.last.observation.responder.to_text();
    if (of_path(probe, flow) && std::ranges::find(who, address) == who.end()) {
      who.push_back(std::move(address));
    }
  }
  return who.empty() ? std::string("*") : fmt::format("{}", fmt::join(who, "|"));
}

// Why the flow, which did not arrive, went no further.
[[nodiscard]] std::string why_not(const stats::PathStats& path, std::uint16_t flow,
                                  const std::optional<net::Address>& source) {
  const stats::HopProbe* const farthest = farthest_of(path, flow);
  const auto end = path.end_of(flow).value_or(probe::PathEnd::reached);
  switch (end) {
    case probe::PathEnd::reached:
      return "the trace was ended before";
    case probe::PathEnd::loop:
      return "a loop";
    case probe::PathEnd::max_ttl:
      return "the last TTL was asked";
    case probe::PathEnd::unreachable:
      return farthest == nullptr || !stats::refuses(farthest->last.observation)
                 ? "it cannot be sent to"
                 : refusal_text(farthest->last.observation, source);
    case probe::PathEnd::gap:
    case probe::PathEnd::silent:
    case probe::PathEnd::rationed:
      break;
  }
  return fmt::format(
      "silent{}{}",
      farthest == nullptr ? "" : fmt::format(" behind hop {}", farthest->step().ttl.value),
      end == probe::PathEnd::silent ? ", where others arrive: answers may be rationed or lost"
                                    : "");
}

// " 10.0.1.1 10.0.2.1 *", and how it ended if it did not arrive.
[[nodiscard]] std::string way_of(const stats::TargetResult& result, const stats::PathStats& path,
                                 std::uint16_t flow) {
  std::string way;
  const auto last = path.last_of(flow);
  for (const stats::Hop& hop : path.hops()) {
    way += !last || hop.ttl <= *last ? " " + who_at(hop, flow) : "";
  }
  if (path.end_of(flow) == probe::PathEnd::rationed) {
    way += " (unknown: the destination rations its answers)";
  } else if (!path.reached_by(flow)) {
    way += fmt::format(" (not reached: {})", why_not(path, flow, result.target.source));
  }
  return way;
}

}  // namespace

const stats::HopProbe* farthest_of(const stats::PathStats& path, std::uint16_t flow) noexcept {
  const stats::HopProbe* farthest = nullptr;
  for (const stats::Hop& hop : path.hops()) {
    for (const stats::HopProbe& probe : hop.probes) {
      farthest = of_path(probe, flow) ? &probe : farthest;
    }
  }
  return farthest;
}

std::string flow_notes(const stats::TargetResult& result, const stats::PathStats& path,
                       std::uint16_t flows) {
  std::vector<std::pair<std::string, std::string>> ways;  // with their flows
  for (std::uint16_t flow = 0; flow < flows; ++flow) {
    const std::string way = way_of(result, path, flow);
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

}  // namespace sonde::report
