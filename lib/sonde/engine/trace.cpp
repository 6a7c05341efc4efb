#include "sonde/engine/trace.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

namespace sonde::engine {

using probe::Event;

namespace {

// A turn that comes late catches up with the slots of so much time.
constexpr Duration kCatchUp = 10ms;
// Slower and slower, while the system has no room for a probe.
constexpr Duration kFirstPause = 10ms;
constexpr Duration kLongestPause = 100ms;

}  // namespace

std::expected<TraceEngine, ConfigError> TraceEngine::make(TraceConfig config) {
  if (config.first_ttl.value == 0 || config.first_ttl > config.max_ttl) {
    return std::unexpected(ConfigError{"the first TTL must be 1 up to the last"});
  }
  if (config.queries == 0 || config.flows == 0) {
    return std::unexpected(ConfigError{"the queries and flows must be 1 or more"});
  }
  if (config.parallel == 0) {
    return std::unexpected(ConfigError{"1 or more probes must be allowed out"});
  }
  if (config.timeout <= Duration::zero()) {
    return std::unexpected(ConfigError{"the time-out must be more than 0"});
  }
  if (!(config.rate > 0) || !std::isfinite(config.rate)) {
    return std::unexpected(ConfigError{"the rate must be more than 0"});
  }
  return TraceEngine(std::move(config));
}

TraceEngine::TraceEngine(TraceConfig config)
    : config_(std::make_unique<const TraceConfig>(std::move(config))) {
  constexpr double kLongestSlot = 86'400;  // seconds: a day
  const double seconds = std::min(1 / config_->rate, kLongestSlot);
  slot_ = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

void TraceEngine::add_target(std::uint32_t id, const net::Address& address, Instant /*now*/) {
  const auto place = std::ranges::lower_bound(paths_, id, {}, &TracePath::id);
  paths_.emplace(place, *config_, id, address);
}

TracePath* TraceEngine::find(std::uint32_t id) noexcept {
  const auto at = std::ranges::lower_bound(paths_, id, {}, &TracePath::id);
  return at != paths_.end() && at->id() == id ? &*at : nullptr;
}

bool TraceEngine::room() const noexcept {
  const std::size_t out = std::transform_reduce(paths_.begin(), paths_.end(), std::size_t{0},
                                                std::plus{}, std::mem_fn(&TracePath::out));
  return out < config_->parallel;
}

std::size_t TraceEngine::next_probes(Instant now, std::span<probe::ProbeSpec> out) {
  std::size_t filled = 0;
  for (std::size_t idle = 0; filled < out.size() && idle < paths_.size();) {
    if (next_slot_ > now || !room()) {
      break;
    }
    TracePath& path = paths_[turn_++ % paths_.size()];
    const auto spec = path.issue(now);
    if (!spec) {
      ++idle;
      continue;
    }
    out[filled++] = *spec;
    // After a longer pause the grid starts anew: no burst.
    next_slot_ = (next_slot_ < now - std::max(kCatchUp, slot_) ? now : next_slot_) + slot_;
    idle = 0;
  }
  return filled;
}

void TraceEngine::on_sent(std::span<const probe::SendReport> reports) {
  for (const probe::SendReport& report : reports) {
    if (TracePath* path = find(report.id.target)) {
      const bool crowd = report.error && std::ranges::any_of(paths_, &TracePath::waiting);
      path->sent(report, crowd, events_);
    }
    if (report.error && report.error->failure == probe::SendFailure::no_buffer) {
      back_off(report.at);
    } else {
      pause_ = Duration::zero();
    }
  }
}

void TraceEngine::back_off(Instant now) noexcept {
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  next_slot_ = std::max(next_slot_, now + pause_);
}

void TraceEngine::on_observations(std::span<const probe::Observation> observations) {
  for (const probe::Observation& seen : observations) {
    if (TracePath* path = find(seen.probe.target)) {
      path->observe(seen, events_);
    }
  }
}

void TraceEngine::on_tick(Instant now) {
  for (TracePath& path : paths_) {
    path.expire(now, events_);
  }
}

std::optional<Instant> TraceEngine::deadline() const {
  std::optional<Instant> earliest;
  const bool may_send = room();
  for (const TracePath& path : paths_) {
    if (const auto due = may_send ? path.due() : std::nullopt) {
      const Instant then = std::max(next_slot_, *due);
      earliest = earliest ? std::min(*earliest, then) : then;
    }
    if (const auto expiry = path.next_expiry()) {
      const Instant after = *expiry + Duration(1);  // the instant itself is still in time
      earliest = earliest ? std::min(*earliest, after) : after;
    }
  }
  return earliest;
}

std::span<const Event> TraceEngine::take_events() {
  taken_.clear();
  std::swap(taken_, events_);
  return taken_;
}

bool TraceEngine::done() const {
  return closed_ && events_.empty() && std::ranges::all_of(paths_, &TracePath::ended);
}

}  // namespace sonde::engine
