#include "sonde/engine/path_ways.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace sonde::engine {

using probe::PathEnd;

net::Ttl PathWays::first_query_limit(std::uint16_t flow) const noexcept {
  const PathShape& way = ways_[flow];
  return flow == 0 ? way.first_query_limit() : std::min(way.first_query_limit(), query_limit(flow));
}

net::Ttl PathWays::query_limit(std::uint16_t flow) const noexcept {
  const PathShape& way = ways_[flow];
  return flow == 0
             ? way.query_limit()
             : std::max(way.query_limit(), std::min(way.first_query_limit(), all().query_limit()));
}

net::Ttl PathWays::end() const noexcept {
  return std::ranges::max_element(ways_, {}, &PathShape::end)->end();
}

PathEnd PathWays::path_end() const noexcept {
  constexpr std::array kBestFirst{PathEnd::reached, PathEnd::unreachable, PathEnd::loop,
                                  PathEnd::gap,     PathEnd::max_ttl,     PathEnd::silent};
  for (const PathEnd end : kBestFirst) {
    if (std::ranges::find(ways_, end, &PathShape::path_end) != ways_.end()) {
      return end;
    }
  }
  return PathEnd::gap;
}

bool PathWays::arrived() const noexcept {
  return nearest_ ? nearest_->arrived : ways_.front().distance().has_value();
}

std::uint16_t PathWays::farthest() const noexcept {
  const auto passed = [](const PathShape& way) {
    const auto hops = way.hops();
    const auto last = std::ranges::find_if(hops.rbegin(), hops.rend(), &HopShape::passing);
    return way.distance() ? std::ssize(hops) + 1 : std::ranges::distance(last, hops.rend());
  };
  return static_cast<std::uint16_t>(std::ranges::max_element(ways_, {}, passed) - ways_.begin());
}

void PathWays::add(const probe::PathStep& step, const HopAnswer& answer) {
  shape(step).add(step.ttl, answer);
  if (ways_.size() > 1) {
    all_.add(step.ttl, answer);
  }
}

void PathWays::forget(net::Ttl ttl) noexcept {
  for (PathShape& way : ways_) {
    way.forget(ttl);
  }
  all_.forget(ttl);
}

// Where the destination answers is known best; else where the nearest refusal is.
std::optional<OthersEnd> PathWays::nearest_end() const noexcept {
  std::optional<OthersEnd> nearest;
  for (const PathShape& way : ways_) {
    const bool arrived = way.distance().has_value();
    const auto ttl = arrived ? way.distance() : way.refused_at();
    if (ttl && (!nearest || (arrived == nearest->arrived ? *ttl < nearest->ttl : arrived))) {
      nearest = {.ttl = *ttl, .arrived = arrived};
    }
  }
  return nearest;
}

void PathWays::judge(std::uint16_t flow) noexcept {
  ways_[flow].judge();
  if (ways_.size() == 1) {
    return;
  }
  all_.judge();
  const auto nearest = nearest_end();
  if (nearest == nearest_) {
    return;
  }
  nearest_ = nearest;
  for (PathShape& way : ways_) {
    way.compare(nearest);
  }
}

}  // namespace sonde::engine
