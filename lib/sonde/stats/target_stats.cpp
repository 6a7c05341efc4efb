#include "sonde/stats/target_stats.hpp"

#include <algorithm>
#include <array>

namespace sonde::stats {

namespace {

constexpr std::array kCounts{&Counts::sent,         &Counts::received,  &Counts::lost,
                             &Counts::late,         &Counts::in_flight, &Counts::duplicate,
                             &Counts::reordered,    &Counts::corrupt,   &Counts::errors,
                             &Counts::send_failures};
static_assert(sizeof(Counts) == kCounts.size() * sizeof(std::uint64_t));

}  // namespace

Counts& Counts::operator+=(const Counts& other) noexcept {
  for (const auto count : kCounts) {
    this->*count += other.*count;
  }
  return *this;
}

Counts& Counts::operator-=(const Counts& other) noexcept {
  for (const auto count : kCounts) {
    this->*count -= other.*count;
  }
  return *this;
}

std::optional<double> Counts::loss_ratio() const noexcept {
  if (finished() == 0) {
    return std::nullopt;
  }
  return static_cast<double>(unanswered()) / static_cast<double>(finished());
}

std::optional<std::uint64_t> Counts::loss_percent() const noexcept {
  constexpr std::uint64_t kPercent = 100;
  if (finished() == 0) {
    return std::nullopt;
  }
  return unanswered() * kPercent / finished();
}

// The bucket that the probe was in before its outcome.
std::uint64_t& TargetStats::bucket_before(const probe::Event& event) noexcept {
  switch (event.replaces) {
    case probe::Replaced::timeout:
      return counts_.lost;
    case probe::Replaced::error:
      return counts_.errors;
    case probe::Replaced::nothing:
    case probe::Replaced::sent:
      break;
  }
  return counts_.in_flight;
}

void TargetStats::apply(const probe::Event& event) {
  using probe::EventKind;
  const std::uint64_t sequence = event.probe.sequence;
  switch (event.kind) {
    case EventKind::sent:
      attempted(event);
      ++counts_.in_flight;
      break;
    case EventKind::send_failed:
      if (event.replaces == probe::Replaced::nothing) {
        attempted(event);
      } else {
        --bucket_before(event);
      }
      ++counts_.send_failures;
      outages_.unanswered(sequence);
      break;
    case EventKind::reply:
      ++counts_.received;
      --bucket_before(event);
      answered(event);
      if (event.replaces == probe::Replaced::nothing) {
        outages_.answered(sequence);
      } else {
        outages_.answered_late(sequence, event.sent_at);
      }
      break;
    case EventKind::timeout:
      ++counts_.lost;
      --bucket_before(event);
      outages_.unanswered(sequence);
      break;
    case EventKind::late:
      ++counts_.late;
      --bucket_before(event);
      answered(event);
      outages_.answered_late(sequence, event.sent_at);
      break;
    case EventKind::duplicate:
      ++counts_.duplicate;
      break;
    case EventKind::error:
      ++counts_.errors;
      --bucket_before(event);
      outages_.unanswered(sequence);
      break;
    case EventKind::path_mtu:
    case EventKind::flow_end:
    case EventKind::path_end:
      return;  // of no probe
  }
  counts_.reordered += event.reordered ? 1 : 0;
  counts_.corrupt += event.observation.corruption ? 1 : 0;
  last_event_ = std::max(last_event_, std::optional(event.at));
}

void TargetStats::attempted(const probe::Event& event) {
  ++counts_.sent;
  if (!first_sent_) {
    first_sent_ = event.at;
  }
  last_sent_ = event.at;
  outages_.sent(event.probe.sequence, event.at);
}

void TargetStats::answered(const probe::Event& event) {
  if (!event.rtt) {
    return;
  }
  rtt_.add(*event.rtt);
  quantiles_.add(*event.rtt);
  clock_ = std::max(clock_, std::optional(event.clock));
}

}  // namespace sonde::stats
