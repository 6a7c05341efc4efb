#include "sonde/run/session.hpp"

#include <algorithm>
#include <utility>

namespace sonde::run {

using probe::Event;
using probe::EventKind;
using stats::EndReason;
using stats::TargetResult;
using stats::Verdict;

namespace {

std::vector<TargetResult> empty_results(const std::vector<stats::Target>& targets) {
  std::vector<TargetResult> results;
  results.reserve(targets.size());
  for (const stats::Target& target : targets) {
    results.push_back({.target = target, .stats = {}, .path = std::nullopt, .checks = {}});
  }
  return results;
}

}  // namespace

Session::Session(SessionConfig config, const SessionParts& parts)
    : config_(std::move(config)),
      parts_(parts),
      driver_(parts.engine, parts.transport),
      reader_(parts.reader_gone, parts.control),
      started_(config_.start.clock.steady),
      results_(empty_results(config_.targets)) {
  const transport::Capabilities can = parts_.transport.capabilities();
  config_.start.engine = {
      .backend = std::string(can.backend), .privileged = can.privileged, .clock = can.clock};
}

Verdict Session::run() {
  for (stats::Listener* listener : parts_.listeners) {
    listener->on_start(config_.start);
  }
  while (true) {
    admit_targets();
    pass_on_names();
    bool busy = driver_.step(parts_.clock.now());
    busy = pass_on_events() || busy;
    if (parts_.control.interim && parts_.control.interim.exchange(false)) {
      interim();
    }
    tell_time();
    if (const auto reason = end_reason()) {
      return finish(*reason);
    }
    if (!busy && !rest()) {
      return finish(EndReason::error);
    }
  }
}

std::optional<EndReason> Session::end_reason() {
  if (parts_.control.output_failed) {
    return EndReason::error;
  }
  if (parts_.control.stop) {
    return EndReason::signal;
  }
  if (parts_.engine.done() && !still_waits_for_names()) {
    const bool until =
        config_.until_replies && std::ranges::any_of(results_, [this](const TargetResult& result) {
          const stats::Counts& counts = result.stats.counts();
          return counts.received + counts.late >= *config_.until_replies;
        });
    return until ? EndReason::until : EndReason::count;
  }
  if (config_.deadline && parts_.clock.now() >= started_ + *config_.deadline) {
    return EndReason::deadline;
  }
  return std::nullopt;
}

// Names that come a little later than the last answer are worth a moment, but only that.
bool Session::still_waits_for_names() {
  if (unnamed_.empty() || config_.names_patience == Duration{}) {
    return false;
  }
  const Instant now = parts_.clock.now();
  if (!names_until_) {
    const Instant patient = now + config_.names_patience;
    names_until_ = config_.deadline ? std::min(patient, started_ + *config_.deadline) : patient;
  }
  return now < *names_until_;
}

void Session::admit_targets() {
  if (closed_) {
    return;
  }
  const Instant now = parts_.clock.now();
  for (stats::Target& target : parts_.directory.take_targets(now)) {
    admit(std::move(target), now);
  }
  if (parts_.directory.all_targets_taken()) {
    parts_.engine.close_targets();
    closed_ = true;
  }
}

void Session::admit(stats::Target target, Instant now) {
  TargetResult& result = results_.at(target.id);
  result.target = std::move(target);
  if (result.target.address && config_.path) {
    result.path.emplace(*result.target.address, *config_.path);
  }
  for (stats::Listener* listener : parts_.listeners) {
    listener->on_target(result.target);
  }
  if (result.target.address && !result.target.error) {
    parts_.engine.add_target(result.target.id, *result.target.address, now);
  }
}

void Session::pass_on_names() {
  if (!config_.want_names) {
    return;
  }
  for (const NamedAddress& named : parts_.directory.take_names()) {
    pass_on(named);
  }
}

void Session::pass_on(const NamedAddress& named) {
  unnamed_.erase(named.address);
  for (TargetResult& result : results_) {
    if (result.target.address && result.target.address->same_host(named.address)) {
      result.target.name = named.name;
    }
  }
  for (stats::Listener* listener : parts_.listeners) {
    listener->on_name(named.address, named.name);
  }
}

bool Session::pass_on_events() {
  bool any = false;
  for (auto batch = parts_.engine.take_events(); !batch.empty();
       batch = parts_.engine.take_events()) {
    for (const Event& event : batch) {
      pass_on(event);
    }
    any = true;
  }
  return any;
}

void Session::pass_on(const Event& event) {
  TargetResult& result = results_.at(event.probe.target);
  result.stats.apply(result.path ? result.path->for_target(event) : event);
  if (result.path) {
    result.path->apply(event);
  }
  want_name(event);
  for (stats::Listener* listener : parts_.listeners) {
    listener->on_event(event, result);
  }
}

void Session::want_name(const Event& event) {
  const bool answer = event.kind == EventKind::reply || event.kind == EventKind::late ||
                      event.kind == EventKind::error;
  if (!config_.want_names || !answer) {
    return;
  }
  const net::Address& responder = event.observation.responder;
  parts_.directory.want_name(responder);
  if (asked_.insert(responder).second) {
    unnamed_.insert(responder);
  }
}

// Mostly nobody wants to be woken: then this reads no clock, which would cost a flood a percent.
void Session::tell_time() {
  const std::optional<Instant> due = next_wake();
  if (!due) {
    return;
  }
  const Instant now = parts_.clock.now();
  if (now < *due) {
    return;
  }
  for (stats::Listener* listener : parts_.listeners) {
    listener->on_time(now, results_);
  }
}

void Session::interim() {
  for (stats::Listener* listener : parts_.listeners) {
    listener->on_interim(parts_.clock.now(), results_);
  }
  flush();
}

void Session::flush() {
  for (stats::Listener* listener : parts_.listeners) {
    listener->flush();
  }
}

// Brings out what is known and waits. False: it cannot be brought out, and nothing may follow.
bool Session::rest() {
  flush();
  std::optional<Instant> until = limit();
  const auto again = reader_.watches() ? reader_.look(parts_.clock.now()) : std::nullopt;
  if (again) {
    until = std::min(until.value_or(*again), *again);
  }
  if (parts_.control.output_failed) {
    return false;
  }
  driver_.wait(until);
  return true;
}

std::optional<Instant> Session::limit() const {
  std::optional<Instant> earliest = closed_ ? std::nullopt : parts_.directory.deadline();
  const auto consider = [&earliest](const std::optional<Instant>& at) {
    earliest = at ? std::min(earliest.value_or(*at), *at) : earliest;
  };
  consider(names_until_);
  consider(config_.deadline.transform([this](Duration d) { return started_ + d; }));
  consider(next_wake());
  return earliest;
}

// When the first of the listeners wants to hear the time.
std::optional<Instant> Session::next_wake() const {
  std::optional<Instant> earliest;
  for (const stats::Listener* listener : parts_.listeners) {
    if (const auto at = listener->wake_at()) {
      earliest = std::min(earliest.value_or(*at), *at);
    }
  }
  return earliest;
}

// What the backend's stamps allow, or the weakest clock that a measured RTT had to do with.
probe::RttClock Session::weakest_clock() const {
  std::optional<probe::RttClock> weakest;
  for (const TargetResult& result : results_) {
    const auto clock = result.path ? result.path->clock() : result.stats.clock();
    if (clock) {
      weakest = std::max(weakest.value_or(*clock), *clock);
    }
  }
  return weakest.value_or(config_.start.engine.clock);
}

// What cannot be brought out is part of the verdict: those that come later say it.
Verdict Session::finish(EndReason reason) {
  flush();
  bool lost = parts_.control.output_failed;
  stats::RunEnd end{.ended = parts_.clock.now(),
                    .reason = reason,
                    .engine = config_.start.engine,
                    .rejects = parts_.transport.rejects(),
                    .constant_flows = parts_.transport.capabilities().constant_flows,
                    .dropped = parts_.transport.dropped(),
                    .error = config_.failure ? config_.failure() : std::nullopt,
                    .verdict = config_.judge(results_, reason)};
  if (end.error) {
    end.reason = reason == EndReason::count ? EndReason::error : reason;
  }
  end.engine.clock = weakest_clock();
  for (stats::Listener* listener : parts_.listeners) {
    listener->on_end(end, results_);
    listener->flush();
    if (!lost && parts_.control.output_failed) {
      lost = true;
      end.verdict = config_.judge(results_, reason);
    }
  }
  return end.verdict;
}

Verdict report_failure(const SessionConfig& config, std::string error, const Clock& clock,
                       std::span<stats::Listener* const> listeners) {
  const std::vector<TargetResult> results = empty_results(config.targets);
  stats::RunEnd end{.ended = clock.now(),
                    .reason = EndReason::error,
                    .engine = config.start.engine,
                    .rejects = probe::RejectCounts{},
                    .constant_flows = true,
                    .dropped = 0,
                    .list_digest = std::nullopt,
                    .error = std::move(error),
                    .verdict = config.judge(results, EndReason::error)};
  for (stats::Listener* listener : listeners) {
    listener->on_start(config.start);
    for (const TargetResult& result : results) {
      listener->on_target(result.target);
    }
    listener->on_end(end, results);
    listener->flush();
  }
  return end.verdict;
}

}  // namespace sonde::run
