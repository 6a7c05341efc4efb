// sweep_outcomes.cpp: the half of the sweep's engine that hears what became of its probes.
#include <algorithm>
#include <limits>
#include <utility>

#include "sonde/engine/rtt_clock.hpp"
#include "sonde/engine/sweep.hpp"

namespace sonde::engine {

using probe::Observation;
using probe::ObservationKind;
using probe::Replaced;
using probe::SendReport;
using probe::SweepEvent;
using probe::SweepEventKind;
using probe::SweepMode;
using probe::SweepState;
using State = SweepFlights::State;

namespace {

using Flight = SweepFlights::Flight;

// How long the system may have no room, with no probe under way whose end would make some, before
// its refusals count. Packets to a neighbour that does not exist keep their room for the 3 s in
// which ARP and Neighbor Discovery ask for it (RFC 4861 section 10; arp(7), mcast_solicit).
constexpr Duration kPatience = 10s;
constexpr Duration kFirstPause = 50us;
constexpr Duration kLongestPause = 20ms;
// A long pause of the process makes many overdue at once: so many a turn keep the events few.
constexpr int kMostExpired = 1024;

// How a flight that nobody answered ended.
SweepEventKind end_of(const Flight& flight) noexcept {
  switch (flight.state) {
    case State::refused:
      return SweepEventKind::error;
    case State::failed:
    case State::dropped:
      return SweepEventKind::send_failed;
    default:
      return SweepEventKind::timeout;
  }
}

void note_departure(Flight& flight, Instant at) noexcept {
  constexpr auto kMost = std::numeric_limits<std::uint32_t>::max();
  const Duration after = at - flight.sent_at;
  if (flight.state == State::pending && after > Duration::zero() && after.count() < kMost) {
    flight.left_after_ns = static_cast<std::uint32_t>(after.count());
  }
}

}  // namespace

SweepEvent& SweepEngine::add_event(SweepEventKind kind, const Flight& flight, Instant at) {
  SweepEvent& event = events_.emplace_back();
  event.kind = kind;
  event.target = flight.target;
  event.round = flight.round;
  event.at = at;
  return event;
}

// The kernel can stamp an answer before it stamps the probe's departure: then the time of the send
// call takes its place (as in ping.cpp).
SweepEvent& SweepEngine::add_answer(SweepEventKind kind, const Flight& flight,
                                    const Observation& seen) {
  const Instant left_at = flight.sent_at + Duration(flight.left_after_ns);
  const bool left_first = flight.left_after_ns > 0 && left_at <= seen.at;
  SweepEvent& event = add_event(kind, flight, seen.at);
  event.rtt = std::max(seen.at - (left_first ? left_at : flight.sent_at), Duration::zero());
  event.clock = clock_of(seen.stamp, left_first);
  event.ttl = seen.ttl;
  event.bytes = seen.bytes;
  event.corruption = seen.corruption;
  return event;
}

void SweepEngine::on_sent(std::span<const SendReport> reports) {
  bool full = false;
  if (blocked_since_ && !reports.empty() && under_way_) {
    blocked_since_ = reports.front().at;
  }
  for (const SendReport& report : reports) {
    Flight* const flight = flights_.find(report.id.sequence);
    if (flight == nullptr || flight->state != State::issued) {
      continue;
    }
    flight->sent_at = report.at;
    if (!report.error) {
      flight->state = State::pending;
      blocked_since_.reset();
      add_event(SweepEventKind::sent, *flight, report.at);
      continue;
    }
    const bool no_room = report.error->failure == probe::SendFailure::no_buffer;
    full = full || no_room;
    if (no_room && report.at - blocked_since_.value_or(report.at) < kPatience) {
      withdraw(report);
    } else {
      refuse(report, *report.error);
    }
  }
  if (!reports.empty()) {
    note_room(reports.back().at, full);
  }
}

// It was not sent, and will be later under another number.
void SweepEngine::withdraw(const SendReport& report) {
  Flight& flight = *flights_.find(report.id.sequence);
  blocked_since_ = blocked_since_.value_or(report.at);
  flight.state = State::withdrawn;
  flights_.close(report.id.sequence);
  again_.push({.target = flight.target, .round = flight.round});
}

void SweepEngine::note_room(Instant at, bool full) {
  if (!full) {
    pause_ = Duration::zero();
    return;
  }
  pause_ = std::clamp(2 * pause_, kFirstPause, kLongestPause);
  blocked_until_ = at + pause_;
}

// What never left has its outcome at once, and what the system refuses now it would refuse again.
void SweepEngine::refuse(const SendReport& report, const probe::SendError& error) {
  Flight& flight = *flights_.find(report.id.sequence);
  flight.state = State::failed;
  send_errors_.push_back(error);
  add_event(SweepEventKind::send_failed, flight, report.at);
  close(report.id.sequence, flight, report.at);
}

void SweepEngine::on_observations(std::span<const Observation> observations) {
  for (const Observation& seen : observations) {
    Flight* const flight = flights_.find(seen.probe.sequence);
    if (flight == nullptr || flight->target != seen.probe.target) {
      forgotten_ += seen.kind == ObservationKind::transmitted ? 0 : 1;
      continue;
    }
    switch (seen.kind) {
      case ObservationKind::reply:
        on_reply(seen, *flight);
        break;
      case ObservationKind::icmp_error:
        on_error(seen, *flight);
        break;
      case ObservationKind::send_error:
        on_failure(seen, *flight);
        break;
      case ObservationKind::transmitted:
        note_departure(*flight, seen.at);
        break;
    }
  }
}

void SweepEngine::on_reply(const Observation& reply, Flight& flight) {
  const std::uint64_t number = reply.probe.sequence;
  switch (flight.state) {
    case State::answered:
      add_answer(SweepEventKind::duplicate, flight, reply);
      return;
    case State::pending:
    case State::refused:
    case State::expired:
      break;
    case State::issued:
    case State::failed:
    case State::dropped:
    case State::withdrawn:
      return;  // nothing was sent that could be answered
  }
  if (flight.open && reply.at > flights_.deadline(flight)) {
    time_out(number, flight);
  }
  SweepEvent& event =
      add_answer(flight.open ? SweepEventKind::reply : SweepEventKind::late, flight, reply);
  if (flight.state == State::refused) {
    event.replaces = Replaced::error;
  } else if (flight.state == State::expired) {
    event.replaces = Replaced::timeout;
  }
  flight.state = State::answered;
  answered(flight.target);
  if (flight.open) {
    close(number, flight, reply.at);
  }
}

void SweepEngine::on_error(const Observation& error, Flight& flight) {
  if (flight.state != State::pending && flight.state != State::expired) {
    return;
  }
  SweepEvent& event = add_answer(SweepEventKind::error, flight, error);
  if (flight.state == State::expired) {
    event.replaces = Replaced::timeout;
  }
  flight.state = State::refused;
  seen_.push_back(error);
}

// The system took it, and says now that it could not send it: as if it had refused it at once,
// except that room may be found for a retry.
void SweepEngine::on_failure(const Observation& failure, Flight& flight) {
  if (flight.state != State::pending && flight.state != State::expired) {
    return;
  }
  const probe::SendError error = failure.send_error.value_or(probe::SendError{});
  SweepEvent& event = add_event(SweepEventKind::send_failed, flight, failure.at);
  event.replaces = flight.state == State::expired ? Replaced::timeout : Replaced::sent;
  send_errors_.push_back(error);
  const bool no_room = error.failure == probe::SendFailure::no_buffer;
  flight.state = no_room ? State::dropped : State::failed;
  if (flight.open && !no_room) {
    close(failure.probe.sequence, flight, failure.at);
  }
}

void SweepEngine::on_tick(Instant now) {
  for (int i = 0; i < kMostExpired; ++i) {
    const auto number = flights_.overdue(now);
    if (!number) {
      return;
    }
    time_out(*number, *flights_.find(*number));
  }
}

void SweepEngine::time_out(std::uint64_t number, Flight& flight) {
  const Instant at = flights_.deadline(flight);
  if (flight.state == State::pending) {
    flight.state = State::expired;
    add_event(SweepEventKind::timeout, flight, at);
  }
  close(number, flight, at);
}

void SweepEngine::close(std::uint64_t number, const Flight& flight, Instant at) {
  flights_.close(number);
  const std::uint32_t target = flight.target;
  switch (config_.mode) {
    case SweepMode::loop:
      return;
    case SweepMode::count:
      if (++outcomes_[target] == config_.count) {
        const bool alive = states_.at(target) == SweepState::alive;
        add_event(end_of(flight), flight, at);
        settle(alive ? SweepState::alive : SweepState::unreachable);
      }
      return;
    case SweepMode::until_answer:
      if (states_.at(target) != SweepState::pending) {
        return;
      }
      if (flight.round < config_.retries && flight.state != State::failed) {
        retries_.push({.target = target, .round = flight.round + 1});
      } else {
        add_event(end_of(flight), flight, at);
        settle(SweepState::unreachable);
      }
      return;
  }
}

// The last event is the answer: what it says is what settles the target.
void SweepEngine::answered(std::uint32_t target) {
  if (states_.at(target) != SweepState::pending) {
    return;
  }
  if (config_.mode == SweepMode::until_answer) {
    events_.emplace_back();
    events_.back() = events_[events_.size() - 2];
    settle(SweepState::alive);
  } else {
    states_.set(target, SweepState::alive);
  }
}

void SweepEngine::settle(SweepState state) {
  SweepEvent& event = events_.back();
  event.cause = event.kind;
  event.kind = SweepEventKind::settled;
  event.state = state;
  event.replaces = Replaced::nothing;
  states_.set(event.target, state);
}

std::span<const SweepEvent> SweepEngine::take_events() {
  taken_.clear();
  seen_taken_.clear();
  send_errors_taken_.clear();
  std::swap(taken_, events_);
  std::swap(seen_taken_, seen_);
  std::swap(send_errors_taken_, send_errors_);
  if (seen_taken_.empty() && send_errors_taken_.empty()) {
    return taken_;
  }
  const Observation* seen = seen_taken_.data();
  const probe::SendError* refused = send_errors_taken_.data();
  for (SweepEvent& event : taken_) {
    if (event.kind == SweepEventKind::error) {
      event.observation = seen++;
    } else if (event.kind == SweepEventKind::send_failed) {
      event.send_error = refused++;
    }
  }
  return taken_;
}

}  // namespace sonde::engine
