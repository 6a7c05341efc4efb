#include "sonde/run/sweep_session.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace sonde::run {

using probe::SweepEvent;
using probe::SweepEventKind;
using stats::EndReason;
using stats::SweepListener;
using stats::Verdict;

namespace {

constexpr std::uint64_t kSlowest = 10;  // probes a second: no slower because of prohibitions

}  // namespace

SweepSession::SweepSession(SweepSessionConfig config, const SweepSessionParts& parts)
    : config_(std::move(config)),
      parts_(parts),
      driver_(parts.engine, parts.transport),
      reader_(parts.reader_gone, parts.control),
      started_(config_.start.clock.steady),
      results_(parts.targets, config_.detail, config_.sample_rounds, config_.options.mode) {
  const transport::Capabilities can = parts_.transport.capabilities();
  config_.start.engine = {
      .backend = std::string(can.backend), .privileged = can.privileged, .clock = can.clock};
  if (config_.options.summary_every) {
    window_.emplace(parts_.targets, stats::SweepDetail::records, 0, config_.options.mode);
    next_interim_ = started_ + *config_.options.summary_every;
  }
  if (config_.progress_every) {
    next_progress_ = started_ + *config_.progress_every;
  }
  if (parts_.names != nullptr) {
    names_.emplace(*parts_.names);
  }
  for (SweepListener* listener : parts_.listeners) {
    subscribers_.push_back({.listener = listener, .wanted = listener->wanted()});
    wanted_ |= subscribers_.back().wanted;
  }
}

void SweepSession::start() {
  if (std::exchange(began_, true)) {
    return;
  }
  for (SweepListener* listener : parts_.listeners) {
    listener->on_start(config_.start, config_.options);
  }
}

// What was in flight when the earlier run ended will never be known: it is left out.
void SweepSession::restore(stats::SavedTarget saved) {
  start();
  (void)grow(started_);
  saved.counts.sent -= std::exchange(saved.counts.in_flight, 0);
  results_.restore(saved);
  parts_.engine.skip(saved.index);
  tell(results_.at(saved.index), started_);
}

void SweepSession::restore_sample(std::uint32_t target, std::uint32_t round,
                                  stats::ProbeSample sample) {
  (void)grow(started_);
  results_.set_sample(target, round, sample);
}

void SweepSession::restore_rtt(const stats::RttStats& rtt, const stats::Quantiles& quantiles) {
  results_.restore_rtt(rtt, quantiles);
}

Verdict SweepSession::run() {
  start();
  while (true) {
    const Instant now = parts_.clock.now();  // one read a turn
    bool busy = admit_targets(now);
    busy = driver_.step(now) || busy;
    busy = pass_on_events(now) || busy;
    busy = pass_on_names(now) || busy;
    periodic(now);
    if (const auto reason = end_reason(now)) {
      return finish(*reason);
    }
    if (!busy && !rest(now)) {
      return finish(EndReason::error);
    }
  }
}

std::optional<EndReason> SweepSession::end_reason(Instant now) const {
  if (parts_.control.output_failed) {
    return EndReason::error;
  }
  const bool stopped = parts_.control.stop;
  const bool late = config_.deadline && now >= started_ + *config_.deadline;
  const bool nameless = names_ && !names_->empty();
  if (parts_.engine.done() && (!nameless || stopped || late)) {
    return EndReason::count;
  }
  if (stopped) {
    return EndReason::signal;
  }
  return late ? std::optional(EndReason::deadline) : std::nullopt;
}

// True: something new came, and more may be there.
bool SweepSession::admit_targets(Instant now) {
  if (closed_ && parts_.feed.all_answered()) {
    return false;
  }
  answers_.clear();
  // As many targets may wait as give names time to be resolved ahead of the probes.
  constexpr std::uint64_t kMostWaiting = 65536;
  parts_.feed.supply(parts_.targets, answers_, now, parts_.engine.waiting() < kMostWaiting);
  const bool grown = grow(now);
  for (NameAnswer& name : answers_) {
    answer(name, now);
  }
  if (!closed_ && parts_.feed.complete()) {
    parts_.engine.close_targets();
    closed_ = true;
  }
  return grown || !answers_.empty();
}

// True: the list has more targets than before.
bool SweepSession::grow(Instant now) {
  if (parts_.targets.size() == known_) {
    return false;
  }
  known_ = parts_.targets.size();
  results_.grow();
  if (window_) {
    window_->grow();
  }
  parts_.engine.extend(now);
  return true;
}

void SweepSession::answer(NameAnswer& name, Instant now) {
  if (name.address) {
    parts_.targets.set_address(name.index, *name.address);
    parts_.engine.resolved(name.index);
  } else {
    results_.fail(name.index, std::move(name.address.error()));
    parts_.engine.failed(name.index, now);
  }
}

bool SweepSession::pass_on_events(Instant now) {
  bool any = false;
  for (auto batch = parts_.engine.take_events(); !batch.empty();
       batch = parts_.engine.take_events()) {
    bool too_many = false;
    for (const SweepEvent& event : batch) {
      pass_on(event, now);
      too_many = (config_.slow_down && watch_.too_many(event)) || too_many;
    }
    if (too_many) {
      slow_down(now);
    }
    any = true;
  }
  return any;
}

void SweepSession::pass_on(const SweepEvent& event, Instant now) {
  results_.apply(event);
  if (window_) {
    window_->apply(event);
  }
  if (event.kind == SweepEventKind::settled) {
    settle(event, now);
    return;
  }
  if (names_) {
    ask_name(event);
  }
  if ((wanted_ & stats::mask_of(event.kind)) == 0) {
    return;
  }
  for (const Subscriber& subscriber : subscribers_) {
    if ((subscriber.wanted & stats::mask_of(event.kind)) != 0) {
      subscriber.listener->on_event(event, results_);
    }
  }
}

void SweepSession::settle(const SweepEvent& event, Instant now) {
  const stats::SweepResult result = results_.after(event);
  const bool wished =
      (event.state == probe::SweepState::alive && config_.name_wish.alive) ||
      (event.state == probe::SweepState::unreachable && config_.name_wish.unreachable);
  if (names_ && wished && result.address && result.name.empty() && result.reverse == nullptr) {
    names_->ask(result.index, *result.address);
    names_->hold(result, event.at, now);
  } else {
    tell(result, event.at);
  }
}

void SweepSession::tell(const stats::SweepResult& result, Instant at) {
  for (SweepListener* listener : parts_.listeners) {
    listener->on_target(result, at);
  }
}

// With rounds a target has lines and summaries before it is settled, if it ever is.
void SweepSession::ask_name(const SweepEvent& event) {
  if (config_.options.mode == probe::SweepMode::until_answer ||
      event.kind != SweepEventKind::reply || !config_.name_wish.alive) {
    return;
  }
  if (asked_.size() <= event.target) {
    asked_.resize(parts_.targets.size());
  }
  const auto address = parts_.targets.at(event.target);
  if (address && parts_.targets.name(event.target).empty() && !asked_[event.target]) {
    asked_[event.target] = true;
    names_->ask(event.target, *address);
  }
}

// True: something new came.
bool SweepSession::pass_on_names(Instant now) {
  if (!names_) {
    return false;
  }
  const auto named = names_->take_names(now);
  for (const NameWait::Named& one : named) {
    results_.set_name(one.target, one.name);
    if (window_) {
      window_->set_name(one.target, one.name);
    }
    if (auto held = names_->release(one.target)) {
      tell_held(*held);
    }
  }
  while (auto held = names_->take_overdue(now)) {
    tell_held(*held);
  }
  return !named.empty();
}

void SweepSession::tell_held(NameWait::Held held) {
  const std::uint32_t index = held.result.index;
  const stats::SweepResult now = results_.at(index);
  held.result.samples = now.samples;
  held.result.reverse = now.reverse;
  tell(held.result, held.at);
  if (config_.options.mode == probe::SweepMode::until_answer) {
    results_.drop_name(index);  // nobody will ask again
  }
}

// Half the rate; without a limit, half of what was reached so far.
void SweepSession::slow_down(Instant now) {
  std::uint64_t rate = parts_.engine.rate().value_or(0);
  if (rate == 0) {
    const double seconds = std::max(std::chrono::duration<double>(now - started_).count(), 0.001);
    rate = static_cast<std::uint64_t>(static_cast<double>(results_.totals().counts.sent) / seconds);
  }
  if (rate <= kSlowest) {
    return;
  }
  rate = std::max(rate / 2, kSlowest);
  parts_.engine.set_rate(rate, now);
  for (SweepListener* listener : parts_.listeners) {
    listener->on_slower(rate);
  }
}

void SweepSession::periodic(Instant now) {
  if (parts_.control.interim && parts_.control.interim.exchange(false)) {
    interim(now, results_);
  }
  const auto& every = config_.options.summary_every;
  if (window_ && every && next_interim_ && now >= *next_interim_) {
    interim(now, *window_);
    window_->restart();
    advance(*next_interim_, *every, now);
  }
  if (config_.progress_every && next_progress_ && now >= *next_progress_) {
    for (SweepListener* listener : parts_.listeners) {
      listener->on_progress({.now = now, .planned = parts_.engine.planned(), .complete = closed_},
                            results_);
    }
    advance(*next_progress_, *config_.progress_every, now);
  }
}

// To the first point of the grid behind `now`.
void SweepSession::advance(Instant& next, Duration every, Instant now) noexcept {
  next += every * ((now - next) / every + 1);
}

void SweepSession::interim(Instant now, const stats::SweepResults& window) {
  for (SweepListener* listener : parts_.listeners) {
    listener->on_interim(now, results_, window);
  }
  flush();
}

void SweepSession::flush() {
  for (SweepListener* listener : parts_.listeners) {
    listener->flush();
  }
}

// Brings out what is known and waits. False: it cannot be brought out, and nothing may follow.
bool SweepSession::rest(Instant now) {
  flush();
  std::optional<Instant> until = limit();
  if (const auto again = reader_.look(now)) {
    until = std::min(until.value_or(*again), *again);
  }
  if (parts_.control.output_failed) {
    return false;
  }
  driver_.wait(until);
  return true;
}

std::optional<Instant> SweepSession::limit() const {
  std::optional<Instant> earliest = parts_.feed.deadline();
  const auto consider = [&earliest](std::optional<Instant> when) {
    if (when && (!earliest || *when < *earliest)) {
      earliest = when;
    }
  };
  consider(names_ ? names_->deadline() : std::nullopt);
  consider(next_interim_);
  consider(next_progress_);
  if (config_.deadline) {
    consider(started_ + *config_.deadline);
  }
  return earliest;
}

// As Session::finish().
Verdict SweepSession::finish(EndReason reason) {
  while (auto held = names_ ? names_->take_any() : std::nullopt) {
    tell_held(*held);
  }
  flush();
  bool lost = parts_.control.output_failed;
  stats::RunEnd end{.ended = parts_.clock.now(),
                    .reason = reason,
                    .engine = config_.start.engine,
                    .rejects = parts_.transport.rejects(),
                    .dropped = parts_.transport.dropped(),
                    .list_digest = closed_ ? std::optional(parts_.targets.digest()) : std::nullopt,
                    .error = config_.failure ? config_.failure() : std::nullopt,
                    .verdict = config_.judge(results_, reason)};
  if (end.error) {
    end.reason = reason == EndReason::count ? EndReason::error : reason;
    end.list_digest.reset();
  }
  end.engine.clock = results_.totals().clock.value_or(end.engine.clock);
  for (SweepListener* listener : parts_.listeners) {
    listener->on_end(end, results_);
    listener->flush();
    if (!lost && parts_.control.output_failed) {
      lost = true;
      end.verdict = config_.judge(results_, reason);
    }
  }
  return end.verdict;
}

// NOLINTNEXTLINE(readability-function-size): as report_failure(), and the list
Verdict report_sweep_failure(const SweepSessionConfig& config, const net::AddressList& targets,
                             std::string error, const Clock& clock,
                             std::span<SweepListener* const> listeners) {
  const stats::SweepResults results(targets, stats::SweepDetail::states);
  stats::RunEnd end{.ended = clock.now(),
                    .reason = EndReason::error,
                    .engine = config.start.engine,
                    .rejects = probe::RejectCounts{},
                    .dropped = 0,
                    .list_digest = std::nullopt,
                    .error = std::move(error),
                    .verdict = config.judge(results, EndReason::error)};
  for (SweepListener* listener : listeners) {
    listener->on_start(config.start, config.options);
    listener->on_end(end, results);
    listener->flush();
  }
  return end.verdict;
}

}  // namespace sonde::run
