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
constexpr std::size_t kMostResponders = 65536;

[[nodiscard]] Duration from_ns(double ns) noexcept { return Duration(std::llround(ns)); }

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
  if (detail_ != SweepDetail::states) {
    records_.grow(targets_->size());
  }
  if (detail_ == SweepDetail::samples) {
    samples_.grow(targets_->size());
  }
}

std::size_t SweepResults::bytes_a_target() const noexcept {
  const std::size_t record = detail_ == SweepDetail::states ? 0 : sizeof(Record);
  const std::size_t samples = detail_ == SweepDetail::samples ? rounds_ * sizeof(float) : 0;
  return record + samples;
}

// The buckets, whoever keeps them: run totals and records count alike.
template <typename Counters>
void SweepResults::count(Counters& into, const SweepEvent& event) noexcept {
  switch (event.kind) {
    case SweepEventKind::sent:
      ++into.sent;
      break;
    case SweepEventKind::send_failed:
      into.sent += event.replaces == Replaced::nothing ? 1 : 0;
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
  if (event.replaces == Replaced::timeout) {
    --into.lost;
  } else if (event.replaces == Replaced::error) {
    --into.errors;
  }
}

void SweepResults::apply(const SweepEvent& event) {
  count(totals_.counts, event);
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
      return;
    case SweepEventKind::send_failed:
    case SweepEventKind::timeout:
    case SweepEventKind::duplicate:
    case SweepEventKind::error:
      break;
  }
  if (detail_ != SweepDetail::states) {
    record(event);
  }
}

void SweepResults::answered(const SweepEvent& event) {
  totals_.clock = std::max(totals_.clock.value_or(event.clock), event.clock);
  totals_.counts.corrupt += event.corrupt ? 1 : 0;
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
  count(record, event);
  if (event.kind == SweepEventKind::reply || event.kind == SweepEventKind::late) {
    add_rtt(record, event.rtt);
    if (detail_ == SweepDetail::samples && event.round < rounds_) {
      const auto ns = static_cast<float>(std::max<Duration::rep>(event.rtt.count(), 1));
      samples_[event.target][event.round] = ns;
    }
  } else if (event.kind == SweepEventKind::error && event.observation != nullptr) {
    note_error(record, *event.observation);
  }
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

void SweepResults::note_error(Record& record, const probe::Observation& seen) {
  if (seen.kind != probe::ObservationKind::icmp_error) {
    return;
  }
  record.met_error = true;
  record.icmp_type = seen.icmp.type;
  record.icmp_code = seen.icmp.code;
  const auto known = responder_numbers_.find(seen.responder);
  if (known != responder_numbers_.end()) {
    record.responder = known->second;
    return;
  }
  record.responder = 0;
  if (responders_.size() < kMostResponders) {
    responders_.push_back(seen.responder);
    record.responder = static_cast<std::uint32_t>(responders_.size());
    responder_numbers_.emplace(seen.responder, record.responder);
  }
}

void SweepResults::fail(std::uint32_t index, TargetError error) {
  failures_.insert_or_assign(index, std::move(error));
}

void SweepResults::restore(const SavedTarget& saved) {
  set_state(saved.index, saved.state);
  if (saved.error) {
    fail(saved.index, *saved.error);
  }
  restore_counts(saved.counts, std::nullopt);
  if (detail_ != SweepDetail::states) {
    restore_record(saved);
  }
  if (detail_ == SweepDetail::samples) {
    const std::span<float> row = samples_[saved.index];
    std::copy_n(saved.samples.begin(), std::min(saved.samples.size(), row.size()), row.begin());
  }
}

void SweepResults::restore_counts(const Counts& counts, std::optional<probe::RttClock> clock) {
  Counts& all = totals_.counts;
  all.sent += counts.sent - counts.in_flight;
  all.received += counts.received;
  all.lost += counts.lost;
  all.late += counts.late;
  all.duplicate += counts.duplicate;
  all.errors += counts.errors;
  all.send_failures += counts.send_failures;
  if (clock) {
    totals_.clock = std::max(totals_.clock.value_or(*clock), *clock);
  }
}

// What was in flight when the earlier run ended will never be known: it is left out.
void SweepResults::restore_record(const SavedTarget& saved) {
  const auto narrow = [](std::uint64_t count) { return static_cast<std::uint32_t>(count); };
  Record& record = records_[saved.index];
  record.sent = narrow(saved.counts.sent - saved.counts.in_flight);
  record.received = narrow(saved.counts.received);
  record.late = narrow(saved.counts.late);
  record.lost = narrow(saved.counts.lost);
  record.errors = narrow(saved.counts.errors);
  record.send_failures = narrow(saved.counts.send_failures);
  record.duplicate = narrow(saved.counts.duplicate);
  if (saved.rtt) {
    const auto deviation = static_cast<double>(saved.rtt->stddev.count());
    record.min_ns = saved.rtt->min.count();
    record.max_ns = saved.rtt->max.count();
    record.last_ns = saved.rtt->last.count();
    record.mean_ns = static_cast<double>(saved.rtt->mean.count());
    record.m2 = deviation * deviation * (record.received + record.late);
  }
}

void SweepResults::restore_rtt(const RttStats& rtt, const Quantiles& quantiles) {
  rtt_.merge(rtt);
  quantiles_.merge(quantiles);
}

void SweepResults::restart() {
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
  SweepResult result{.index = index,
                     .address = targets_->at(index),
                     .name = targets_->name(index),
                     .state = states_.at(index)};
  if (result.state == SweepState::failed) {
    const auto failure = failures_.find(index);
    result.error = failure == failures_.end() ? nullptr : &failure->second;
  }
  if (detail_ != SweepDetail::states) {
    fill_from_record(result);
  }
  if (detail_ == SweepDetail::samples) {
    result.samples = samples_[index];
  }
  return result;
}

void SweepResults::fill_from_record(SweepResult& result) const {
  const Record& record = records_[result.index];
  Counts& counts = result.counts;
  counts.sent = record.sent;
  counts.received = record.received;
  counts.lost = record.lost;
  counts.late = record.late;
  counts.duplicate = record.duplicate;
  counts.errors = record.errors;
  counts.send_failures = record.send_failures;
  counts.in_flight = in_flight(counts);
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
                          .last = Duration(record.last_ns)};
  }
  if (record.met_error) {
    const wire::IcmpType icmp{.type = record.icmp_type, .code = record.icmp_code};
    result.icmp_error = SweepIcmpError{.icmp = icmp};
    if (record.responder > 0) {
      result.icmp_error->responder = responders_[record.responder - 1];
    }
    const net::Family family = result.address ? result.address->family() : net::Family::v4;
    result.icmp_error->status = probe::status_of(family, icmp);
  }
}

SweepResult SweepResults::after(const SweepEvent& event) const {
  SweepResult result = at(event.target);
  if (detail_ != SweepDetail::states || result.state == SweepState::failed) {
    return result;
  }
  Counts& counts = result.counts;
  counts.sent = event.round + 1;
  counts.errors = event.earlier_errors;
  counts.lost = event.round - std::min<std::uint32_t>(event.round, event.earlier_errors);
  switch (event.kind == SweepEventKind::settled ? event.cause : event.kind) {
    case SweepEventKind::reply:
      counts.received = 1;
      break;
    case SweepEventKind::late:
      counts.late = 1;
      break;
    case SweepEventKind::timeout:
      ++counts.lost;
      return result;
    case SweepEventKind::error:
      ++counts.errors;
      return result;
    case SweepEventKind::send_failed:
      ++counts.send_failures;
      return result;
    case SweepEventKind::sent:
    case SweepEventKind::duplicate:
    case SweepEventKind::settled:
      return result;
  }
  result.rtt = SweepRtt{
      .min = event.rtt, .mean = event.rtt, .max = event.rtt, .stddev = {}, .last = event.rtt};
  return result;
}

}  // namespace sonde::stats
