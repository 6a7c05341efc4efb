#include "sonde/probe/table.hpp"

#include <utility>

namespace sonde::probe {

ProbeTable::Entry* ProbeTable::find(std::uint64_t sequence) noexcept {
  Entry& entry = at(sequence);
  return entry.state != State::unknown && entry.sequence == sequence ? &entry : nullptr;
}

bool ProbeTable::must_keep(const Entry& entry, Instant now) const noexcept {
  return entry.awaited || (entry.state != State::unknown && now - entry.sent_at < kRemember);
}

void ProbeTable::open(std::uint64_t sequence, Instant sent_at, Instant deadline) {
  while (ring_.size() < kMax && must_keep(at(sequence), sent_at)) {
    grow();
  }
  Entry& entry = at(sequence);
  const bool displaces = entry.awaited;
  if (entry.state == State::pending) {
    displaced_.push_back(
        {.sequence = entry.sequence, .sent_at = entry.sent_at, .deadline = entry.deadline});
  }
  pending_ -= displaces ? 1 : 0;
  entry = {.sequence = sequence,
           .state = State::pending,
           .transmit_stamp = false,
           .awaited = true,
           .sent_at = sent_at,
           .deadline = deadline};
  newest_ = sequence;
  if (pending_++ == 0) {
    oldest_ = sequence;
  } else if (displaces) {
    find_oldest();
  }
}

void ProbeTable::refine(std::uint64_t sequence, Instant transmitted_at) noexcept {
  Entry* entry = find(sequence);
  if (entry != nullptr && entry->state != State::answered) {
    entry->sent_at = transmitted_at;
    entry->transmit_stamp = true;
  }
}

void ProbeTable::refine(std::uint64_t sequence, DeviceTime transmitted_at) noexcept {
  Entry* entry = find(sequence);
  if (entry != nullptr && entry->state != State::answered) {
    entry->device_sent = transmitted_at;
  }
}

ProbeTable::Found ProbeTable::answer(std::uint64_t sequence) noexcept {
  return settle(sequence, State::answered);
}

ProbeTable::Found ProbeTable::refuse(std::uint64_t sequence) noexcept {
  return settle(sequence, State::refused);
}

ProbeTable::Found ProbeTable::doubt(std::uint64_t sequence) noexcept {
  return settle(sequence, State::refused, true);
}

ProbeTable::Found ProbeTable::fail(std::uint64_t sequence) noexcept {
  return settle(sequence, State::failed);
}

// States only ever move up: pending, expired, refused, answered; or from the first two to failed.
ProbeTable::Found ProbeTable::settle(std::uint64_t sequence, State outcome, bool doubted) noexcept {
  Entry* entry = find(sequence);
  if (entry == nullptr) {
    return {};
  }
  const Found found{.before = entry->state,
                    .sent_at = entry->sent_at,
                    .deadline = entry->deadline,
                    .transmit_stamp = entry->transmit_stamp,
                    .device_sent = entry->device_sent};
  const bool met = entry->state == State::refused || entry->state == State::answered;
  if (outcome == State::failed ? !met : outcome > entry->state) {
    entry->state = outcome;
  }
  if (entry->awaited && !doubted) {
    entry->awaited = false;
    --pending_;
    find_oldest();
  }
  return found;
}

std::optional<ProbeTable::Expired> ProbeTable::expire(Instant now) noexcept {
  if (!displaced_.empty()) {
    const Expired first = displaced_.front();
    displaced_.erase(displaced_.begin());
    return first;
  }
  while (pending_ > 0 && at(oldest_).deadline < now) {
    Entry& entry = at(oldest_);
    const bool in_doubt = entry.state != State::pending;
    close_oldest();
    if (!in_doubt) {
      entry.state = State::expired;
      return Expired{
          .sequence = entry.sequence, .sent_at = entry.sent_at, .deadline = entry.deadline};
    }
  }
  return std::nullopt;
}

void ProbeTable::close_oldest() noexcept {
  at(oldest_).awaited = false;
  --pending_;
  find_oldest();
}

std::optional<Instant> ProbeTable::next_deadline() const noexcept {
  if (!displaced_.empty()) {
    return displaced_.front().deadline;
  }
  if (pending_ == 0) {
    return std::nullopt;
  }
  return ring_[oldest_ % ring_.size()].deadline;
}

void ProbeTable::grow() {
  std::vector<Entry> larger(ring_.size() * 2);
  for (const Entry& entry : ring_) {
    if (entry.state != State::unknown) {
      larger[entry.sequence % larger.size()] = entry;
    }
  }
  ring_ = std::move(larger);
}

// Moves oldest_ up to the next pending sequence. It only ever rises, so this is amortised O(1).
void ProbeTable::find_oldest() noexcept {
  if (pending_ == 0) {
    return;
  }
  while (oldest_ < newest_) {
    const Entry& entry = at(oldest_);
    if (entry.sequence == oldest_ && entry.awaited) {
      return;
    }
    ++oldest_;
  }
}

}  // namespace sonde::probe
