// trace_path_last.cpp: the part of a traced path that asks once more before it believes in silence.
// Linux says port unreachable but once a second to one host (icmp_ratelimit), and what was asked
// before can have spent that: then a destination that is up looks silent. One query of the last hop
// is kept back until it would be answered; it gets to the destination however near that is. Of
// several flows each that is silent where others arrive is asked so, one after the other; but not
// more than there is time for.
#include <algorithm>

#include "sonde/engine/trace_path.hpp"

namespace sonde::engine {

namespace {

constexpr Duration kRationed = 1100ms;
// Who answers that one answers at once.
constexpr Duration kLastLeast = 500ms;
constexpr int kLastFactor = 2;
// More of them would take too long.
constexpr std::size_t kMostLast = 2;

}  // namespace

// Where others arrive, a flow that is silent is asked once more; where nobody does, the first flow.
bool TracePath::last_query_left(std::uint16_t flow) const noexcept {
  const PathShape& way = ways_.of(flow);
  const probe::PathEnd end = way.path_end();
  const bool open = flow == 0 && (end == probe::PathEnd::gap || end == probe::PathEnd::max_ttl);
  return (open || (end == probe::PathEnd::silent && ways_.arrived())) &&
         way.at(way.end()).answers == 0 && config_->last_query &&
         last_queries_.size() < kMostLast && !asked_last(flow) && !mtu_ && !cut_off_;
}

std::optional<std::uint16_t> TracePath::last_query_flow() const noexcept {
  for (std::uint16_t flow = 0; flow < config_->flows; ++flow) {
    if (last_query_left(flow)) {
      return flow;
    }
  }
  return std::nullopt;
}

bool TracePath::asked_last(std::uint16_t flow) const noexcept {
  return std::ranges::any_of(last_queries_, [&](std::uint64_t sequence) {
    return probes_[sequence - 1].step.flow == flow;
  });
}

// So long behind the one before, or the first probe of all.
std::optional<Instant> TracePath::last_query_at() const noexcept {
  if (probes_.empty() || !last_query_flow()) {
    return std::nullopt;
  }
  const Probe& before = last_queries_.empty() ? probes_.front() : probes_[last_queries_.back() - 1];
  return before.state == State::handed_out ? std::nullopt
                                           : std::optional(before.handed_over + kRationed);
}

probe::PathStep TracePath::last_step() const noexcept {
  const std::uint16_t flow = last_query_flow().value_or(0);
  const PathShape& way = ways_.of(flow);
  return {.ttl = way.end(),
          .query = static_cast<std::uint8_t>(way.at(way.end()).asked + 1),
          .flow = flow};
}

Duration TracePath::last_patience() const noexcept {
  return config_->adaptive
             ? std::min(kLastLeast + kLastFactor * ways_.all().longest(), config_->timeout)
             : config_->timeout;
}

// The queries of the last hop wait for the one that follows them: then the hop is known.
Instant TracePath::last_word(const Probe& probe) const noexcept {
  const std::uint16_t flow = probe.step.flow;
  if (probe.step.ttl != ways_.of(flow).end()) {
    return Instant::min();
  }
  for (const std::uint64_t sequence : last_queries_) {
    const Probe& last = probes_[sequence - 1];
    if (last.step.flow == flow) {
      const bool out = last.state == State::handed_out || last.state == State::pending;
      return out ? last.handed_over + last_patience() : Instant::min();
    }
  }
  const auto then = last_query_left(flow) ? last_query_at() : std::nullopt;
  return then ? *then + last_patience() : Instant::min();
}

// Who was silent until its last query had spent its answers; whoever was not asked again, too.
probe::PathEnd TracePath::end_of(std::uint16_t flow) const noexcept {
  const probe::PathEnd end = ways_.of(flow).path_end();
  const bool rations = std::ranges::any_of(last_queries_, [this](std::uint64_t sequence) {
    return probes_[sequence - 1].answer.kind == PathAnswer::arrived;
  });
  return end == probe::PathEnd::silent && rations && ways_.arrived() && !asked_last(flow)
             ? probe::PathEnd::rationed
             : end;
}

}  // namespace sonde::engine
