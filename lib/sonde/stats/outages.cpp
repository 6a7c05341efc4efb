#include "sonde/stats/outages.hpp"

#include <algorithm>

namespace sonde::stats {

void OutageTracker::sent(std::uint64_t sequence, Instant at) {
  if (window_.empty() || sequence > window_.back().sequence) {
    window_.push_back({.sequence = sequence, .sent_at = at});
  }
}

OutageTracker::Waiting* OutageTracker::find(std::uint64_t sequence) noexcept {
  const auto first = window_.begin() + static_cast<std::ptrdiff_t>(head_);
  const auto at = std::ranges::lower_bound(first, window_.end(), sequence, {}, &Waiting::sequence);
  return at != window_.end() && at->sequence == sequence ? &*at : nullptr;
}

void OutageTracker::answered(std::uint64_t sequence) {
  Waiting* probe = find(sequence);
  if (probe == nullptr) {
    return;
  }
  probe->state = State::answered;
  newest_answered_ = std::max(newest_answered_, sequence);
  settle();
}

void OutageTracker::answered_late(std::uint64_t sequence, Instant sent_at) {
  newest_answered_ = std::max(newest_answered_, sequence);
  if (Waiting* probe = find(sequence); probe != nullptr) {
    probe->state = State::answered;
    settle();
    return;
  }
  if (!run_) {
    return;
  }
  if (sequence > run_->from_seq) {
    run_->probes = std::min(run_->probes, sequence - run_->from_seq);
    run_->to_seq = std::min(run_->to_seq, sequence - 1);
    close_run(sent_at);
  }
  run_.reset();
}

void OutageTracker::unanswered(std::uint64_t sequence) {
  if (Waiting* probe = find(sequence); probe != nullptr && probe->state == State::pending) {
    probe->state = State::unanswered;
    settle();
  }
}

void OutageTracker::settle() {
  for (; head_ < window_.size() && window_[head_].state != State::pending; ++head_) {
    const Waiting& probe = window_[head_];
    if (probe.state == State::answered) {
      close_run(probe.sent_at);
      continue;
    }
    if (!run_) {
      run_ = Run{.from_seq = probe.sequence,
                 .to_seq = probe.sequence,
                 .probes = 0,
                 .started = probe.sent_at,
                 .last_sent = probe.sent_at};
    }
    run_->to_seq = probe.sequence;
    run_->last_sent = probe.sent_at;
    ++run_->probes;
  }
  // The newest one stays, so that sent() knows which sequence came last.
  if (head_ > window_.size() / 2 && head_ > 1) {
    const std::size_t judged = std::min(head_, window_.size() - 1);
    window_.erase(window_.begin(), window_.begin() + static_cast<std::ptrdiff_t>(judged));
    head_ -= judged;
  }
}

void OutageTracker::close_run(Instant recovered_at) {
  if (run_ && run_->probes >= kProbes && closed_.size() < kMaxKept) {
    closed_.push_back({.from_seq = run_->from_seq,
                       .to_seq = run_->to_seq,
                       .started = run_->started,
                       .duration = std::max(Duration{}, recovered_at - run_->started)});
  }
  run_.reset();
}

bool OutageTracker::down() const noexcept {
  return run_ && run_->probes >= kProbes && newest_answered_ < run_->from_seq;
}

std::optional<Outage> OutageTracker::current() const noexcept {
  return run_ && down() ? std::optional(run_->as_outage(true)) : std::nullopt;
}

std::vector<Outage> OutageTracker::all() const {
  std::vector<Outage> out = closed_;
  if (run_ && run_->probes >= kProbes && out.size() < kMaxKept) {
    out.push_back(run_->as_outage(down()));
  }
  return out;
}

}  // namespace sonde::stats
