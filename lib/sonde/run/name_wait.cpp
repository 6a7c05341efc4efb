#include "sonde/run/name_wait.hpp"

#include <algorithm>
#include <utility>

namespace sonde::run {

void NameWait::ask(std::uint32_t target, const net::Address& address) {
  std::vector<std::uint32_t>& targets = asked_[address];
  if (targets.empty()) {
    source_.want_name(address);
  }
  if (std::ranges::find(targets, target) == targets.end()) {
    targets.push_back(target);
  }
}

void NameWait::hold(const stats::SweepResult& result, Instant at, Instant now) {
  places_[result.index] = next_;
  held_.emplace(next_++, Held{.result = result, .at = at, .since = now});
}

std::vector<NameWait::Named> NameWait::take_names(Instant now) {
  std::vector<Named> named;
  for (NamedAddress& found : source_.take_names()) {
    last_name_ = now;
    const auto at = asked_.find(found.address);
    if (at == asked_.end()) {
      continue;  // given up
    }
    for (const std::uint32_t target : at->second) {
      named.push_back({.target = target, .name = found.name});
    }
    asked_.erase(at);
  }
  return named;
}

std::optional<NameWait::Held> NameWait::release(std::uint32_t target) {
  const auto place = places_.find(target);
  if (place == places_.end()) {
    return std::nullopt;
  }
  const auto node = held_.extract(place->second);
  places_.erase(place);
  return node.mapped();
}

std::optional<NameWait::Held> NameWait::take_overdue(Instant now) {
  const auto until = deadline();
  return until && (now >= *until || held_.size() > kMost) ? take_any() : std::nullopt;
}

std::optional<NameWait::Held> NameWait::take_any() {
  if (held_.empty()) {
    return std::nullopt;
  }
  const stats::SweepResult& oldest = held_.begin()->second.result;
  if (oldest.address) {
    asked_.erase(*oldest.address);
  }
  return release(oldest.index);
}

std::optional<Instant> NameWait::deadline() const noexcept {
  if (held_.empty()) {
    return std::nullopt;
  }
  return std::max(held_.begin()->second.since, last_name_) + kPatience;
}

}  // namespace sonde::run
