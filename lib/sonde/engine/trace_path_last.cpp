// trace_path_last.cpp: the part of a traced path that asks once more before it believes in silence.
// Linux says port unreachable but once a second to one host (icmp_ratelimit), and what was asked
// before can have spent that: then a destination that is up looks silent. One query of the last hop
// is kept back until it would be answered; it gets to the destination however near that is.
#include <algorithm>

#include "sonde/engine/trace_path.hpp"

namespace sonde::engine {

namespace {

constexpr Duration kRationed = 1100ms;
// Who answers that one answers at once.
constexpr Duration kLastLeast = 500ms;
constexpr int kLastFactor = 2;

}  // namespace

bool TracePath::last_query_left() const noexcept {
  const PathShape& way = ways_.of(0);
  const probe::PathEnd end = way.path_end();
  return way.at(way.end()).answers == 0 && config_->last_query && config_->adaptive &&
         last_query_ == 0 && !mtu_ && !cut_off_ &&
         (end == probe::PathEnd::gap || end == probe::PathEnd::max_ttl);
}

std::optional<Instant> TracePath::last_query_at() const noexcept {
  if (probes_.empty() || probes_.front().state == State::handed_out || !last_query_left()) {
    return std::nullopt;
  }
  return probes_.front().handed_over + kRationed;
}

probe::PathStep TracePath::last_step() const noexcept {
  return last_query_ != 0 ? probes_[last_query_ - 1].step
                          : probe::PathStep{.ttl = ways_.of(0).end(), .query = config_->queries};
}

Duration TracePath::last_patience() const noexcept {
  return kLastLeast + kLastFactor * ways_.all().longest();
}

}  // namespace sonde::engine
