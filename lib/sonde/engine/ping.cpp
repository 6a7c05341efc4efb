#include "sonde/engine/ping.hpp"

#include <algorithm>
#include <utility>

#include "sonde/engine/rtt_clock.hpp"
#include "sonde/probe/token.hpp"

namespace sonde::engine {

using probe::Event;
using probe::EventKind;
using probe::Observation;
using probe::ObservationKind;
using probe::ProbeTable;
using probe::Replaced;

namespace {

// An answer to a probe that `found` describes, which was handed to the system at `handed_over`. The
// kernel can stamp an answer before it stamps the probe's departure (a looped copy of a multicast
// probe): then the time of the send call, which is never later than either, takes its place.
// In its place: an event is large.
void fill_answer(Event& event, const Observation& seen, const ProbeTable::Found& found,
                 Instant handed_over) {
  const bool left_first = found.transmit_stamp && found.sent_at <= seen.at;
  event.probe = seen.probe;
  event.at = seen.at;
  event.sent_at = left_first ? found.sent_at : handed_over;
  event.rtt = std::max(event.at - event.sent_at, Duration::zero());
  event.clock = clock_of(seen.stamp, left_first);
  if (const auto by_device = device_rtt(found.device_sent, seen.device, *event.rtt)) {
    event.rtt = by_device;
    event.clock = probe::RttClock::hardware;
  }
  event.observation = seen;
}

void refine(ProbeTable& table, const Observation& left) noexcept {
  if (left.stamp == probe::StampSource::hardware) {
    table.refine(left.probe.sequence, left.device);
  } else {
    table.refine(left.probe.sequence, left.at);
  }
}

}  // namespace

std::expected<PingEngine, ConfigError> PingEngine::make(PingConfig config) {
  if (config.interval <= Duration::zero()) {
    return std::unexpected(ConfigError{"the interval must be more than 0"});
  }
  if (config.timeout <= Duration::zero()) {
    return std::unexpected(ConfigError{"the time-out must be more than 0"});
  }
  if (config.count == 0) {
    return std::unexpected(ConfigError{"the count must be 1 or more"});
  }
  if (config.preload == 0 || config.preload > ProbeTable::kMax) {
    return std::unexpected(ConfigError{"the preload must be 1 to 65536"});
  }
  return PingEngine(std::move(config));
}

void PingEngine::add_target(std::uint32_t id, const net::Address& address, Instant now) {
  const auto place = std::ranges::lower_bound(targets_, id, {}, &Target::id);
  targets_.insert(place, {.id = id,
                          .address = address,
                          .pacer = probe::Pacer(now, config_.interval),
                          .preload_left = config_.preload - 1});
}

PingEngine::Target* PingEngine::find(std::uint32_t id) noexcept {
  const auto at = std::ranges::lower_bound(targets_, id, {}, &Target::id);
  return at != targets_.end() && at->id == id ? &*at : nullptr;
}

bool PingEngine::satisfied(const Target& target) const noexcept {
  return config_.until_replies && target.replies >= *config_.until_replies;
}

bool PingEngine::finished_sending(const Target& target) const noexcept {
  return satisfied(target) || (config_.count && target.issued >= *config_.count);
}

std::optional<Instant> PingEngine::next_due(const Target& target) const noexcept {
  if (finished_sending(target)) {
    return std::nullopt;
  }
  if (target.preload_left > 0 && target.last_sent) {
    return target.last_sent;
  }
  if (config_.pace == PingPace::regular || !target.last_sent) {
    return target.pacer.next();
  }
  const bool room = !target.refused && target.table.pending() + target.unreported < config_.preload;
  return *target.last_sent + (room ? config_.shortest_gap : config_.interval);
}

std::size_t PingEngine::next_probes(Instant now, std::span<probe::ProbeSpec> out) {
  std::size_t filled = 0;
  for (std::size_t idle = 0; filled < out.size() && idle < targets_.size();) {
    Target& target = targets_[turn_++ % targets_.size()];
    const std::optional<Instant> due = next_due(target);
    if (due && *due <= now) {
      out[filled++] = issue(target, now);
      idle = 0;
    } else {
      ++idle;
    }
  }
  return filled;
}

probe::ProbeSpec PingEngine::issue(Target& target, Instant now) {
  if (target.preload_left > 0 && target.last_sent) {
    --target.preload_left;
  } else if (config_.pace == PingPace::regular) {
    target.pacer.advance(now);
  }
  target.last_sent = now;
  ++target.unreported;
  return {.id = {.target = target.id, .sequence = ++target.issued},
          .destination = target.address,
          .ip = config_.ip,
          .payload = config_.payload,
          .authenticate = config_.authenticate,
          .timeout = config_.timeout};
}

void PingEngine::on_sent(std::span<const probe::SendReport> reports) {
  for (const probe::SendReport& report : reports) {
    Target* target = find(report.id.target);
    if (target == nullptr) {
      continue;
    }
    target->unreported -= std::min(target->unreported, 1U);
    target->refused = report.error.has_value();
    Event& event = events_.emplace_back();
    event.kind = EventKind::sent;
    event.probe = report.id;
    event.at = event.sent_at = report.at;
    if (report.error) {
      event.kind = EventKind::send_failed;
      event.send_error = report.error;
    } else {
      target->table.open(report.id.sequence, report.at, report.at + config_.timeout);
    }
  }
}

void PingEngine::on_observations(std::span<const Observation> observations) {
  for (const Observation& seen : observations) {
    Target* target = find(seen.probe.target);
    if (target == nullptr) {
      continue;
    }
    switch (seen.kind) {
      case ObservationKind::transmitted:
        refine(target->table, seen);
        break;
      case ObservationKind::reply:
        on_reply(*target, seen);
        break;
      case ObservationKind::icmp_error:
        on_error(*target, seen);
        break;
      case ObservationKind::send_error:
        on_failure(*target, seen);
        break;
    }
  }
}

Instant PingEngine::handed_over(const ProbeTable::Found& found) const noexcept {
  return found.deadline - config_.timeout;
}

bool PingEngine::carries_token() const noexcept {
  return config_.authenticate && config_.payload.size() >= probe::TokenSealer::kShortTag;
}

void PingEngine::on_reply(Target& target, const Observation& reply) {
  const ProbeTable::Found found = target.table.answer(reply.probe.sequence);
  if (found.before == ProbeTable::State::unknown || found.before == ProbeTable::State::failed) {
    return;  // forgotten long ago, or never sent
  }
  if (found.before == ProbeTable::State::answered) {
    Event& duplicate = events_.emplace_back();
    duplicate.kind = EventKind::duplicate;
    fill_answer(duplicate, reply, found, handed_over(found));
    return;
  }
  const bool in_time = reply.at <= found.deadline && found.before != ProbeTable::State::expired;
  if (!in_time && found.before == ProbeTable::State::pending) {
    time_out(
        target,
        {.sequence = reply.probe.sequence, .sent_at = found.sent_at, .deadline = found.deadline});
  }
  Event& event = events_.emplace_back();
  event.kind = in_time ? EventKind::reply : EventKind::late;
  fill_answer(event, reply, found, handed_over(found));
  if (found.before == ProbeTable::State::refused) {
    event.replaces = Replaced::error;
  } else if (!in_time) {
    event.replaces = Replaced::timeout;
  }
  if (in_time) {
    target.longest_rtt = std::max(target.longest_rtt, *event.rtt);
  }
  event.reordered = reply.probe.sequence < target.highest_answered;
  target.highest_answered = std::max(target.highest_answered, reply.probe.sequence);
  ++target.replies;
}

void PingEngine::on_error(Target& target, const Observation& error) {
  // Who does not see the probes can guess their numbers, but not their tokens. A system's echo call
  // (api_ms) is over with the error, whoever made it.
  const bool final = error.verified || error.api_ms.has_value() || !carries_token();
  const ProbeTable::Found found =
      final ? target.table.refuse(error.probe.sequence) : target.table.doubt(error.probe.sequence);
  const bool pending = found.before == ProbeTable::State::pending;
  if (final && (pending || found.before == ProbeTable::State::refused)) {
    linger(target, error, found.deadline);
  }
  if (!pending && found.before != ProbeTable::State::expired) {
    return;
  }
  Event& event = events_.emplace_back();
  event.kind = EventKind::error;
  fill_answer(event, error, found, handed_over(found));
  if (found.before == ProbeTable::State::expired) {
    event.replaces = Replaced::timeout;
  }
}

// For the reply to a probe whose error may be forged; a system's echo call brings none, and who
// sends without proof takes the first answer.
void PingEngine::linger(Target& target, const Observation& error, Instant deadline) const {
  constexpr Duration kLeast = 10ms;
  if (!config_.authenticate || error.api_ms) {
    return;
  }
  const Instant until = std::min(error.at + std::max(2 * target.longest_rtt, kLeast), deadline);
  target.lingers_to = std::max(target.lingers_to.value_or(until), until);
}

// The system took the probe, and says now that it could not send it.
void PingEngine::on_failure(Target& target, const Observation& failure) {
  const ProbeTable::Found found = target.table.fail(failure.probe.sequence);
  const bool expired = found.before == ProbeTable::State::expired;
  if (!expired && found.before != ProbeTable::State::pending) {
    return;
  }
  target.refused = true;
  events_.push_back({.kind = EventKind::send_failed,
                     .probe = failure.probe,
                     .at = failure.at,
                     .sent_at = handed_over(found),
                     .replaces = expired ? Replaced::timeout : Replaced::sent,
                     .send_error = failure.send_error.value_or(probe::SendError{})});
}

void PingEngine::time_out(const Target& target, const ProbeTable::Expired& expired) {
  events_.push_back({.kind = EventKind::timeout,
                     .probe = {.target = target.id, .sequence = expired.sequence},
                     .at = expired.deadline,
                     .sent_at = expired.sent_at});
}

void PingEngine::on_tick(Instant now) {
  for (Target& target : targets_) {
    while (const auto expired = target.table.expire(now)) {
      time_out(target, *expired);
    }
    if (target.lingers_to && *target.lingers_to < now) {
      target.lingers_to.reset();
    }
  }
}

std::optional<Instant> PingEngine::deadline() const {
  std::optional<Instant> earliest;
  const auto consider = [&earliest](std::optional<Instant> when) {
    if (when && (!earliest || *when < *earliest)) {
      earliest = when;
    }
  };
  for (const Target& target : targets_) {
    consider(next_due(target));
    if (target.lingers_to && finished_sending(target)) {
      consider(*target.lingers_to + Duration(1));
    }
    if (const auto expiry = target.table.next_deadline()) {
      consider(*expiry + Duration(1));  // a deadline itself is still in time
    }
  }
  return earliest;
}

std::span<const Event> PingEngine::take_events() {
  taken_.clear();
  std::swap(taken_, events_);
  return taken_;
}

bool PingEngine::done() const {
  return closed_ && events_.empty() && std::ranges::all_of(targets_, [this](const Target& target) {
           return satisfied(target) ||
                  (finished_sending(target) && target.table.pending() == 0 && !target.lingers_to);
         });
}

}  // namespace sonde::engine
