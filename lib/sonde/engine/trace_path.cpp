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

constexpr std::uint32_t kMostRefusals = 3;  // in a row: the system does not send to this target
constexpr std::uint32_t kMostTransient = 10;
// What a backend that cannot cancel is asked to wait at least: patience may grow, and hurries
// nobody.
constexpr Duration kShortestCall = 1s;

bool is_transient(const probe::SendError& error) {
  return error.failure == probe::SendFailure::no_buffer;
}

// It has left, so that nothing keeps the next one back.
bool is_untold(const probe::SendError& error) {
  return error.failure == probe::SendFailure::untold;
}

}  // namespace

TracePath::TracePath(const TraceConfig& config, std::uint32_t id, const net::Address& destination)
    : config_(&config),
      id_(id),
      destination_(destination),
      ways_(PathShape(destination, {.first = config.first_ttl, .last = config.max_ttl}, config.gap),
            config.flows),
      highest_reply_(ways_.all().hops().size()),
      given_up_(highest_reply_.size()) {}

bool TracePath::crowded(const PathStep& step) const noexcept {
  return std::ranges::count_if(out_, [&](std::uint64_t sequence) {
           const PathStep& other = probes_[sequence - 1].step;
           return other.ttl == step.ttl && other.flow == step.flow;
         }) >= std::ptrdiff_t{kMostPerHop};
}

std::optional<PathStep> TracePath::step_again() const {
  const auto useful = std::ranges::find_if(again_, [this](const PathStep& step) {
    return step.ttl <= ways_.first_query_limit(step.flow);
  });
  return useful == again_.end() ? std::nullopt : std::optional(*useful);
}

// Flow after flow.
std::optional<PathStep> TracePath::next_step() const {
  if (ended_ || cut_off_) {
    return std::nullopt;
  }
  if (const auto again = step_again()) {
    return again;
  }
  for (std::uint16_t flow = 0; flow < config_->flows; ++flow) {
    if (const auto step = next_step_of(flow)) {
      return step;
    }
  }
  return std::nullopt;
}

// The hop that was asked least, of these the nearest.
std::optional<PathStep> TracePath::next_step_of(std::uint16_t flow) const {
  std::optional<PathStep> best;
  const PathShape& way = ways_.of(flow);
  std::uint32_t least = config_->queries;
  const unsigned end = ways_.first_query_limit(flow).value;
  for (unsigned number = way.first().value; number <= end; ++number) {
    const net::Ttl ttl(static_cast<std::uint8_t>(number));
    const std::uint32_t asked = way.at(ttl).asked;
    if (flow == 0 && asked > 0 && asked + 1 == config_->queries && ttl == way.end() &&
        last_query_left(flow)) {
      continue;
    }
    if (asked >= least || (asked > 0 && ttl > ways_.query_limit(flow))) {
      continue;
    }
    const PathStep step{.ttl = ttl, .query = static_cast<std::uint8_t>(asked + 1), .flow = flow};
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
  return next_step() ? std::optional(Instant::min()) : last_query_at();
}

std::optional<probe::ProbeSpec> TracePath::issue(Instant now) {
  if (due().value_or(Instant::max()) > now) {
    return std::nullopt;
  }
  if (mtu_) {
    const PathMtuSearch::Probe next = mtu_->next(now).value_or(PathMtuSearch::Probe{});
    mtu_->issued(next);
    return hand_out({.ttl = next.ttl, .flow = mtu_flow_}, next.size);
  }
  const auto next = next_step();
  const PathStep step = next.value_or(last_step());
  if (!next) {
    last_queries_.push_back(probes_.size() + 1);
  }
  if (const auto again = std::ranges::find(again_, step); again != again_.end()) {
    again_.erase(again);
  } else {
    ways_.asked(step);
  }
  ways_.handed_out(step);
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
  } else if (transient || is_untold(error)) {
    again_.push_back(probe.step);
  }
  // That a packet is too big is what a search for the MTU wants to know.
  const bool expected =
      is_untold(error) || (of_mtu(probe) && error.failure == probe::SendFailure::too_big);
  failures_ += expected || (transient && crowd) ? 0 : 1;
  cut_off_ = cut_off_ || failures_ >= (transient ? kMostTransient : kMostRefusals);
  close(sequence, State::failed);
}

// The probe is no longer out.
void TracePath::close(std::uint64_t sequence, State outcome) noexcept {
  Probe& probe = probes_[sequence - 1];
  if (probe.state == State::handed_out || probe.state == State::pending) {
    if (!of_mtu(probe)) {
      ways_.came_back(probe.step);
      given_up_[index_of(probe.step.ttl)] += outcome == State::expired ? 1 : 0;
    }
    std::erase(out_, sequence);
  }
  probe.state = outcome;
  ways_.judge(probe.step.flow);
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
  std::uint64_t& highest = highest_reply_[index_of(probe.step.ttl)];
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
  const probe::SendError error = failure.send_error.value_or(probe::SendError{});
  const bool too_late = ended_ && is_untold(error);  // to be asked again
  if ((before != State::pending && before != State::expired) || too_late) {
    return;
  }
  Event event = event_of(EventKind::send_failed, sequence);
  event.at = failure.at;
  event.replaces = before == State::expired ? Replaced::timeout : Replaced::sent;
  failed(std::move(event), error, false, events);
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
    ways_.add(probe.step, probe.answer);
  }
}

void TracePath::count_again(net::Ttl ttl) {
  ways_.forget(ttl);
  for (const Probe& probe : probes_) {
    if (probe.step.ttl == ttl) {
      ways_.add(probe.step, probe.answer);
    }
  }
}

Duration TracePath::patience(net::Ttl ttl) const noexcept {
  return wait_for({.timeout = config_->timeout, .adaptive = config_->adaptive}, ways_.all(),
                  {.ttl = ttl, .given_up = given_up_[index_of(ttl)]});
}

Instant TracePath::expiry(const Probe& probe) const noexcept {
  const auto sequence = static_cast<std::uint64_t>(&probe - probes_.data()) + 1;
  if (std::ranges::find(last_queries_, sequence) != last_queries_.end()) {
    return probe.handed_over + last_patience();
  }
  const bool last = config_->last_query && (config_->queries == 1 || probe.step.flow > 0);
  return std::max(probe.handed_over + patience(probe.step.ttl),
                  last ? last_word(probe) : Instant::min());
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

// Has every probe that matters its outcome?
bool TracePath::complete() const noexcept {
  for (std::uint16_t flow = 0; flow < config_->flows; ++flow) {
    if (!complete(flow)) {
      return false;
    }
  }
  return true;
}

// Before the destination is found, all matter that are out: one behind a silent stretch may still
// show more.
bool TracePath::complete(std::uint16_t flow) const noexcept {
  const PathShape& way = ways_.of(flow);
  if (last_query_left(flow)) {
    return false;
  }
  if (!way.distance() && std::ranges::any_of(out_, [&](std::uint64_t sequence) {
        return probes_[sequence - 1].step.flow == flow;
      })) {
    return false;
  }
  const unsigned end = way.end().value;
  for (unsigned number = way.first().value; number <= end; ++number) {
    const HopShape& hop = way.at(net::Ttl(static_cast<std::uint8_t>(number)));
    if (hop.out > 0 || (hop.asked < config_->queries && !cut_off_)) {
      return false;
    }
  }
  return cut_off_ || (asked_behind(flow) && std::ranges::none_of(again_, [&](const PathStep& step) {
                        return step.flow == flow && step.ttl <= ways_.first_query_limit(flow);
                      }));
}

// Were the hops behind the end, as it seems, asked as far as they may show that it is none?
bool TracePath::asked_behind(std::uint16_t flow) const noexcept {
  const PathShape& way = ways_.of(flow);
  const unsigned behind = ways_.first_query_limit(flow).value;
  for (unsigned number = way.end().value + 1U; number <= behind; ++number) {
    if (way.at(net::Ttl(static_cast<std::uint8_t>(number))).asked == 0) {
      return false;
    }
  }
  return true;
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
  const Event at_the_end{.probe = {.target = id_}, .at = now, .sent_at = now};
  for (std::uint16_t flow = 0; config_->flows > 1 && flow < config_->flows; ++flow) {
    Event& event = events.emplace_back(at_the_end);
    event.kind = EventKind::flow_end;
    event.step = {.ttl = ways_.of(flow).end(), .flow = flow};
    event.path_end = end_of(flow);
  }
  Event event = at_the_end;
  event.kind = EventKind::path_end;
  event.step.ttl = ways_.end();
  const bool unsent =
      std::ranges::all_of(probes_, [](const Probe& probe) { return probe.state == State::failed; });
  const bool kept_back =
      (cut_off_ || unsent) && ways_.path_end() != probe::PathEnd::reached && !mtu_;
  event.path_end = kept_back ? probe::PathEnd::unreachable : ways_.path_end();
  events.push_back(std::move(event));
}

}  // namespace sonde::engine
