#include "sonde/stats/sweep_results.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace sonde::stats {

using probe::Replaced;
using probe::SweepEvent;
using probe::SweepEventKind;
using probe::SweepState;

namespace {

// Different responders of ICMP errors to be remembered: routers are few.
constexpr std::size_t kMostResponders = 65535;

[[nodiscard]] Duration from_ns(double ns) noexcept { return Duration(std::llround(ns)); }

[[nodiscard]] bool is_answer(SweepEventKind kind) noexcept {
  return kind == SweepEventKind::reply || kind == SweepEventKind::late;
}

// Of a sent probe nothing is known yet, and a duplicate changes nothing.
[[nodiscard]] std::optional<ProbeSample> sample_of(const SweepEvent& event) noexcept {
  switch (event.kind) {
    case SweepEventKind::reply:
      return ProbeSample::reply(event.rtt);
    case SweepEventKind::late:
      return ProbeSample::late(event.rtt);
    case SweepEventKind::timeout:
      return ProbeSample(ProbeEnd::timeout);
    case SweepEventKind::error:
      return ProbeSample(ProbeEnd::error);
    case SweepEventKind::send_failed:
      return ProbeSample(ProbeEnd::send_failed);
    case SweepEventKind::sent:
    case SweepEventKind::duplicate:
    case SweepEventKind::settled:
      break;
  }
  return std::nullopt;
}

}  // namespace

SweepResults::SweepResults(const net::AddressList& targets, SweepDetail detail,
                           std::uint32_t rounds, probe::SweepMode mode)
    : targets_(&targets),
      detail_(detail),
      rounds_(rounds),
      alive_at_once_(mode != probe::SweepMode::until_answer),
      samples_(rounds > 0 ? rounds : 1) {
  grow();
}

void SweepResults::grow() {
  states_.grow(targets_->size());
  if (has_records()) {
    records_.grow(targets_->size());
  }
  if (detail_ == SweepDetail::samples) {
    samples_.grow(targets_->size());
  }
}

std::size_t SweepResults::bytes_a_target() const noexcept {
  const std::size_t record = !has_records() ? 0 : sizeof(Record);
  const std::size_t samples = detail_ == SweepDetail::samples ? rounds_ * sizeof(float) : 0;
  return record + samples;
}

SweepResults::Change SweepResults::change_of(const SweepEvent& event) noexcept {
  return {.kind = event.kind, .replaces = event.replaces, .corrupt = event.corruption.has_value()};
}

// The buckets, whoever keeps them: run totals and records count alike.
template <typename Counters>
void SweepResults::count(Counters& into, Change change, Span span) noexcept {
  switch (change.kind) {
    case SweepEventKind::sent:
      ++into.sent;
      break;
    case SweepEventKind::send_failed:
      into.sent += change.replaces == Replaced::nothing ? 1 : 0;
      ++into.send_failures;
      break;
    case SweepEventKind::reply:
      ++into.received;
      break;
    case SweepEventKind::timeout:
      ++into.lost;
      break;
    case SweepEventKind::late:
      ++into.late;
      break;
    case SweepEventKind::duplicate:
      ++into.duplicate;
      break;
    case SweepEventKind::error:
      ++into.errors;
      break;
    case SweepEventKind::settled:
      break;
  }
  into.corrupt += is_answer(change.kind) && change.corrupt ? 1 : 0;
  // Of an interval: what is replaced may have been counted in the one before.
  const auto take_back = [span](auto& counter) {
    counter -= span == Span::interval && counter == 0 ? 0 : 1;
  };
  if (change.replaces == Replaced::timeout) {
    take_back(into.lost);
  } else if (change.replaces == Replaced::error) {
    take_back(into.errors);
  }
}

void SweepResults::apply(const SweepEvent& event) {
  count(totals_.counts, change_of(event), span_);
  switch (event.kind) {
    case SweepEventKind::sent:
      totals_.first_sent = totals_.first_sent.value_or(event.at);
      totals_.last_sent = event.at;
      break;
    case SweepEventKind::reply:
    case SweepEventKind::late:
      answered(event);
      break;
    case SweepEventKind::settled:
      set_state(event.target, event.state);
      if (settled_last_) {
        tries_.erase(*settled_last_);
      }
      settled_last_ = event.target;
      if (has_records()) {
        records_[event.target].settled = true;
      }
      return;
    case SweepEventKind::send_failed:
    case SweepEventKind::timeout:
    case SweepEventKind::duplicate:
    case SweepEventKind::error:
      break;
  }
  if (has_records()) {
    record(event);
  } else if (detail_ == SweepDetail::tries) {
    note_try(event);
  }
}

// Whoever answers the first probe leaves no trace.
void SweepResults::note_try(const SweepEvent& event) {
  Tries* tries = tries_.find(event.target);
  if (tries == nullptr) {
    const bool missed =
        event.kind == SweepEventKind::timeout || event.kind == SweepEventKind::error;
    if (!missed || states_.at(event.target) != SweepState::pending) {
      return;
    }
    tries = &tries_.at(event.target);
    tries->sent = 1;
  }
  count(*tries, change_of(event), Span::run);
  note_error(tries->icmp, event);
}

void SweepResults::answered(const SweepEvent& event) {
  totals_.clock = std::max(totals_.clock.value_or(event.clock), event.clock);
  quantiles_.add(event.rtt);
  rtt_.add(event.rtt);
  if (alive_at_once_ && states_.at(event.target) == SweepState::pending) {
    set_state(event.target, SweepState::alive);
  }
}

void SweepResults::set_state(std::uint32_t target, SweepState state) noexcept {
  const auto counter = [this](SweepState of) -> std::uint64_t* {
    switch (of) {
      case SweepState::alive:
        return &totals_.alive;
      case SweepState::unreachable:
        return &totals_.unreachable;
      case SweepState::failed:
        return &totals_.failed;
      case SweepState::pending:
        break;
    }
    return nullptr;
  };
  if (std::uint64_t* const before = counter(states_.at(target))) {
    --*before;
  }
  if (std::uint64_t* const now = counter(state)) {
    ++*now;
  }
  states_.set(target, state);
}

void SweepResults::record(const SweepEvent& event) {
  Record& record = records_[event.target];
  if (record.settled) {
    return;
  }
  count(record, change_of(event), span_);
  if (detail_ == SweepDetail::samples) {
    if (const auto sample = sample_of(event)) {
      set_sample(event.target, event.round, *sample);
    }
  }
  if (is_answer(event.kind)) {
    add_rtt(record, event.rtt);
    record.clock = std::max(record.clock, event.clock);
  }
  note_error(record.icmp, event);
}

// Welford's method, as in rtt.cpp.
void SweepResults::add_rtt(Record& record, Duration rtt) noexcept {
  const std::int64_t ns = rtt.count();
  const std::uint32_t samples = record.received + record.late;
  record.min_ns = samples == 1 ? ns : std::min(record.min_ns, ns);
  record.max_ns = std::max(record.max_ns, ns);
  record.last_ns = ns;
  const double from_old_mean = static_cast<double>(ns) - record.mean_ns;
  record.mean_ns += from_old_mean / samples;
  record.m2 += from_old_mean * (static_cast<double>(ns) - record.mean_ns);
}

void SweepResults::note_error(IcmpError& kept, const SweepEvent& event) {
  if (event.kind == SweepEventKind::error && event.observation != nullptr &&
      event.observation->kind == probe::ObservationKind::icmp_error) {
    kept = {.type = event.observation->icmp.type,
            .code = event.observation->icmp.code,
            .responder = number_of(event.observation->responder),
            .met = true};
  }
}

std::uint16_t SweepResults::number_of(const net::Address& responder) {
  const auto known = responder_numbers_.find(responder);
  if (known != responder_numbers_.end()) {
    return known->second;
  }
  if (responders_.size() == kMostResponders) {
    return 0;
  }
  responders_.push_back(responder);
  const auto number = static_cast<std::uint16_t>(responders_.size());
  responder_numbers_.emplace(responder, number);
  return number;
}

std::optional<SweepIcmpError> SweepResults::error_of(
    const IcmpError& kept, const std::optional<net::Address>& target) const {
  if (!kept.met) {
    return std::nullopt;
  }
  const wire::IcmpType icmp{.type = kept.type, .code = kept.code};
  const net::Family family = target ? target->family() : net::Family::v4;
  return SweepIcmpError{.icmp = icmp,
                        .status = probe::status_of(family, icmp),
                        .responder = kept.responder > 0
                                         ? std::optional(responders_[kept.responder - 1])
                                         : std::nullopt};
}

void SweepResults::fail(std::uint32_t index, TargetError error) {
  failures_.insert_or_assign(index, std::move(error));
}

void SweepResults::set_name(std::uint32_t index, Untrusted name) {
  names_.insert_or_assign(index, std::move(name));
}

void SweepResults::drop_name(std::uint32_t index) { names_.erase(index); }

void SweepResults::restore(const SavedTarget& saved) {
  set_state(saved.index, saved.state);
  if (saved.name) {
    set_name(saved.index, *saved.name);
  }
  if (saved.error) {
    fail(saved.index, *saved.error);
  }
  restore_counts(saved.counts, saved.rtt.transform([](const auto& rtt) { return rtt.clock; }));
  if (has_records()) {
    restore_record(saved);
  }
  if (detail_ == SweepDetail::samples) {
    const std::span<ProbeSample> row = samples_[saved.index];
    std::copy_n(saved.samples.begin(), std::min(saved.samples.size(), row.size()), row.begin());
  }
}

void SweepResults::restore_counts(const Counts& counts, std::optional<probe::RttClock> clock) {
  totals_.counts += counts;
  if (clock) {
    totals_.clock = std::max(totals_.clock.value_or(*clock), *clock);
  }
}

void SweepResults::restore_record(const SavedTarget& saved) {
  const auto narrow = [](std::uint64_t count) { return static_cast<std::uint32_t>(count); };
  Record& record = records_[saved.index];
  record.settled = saved.state == SweepState::alive || saved.state == SweepState::unreachable;
  record.sent = narrow(saved.counts.sent);
  record.received = narrow(saved.counts.received);
  record.late = narrow(saved.counts.late);
  record.lost = narrow(saved.counts.lost);
  record.errors = narrow(saved.counts.errors);
  record.send_failures = narrow(saved.counts.send_failures);
  record.duplicate = narrow(saved.counts.duplicate);
  record.corrupt = narrow(saved.counts.corrupt);
  if (saved.rtt) {
    const auto deviation = static_cast<double>(saved.rtt->stddev.count());
    record.min_ns = saved.rtt->min.count();
    record.max_ns = saved.rtt->max.count();
    record.last_ns = saved.rtt->last.count();
    record.mean_ns = static_cast<double>(saved.rtt->mean.count());
    record.m2 = deviation * deviation * (record.received + record.late);
    record.clock = saved.rtt->clock;
  }
  if (const auto& error = saved.icmp_error) {
    record.icmp = {.type = error->icmp.type,
                   .code = error->icmp.code,
                   .responder = error->responder ? number_of(*error->responder) : std::uint16_t{0},
                   .met = true};
  }
}

void SweepResults::set_sample(std::uint32_t index, std::uint32_t round, ProbeSample sample) {
  if (detail_ == SweepDetail::samples && round < rounds_) {
    samples_[index][round] = sample;
  }
}

void SweepResults::restore_rtt(const RttStats& rtt, const Quantiles& quantiles) {
  rtt_.merge(rtt);
  quantiles_.merge(quantiles);
}

void SweepResults::restart() {
  span_ = Span::interval;
  totals_.counts = {};
  totals_.first_sent.reset();
  totals_.last_sent.reset();
  quantiles_ = {};
  rtt_ = {};
  records_.clear();
  samples_.clear();
}

SweepTotals SweepResults::totals() const noexcept {
  SweepTotals totals = totals_;
  totals.counts.in_flight = in_flight(totals.counts);
  return totals;
}

std::uint64_t SweepResults::in_flight(const Counts& counts) noexcept {
  const std::uint64_t ended =
      counts.received + counts.late + counts.lost + counts.errors + counts.send_failures;
  return counts.sent > ended ? counts.sent - ended : 0;
}

SweepResult SweepResults::at(std::uint32_t index) const {
  // Field by field, as everything on the path of a probe (engine/sweep.cpp).
  SweepResult result;
  result.index = index;
  if (!targets_->read(index, result.address.emplace())) {
    result.address.reset();
  }
  result.name = targets_->name(index);
  result.state = states_.at(index);
  if (result.state == SweepState::failed) {
    const auto failure = failures_.find(index);
    result.error = failure == failures_.end() ? nullptr : &failure->second;
  }
  if (!names_.empty()) {
    const auto name = names_.find(index);
    result.reverse = name == names_.end() ? nullptr : &name->second;
  }
  if (has_records()) {
    fill_from_record(result);
  }
  if (detail_ == SweepDetail::samples) {
    result.samples = samples_[index];
  }
  return result;
}

template <typename Counters>
Counts SweepResults::counts_of(const Counters& counters) noexcept {
  Counts counts{.sent = counters.sent,
                .received = counters.received,
                .lost = counters.lost,
                .late = counters.late,
                .duplicate = counters.duplicate,
                .corrupt = counters.corrupt,
                .errors = counters.errors,
                .send_failures = counters.send_failures};
  counts.in_flight = in_flight(counts);
  return counts;
}

void SweepResults::fill_from_record(SweepResult& result) const {
  const Record& record = records_[result.index];
  result.counts = counts_of(record);
  const std::uint32_t samples = record.received + record.late;
  if (samples > 0) {
    const double variance = std::max(0.0, record.m2 / samples);
    const Duration min{record.min_ns};
    const Duration max{record.max_ns};
    // The clamp takes the last rounding error away: a mean outside its samples would be a lie.
    result.rtt = SweepRtt{.min = min,
                          .mean = std::clamp(from_ns(record.mean_ns), min, max),
                          .max = max,
                          .stddev = from_ns(std::sqrt(variance)),
                          .last = Duration(record.last_ns),
                          .clock = record.clock};
  }
  result.icmp_error = error_of(record.icmp, result.address);
}

SweepResult SweepResults::after(const SweepEvent& event) const {
  SweepResult result = at(event.target);
  if (has_records() || result.state == SweepState::failed) {
    return result;
  }
  const SweepEventKind kind = event.kind == SweepEventKind::settled ? event.cause : event.kind;
  if (const Tries* tries = tries_.find(event.target)) {
    result.counts = counts_of(*tries);
    result.icmp_error = error_of(tries->icmp, result.address);
  } else {
    // The first probe, and what became of it.
    Tries first{.sent =
                    kind == SweepEventKind::sent || kind == SweepEventKind::send_failed ? 0U : 1U};
    count(first, {.kind = kind, .corrupt = event.corruption.has_value()}, Span::run);
    result.counts = counts_of(first);
  }
  if (is_answer(kind)) {
    result.rtt = SweepRtt{.min = event.rtt,
                          .mean = event.rtt,
                          .max = event.rtt,
                          .stddev = {},
                          .last = event.rtt,
                          .clock = event.clock};
  }
  return result;
}

}  // namespace sonde::stats
