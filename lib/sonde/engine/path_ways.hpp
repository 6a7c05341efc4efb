// path_ways.hpp: the shapes of the ways that the flows of a trace take to one destination. Each
// flow ends for itself: that one is refused, or comes to nothing, says nothing of the others. What
// all of them know together serves to judge how long an answer takes (trace_patience). With one
// flow its way is all there is. Used by trace_path. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sonde/engine/path_shape.hpp"
#include "sonde/probe/path.hpp"

namespace sonde::engine {

class PathWays {
 public:
  // `flows`: 1 or more.
  PathWays(const PathShape& unknown, std::uint16_t flows) : ways_(flows, unknown), all_(unknown) {}

  [[nodiscard]] const PathShape& of(std::uint16_t flow) const noexcept { return ways_[flow]; }
  [[nodiscard]] const PathShape& all() const noexcept {
    return ways_.size() == 1 ? ways_.front() : all_;
  }

  // The last hop whose first query, or whose further ones, may be asked now in that flow: the first
  // flow looks for the end of the path, and the others follow it.
  [[nodiscard]] net::Ttl first_query_limit(std::uint16_t flow) const noexcept;
  [[nodiscard]] net::Ttl query_limit(std::uint16_t flow) const noexcept;
  // The last hop that belongs to the way of any flow, as things stand, and how the trace would end:
  // as that flow which got on best.
  [[nodiscard]] net::Ttl end() const noexcept;
  [[nodiscard]] probe::PathEnd path_end() const noexcept;
  // The destination answered some flow.
  [[nodiscard]] bool arrived() const noexcept;
  // The flow that got farthest: the first that arrived, else the first whose packets are known to
  // pass the most hops.
  [[nodiscard]] std::uint16_t farthest() const noexcept;

  void asked(const probe::PathStep& step) noexcept { ++shape(step).at(step.ttl).asked; }
  void handed_out(const probe::PathStep& step) noexcept { ++shape(step).at(step.ttl).out; }
  void came_back(const probe::PathStep& step) noexcept { --shape(step).at(step.ttl).out; }
  void add(const probe::PathStep& step, const HopAnswer& answer);
  // The answers of a hop, of all flows, are to be counted again.
  void forget(net::Ttl ttl) noexcept;
  // Judges anew what concerns that flow; call after answers were added, or probes given up.
  void judge(std::uint16_t flow) noexcept;

 private:
  [[nodiscard]] PathShape& shape(const probe::PathStep& step) noexcept { return ways_[step.flow]; }
  [[nodiscard]] std::optional<OthersEnd> nearest_end() const noexcept;

  std::vector<PathShape> ways_;  // by flow
  PathShape all_;                // unused with one flow
  std::optional<OthersEnd> nearest_{};
};

}  // namespace sonde::engine
