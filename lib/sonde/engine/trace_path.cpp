#include "sonde/engine/trace_path.hpp"

#include <algorithm>

#include "sonde/engine/rtt_clock.hpp"
#include "sonde/engine/trace_patience.hpp"

namespace sonde::engine {

using probe::Event;
using probe::EventKind;
using probe::Observation;
using probe::ObservationKind;
using probe::PathStep;
using probe::Replaced;

namespace {

constexpr std::uint32_t kMostPerHop = 3;    // probes out of one TTL and flow
constexpr std::uint32_t kMostRefusals = 3;  // in a row: the system does not send to this target
constexpr std::uint32_t kMostTransient = 10;
// What a backend that cannot cancel is asked to wait at least: patience may grow, and hurries
// nobody.
constexpr Duration kShortestCall = 1s;

bool is_transient(const probe::SendError& error) {
  return error.failure == probe::SendFailure::no_buffer;
}

}  // namespace

TracePath::TracePath(const TraceConfig& config, std::uint32_t id, const net::Address& destination)
    : config_(&config),
      id_(id),
      destination_(destination),
      shape_(destination, {.first = config.first_ttl, .last = config.max_ttl}, config.gap),
      highest_reply_(shape_.hops().size()) {}

std::uint32_t TracePath::rounds() const noexcept {
  return std::uint32_t{config_->queries} * config_->flows;
}

// Flow after flow: the first round of a hop is query 1 of flow 0.
PathStep TracePath::step_of(net::Ttl ttl, std::uint32_t round) const noexcept {
  return {.ttl = ttl,
          .query = static_cast<std::uint8_t>(1 + round % config_->queries),
          .flow = static_cast<std::uint16_t>(round / config_->queries)};
}

bool TracePath::crowded(const PathStep& step) const noexcept {
  return std::ranges::count_if(out_, [&](std::uint64_t sequence) {
           const PathStep& other = probes_[sequence - 1].step;
           return other.ttl == step.ttl && other.flow == step.flow;
         }) >= std::ptrdiff_t{kMostPerHop};
}

std::optional<PathStep> TracePath::step_again() const {
  const auto useful = std::ranges::find_if(
      again_, [this](const PathStep& step) { return step.ttl <= shape_.first_query_limit(); });
  return useful == again_.end() ? std::nullopt : std::optional(*useful);
}

// The hop that was asked least, of these the nearest.
std::optional<PathStep> TracePath::next_step() const {
  if (ended_ || cut_off_) {
    return std::nullopt;
  }
  if (const auto again = step_again()) {
    return again;
  }
  std::optional<PathStep> best;
  std::uint32_t least = rounds();
  const unsigned end = shape_.first_query_limit().value;
  for (unsigned number = shape_.first().value; number <= end; ++number) {
    const net::Ttl ttl(static_cast<std::uint8_t>(number));
    const std::uint32_t asked = shape_.at(ttl).asked;
    if (asked >= least || (asked > 0 && ttl > shape_.query_limit())) {
      continue;
    }
    const PathStep step = step_of(ttl, asked);
    if (!crowded(step)) {
      best = step;
      least = asked;
    }
  }
  return best;
}

std::optional<Instant> TracePath::due() const {
  if (mtu_) {
    return ended_ || cut_off_ ? std::nullopt : mtu_->due();
  }
  return next_step().transform([](const PathStep&) { return Instant::min(); });
}

std::optional<probe::ProbeSpec> TracePath::issue(Instant now) {
  if (due().value_or(Instant::max()) > now) {
    return std::nullopt;
  }
  if (mtu_) {
    const PathMtuSearch::Probe next = mtu_->next(now).value_or(PathMtuSearch::Probe{});
    mtu_->issued(next);
    return hand_out({.ttl = next.ttl}, next.size);
  }
  const PathStep step = next_step().value_or(PathStep{});
  if (const auto again = std::ranges::find(again_, step); again != again_.end()) {
    again_.erase(again);
  } else {
    ++shape_.at(step.ttl).asked;
  }
  ++shape_.at(step.ttl).out;
  return hand_out(step, usual_size());
}

probe::ProbeSpec TracePath::hand_out(const PathStep& step, net::Mtu size) {
  probes_.push_back({.step = step, .size = size});
  const std::uint64_t sequence = probes_.size();
  out_.push_back(sequence);
  probe::IpOptions ip = config_->ip;
  ip.ttl = step.ttl;
  ip.dont_fragment = ip.dont_fragment || step.query == 0;
  return {.id = {.target = id_, .sequence = sequence},
          .destination = destination_,
          .ip = ip,
          .payload = Bytes(config_->payload).first(size.value - headers()),
          .flow = step.flow,
          .timeout = std::max(patience(step.ttl), std::min(kShortestCall, config_->timeout))};
}

TracePath::Probe* TracePath::find(std::uint64_t sequence) noexcept {
  return sequence == 0 || sequence > probes_.size() ? nullptr : &probes_[sequence - 1];
}

Event TracePath::event_of(EventKind kind, std::uint64_t sequence) const {
  const Probe& probe = probes_[sequence - 1];
  return {.kind = kind,
          .probe = {.target = id_, .sequence = sequence},
          .at = probe.handed_over,
          .sent_at = probe.sent_at,
          .step = probe.step};
}

void TracePath::sent(const probe::SendReport& report, bool crowd, Events& events) {
  Probe* const probe = find(report.id.sequence);
  if (probe == nullptr || probe->state != State::handed_out) {
    return;
  }
  probe->handed_over = probe->sent_at = report.at;
  if (report.error) {
    failed(event_of(EventKind::send_failed, report.id.sequence), *report.error, crowd, events);
  } else {
    failures_ = 0;
    probe->state = State::pending;
    events.push_back(event_of(EventKind::sent, report.id.sequence));
  }
  conclude(report.at, events);
}

void TracePath::failed(Event event, const probe::SendError& error, bool crowd, Events& events) {
  const std::uint64_t sequence = event.probe.sequence;
  event.send_error = error;
  events.push_back(std::move(event));
  const Probe& probe = probes_[sequence - 1];
  const bool transient = is_transient(error);
  if (of_mtu(probe)) {
    mtu_unsent(probe, error);
  } else if (transient) {
    again_.push_back(probe.step);
  }
  // That a packet is too big is what a search for the MTU wants to know.
  const bool expected = of_mtu(probe) && error.failure == probe::SendFailure::too_big;
  failures_ += expected || (transient && crowd) ? 0 : 1;
  cut_off_ = cut_off_ || failures_ >= (transient ? kMostTransient : kMostRefusals);
  close(sequence, State::failed);
}

// The probe is no longer out.
void TracePath::close(std::uint64_t sequence, State outcome) noexcept {
  Probe& probe = probes_[sequence - 1];
  if (probe.state == State::handed_out || probe.state == State::pending) {
    shape_.at(probe.step.ttl).out -= of_mtu(probe) ? 0 : 1;
    std::erase(out_, sequence);
  }
  probe.state = outcome;
  shape_.judge();
}

void TracePath::observe(const Observation& seen, Events& events) {
  Probe* const probe = find(seen.probe.sequence);
  if (probe == nullptr || probe->state == State::handed_out || probe->state == State::failed) {
    return;
  }
  newest_ = std::max(newest_, seen.at);
  switch (seen.kind) {
    case ObservationKind::transmitted:
      if (probe->state != State::answered) {
        probe->sent_at = seen.at;
        probe->transmit_stamp = true;
      }
      break;
    case ObservationKind::reply:
      on_reply(seen, events);
      break;
    case ObservationKind::icmp_error:
      on_error(seen, events);
      break;
    case ObservationKind::send_error:
      on_failure(seen, events);
      break;
  }
  conclude(seen.at, events);
}

// The kernel can stamp an answer before it stamps the probe's departure: then the time of the send
// call, which is never later than either, takes its place.
Event TracePath::answer_event(EventKind kind, const Observation& seen) {
  const Probe& probe = *find(seen.probe.sequence);
  const bool left_first = probe.transmit_stamp && probe.sent_at <= seen.at;
  const Instant sent_at = left_first ? probe.sent_at : probe.handed_over;
  return {.kind = kind,
          .probe = seen.probe,
          .at = seen.at,
          .sent_at = sent_at,
          .rtt = std::max(seen.at - sent_at, Duration::zero()),
          .clock = clock_of(seen.stamp, left_first),
          .observation = seen,
          .step = probe.step};
}

void TracePath::on_reply(const Observation& reply, Events& events) {
  Probe& probe = *find(reply.probe.sequence);
  const State before = probe.state;
  if (before == State::answered) {
    events.push_back(answer_event(EventKind::duplicate, reply));
    return;
  }
  // Read late, or stamped late: no reply is in time that took longer than the time-out.
  const bool too_late = reply.at - probe.handed_over > config_->timeout;
  if (too_late && before == State::pending) {
    Event timeout = event_of(EventKind::timeout, reply.probe.sequence);
    timeout.at = probe.handed_over + config_->timeout;
    events.push_back(timeout);
  }
  const bool late = too_late || before == State::expired;
  Event event = answer_event(late ? EventKind::late : EventKind::reply, reply);
  if (before == State::refused) {
    event.replaces = Replaced::error;
  } else if (late) {
    event.replaces = Replaced::timeout;
  }
  std::uint64_t& highest = highest_reply_[probe.step.ttl.value - shape_.first().value];
  event.reordered = reply.probe.sequence < highest;
  highest = std::max(highest, reply.probe.sequence);
  learn(probe, reply, event.rtt.value_or(Duration::zero()));
  close(reply.probe.sequence, State::answered);
  events.push_back(std::move(event));
}

void TracePath::on_error(const Observation& error, Events& events) {
  Probe& probe = *find(error.probe.sequence);
  if (probe.state != State::pending && probe.state != State::expired) {
    return;
  }
  Event event = answer_event(EventKind::error, error);
  if (probe.state == State::expired) {
    event.replaces = Replaced::timeout;
  }
  learn(probe, error, event.rtt.value_or(Duration::zero()));
  close(error.probe.sequence, State::refused);
  events.push_back(std::move(event));
}

// The system took the probe, and says now that it could not send it.
void TracePath::on_failure(const Observation& failure, Events& events) {
  const std::uint64_t sequence = failure.probe.sequence;
  const State before = find(sequence)->state;
  if (before != State::pending && before != State::expired) {
    return;
  }
  Event event = event_of(EventKind::send_failed, sequence);
  event.at = failure.at;
  event.replaces = before == State::expired ? Replaced::timeout : Replaced::sent;
  failed(std::move(event), failure.send_error.value_or(probe::SendError{}), false, events);
}

void TracePath::learn(Probe& probe, const Observation& seen, Duration rtt) {
  if (of_mtu(probe)) {
    mtu_answer(probe, seen);
    return;
  }
  const bool replaces = probe.answer.kind != PathAnswer::none;
  probe.answer = {.kind = path_answer(destination_, seen),
                  .responder = seen.responder,
                  .ttl = seen.ttl,
                  .rtt = std::min(rtt, config_->timeout)};
  if (replaces) {
    count_again(probe.step.ttl);
  } else {
    shape_.add(probe.step.ttl, probe.answer);
  }
}

void TracePath::count_again(net::Ttl ttl) {
  shape_.forget(ttl);
  for (const Probe& probe : probes_) {
    if (probe.step.ttl == ttl) {
      shape_.add(ttl, probe.answer);
    }
  }
}

Duration TracePath::patience(net::Ttl ttl) const noexcept {
  return wait_for({.timeout = config_->timeout, .adaptive = config_->adaptive}, shape_, ttl);
}

Instant TracePath::expiry(const Probe& probe) const noexcept {
  return probe.handed_over + patience(probe.step.ttl);
}

bool TracePath::waiting() const noexcept {
  return std::ranges::any_of(out_, [this](std::uint64_t sequence) {
    return probes_[sequence - 1].state == State::pending;
  });
}

std::optional<Instant> TracePath::next_expiry() const noexcept {
  std::optional<Instant> earliest;
  for (const std::uint64_t sequence : out_) {
    const Probe& probe = probes_[sequence - 1];
    if (probe.state == State::pending) {
      const Instant when = expiry(probe);
      earliest = earliest ? std::min(*earliest, when) : when;
    }
  }
  return earliest;
}

void TracePath::expire(Instant now, Events& events) {
  const auto over = [&](std::uint64_t sequence) {
    const Probe& probe = probes_[sequence - 1];
    return probe.state == State::pending && expiry(probe) < now;
  };
  for (auto next = std::ranges::find_if(out_, over); next != out_.end();
       next = std::ranges::find_if(out_, over)) {
    const std::uint64_t sequence = *next;
    Event event = event_of(EventKind::timeout, sequence);
    // An answer to another probe can have shortened its time after the fact.
    event.at = std::max(expiry(probes_[sequence - 1]), std::min(newest_, now));
    events.push_back(event);
    mtu_silent(probes_[sequence - 1], now);
    close(sequence, State::expired);
  }
  conclude(now, events);
}

// Has every probe that matters its outcome? Before the destination is found, all matter that are
// out: one behind a silent stretch may still show more.
bool TracePath::complete() const noexcept {
  if (!shape_.distance()) {
    if (!out_.empty()) {
      return false;
    }
  }
  const unsigned end = shape_.end().value;
  for (unsigned number = shape_.first().value; number <= end; ++number) {
    const HopShape& hop = shape_.at(net::Ttl(static_cast<std::uint8_t>(number)));
    if (hop.out > 0 || (hop.asked < rounds() && !cut_off_)) {
      return false;
    }
  }
  return cut_off_ || std::ranges::none_of(
                         again_, [this](const PathStep& step) { return step.ttl <= shape_.end(); });
}

void TracePath::conclude(Instant now, Events& events) {
  if (ended_) {
    return;
  }
  if (!mtu_ && complete()) {
    if (!config_->find_mtu || cut_off_) {
      end(now, events);
      return;
    }
    start_mtu();
  }
  if (mtu_) {
    report_mtu(now, events);
    if (out_.empty() && !due()) {
      end(now, events);
    }
  }
}

void TracePath::end(Instant now, Events& events) {
  ended_ = true;
  out_.clear();
  Event event{.kind = EventKind::path_end, .probe = {.target = id_}, .at = now, .sent_at = now};
  event.step.ttl = shape_.end();
  const bool unsent =
      std::ranges::all_of(probes_, [](const Probe& probe) { return probe.state == State::failed; });
  const bool kept_back = (cut_off_ || unsent) && !shape_.distance() && !mtu_;
  event.path_end = kept_back ? probe::PathEnd::unreachable : shape_.path_end();
  events.push_back(std::move(event));
}

}  // namespace sonde::engine
