#include "sonde/engine/sweep_flights.hpp"

#include <algorithm>
#include <utility>

namespace sonde::engine {

SweepFlights::SweepFlights(std::vector<Duration> timeouts)
    : timeouts_(std::move(timeouts)), levels_(timeouts_.size()), ring_(kInitial) {}

std::uint64_t SweepFlights::open(std::uint32_t target, std::uint32_t round, std::uint8_t level,
                                 Instant now) {
  if (must_keep(at(next_), now)) {
    grow();
  }
  Flight& flight = at(next_);  // field by field: see SweepEngine::next_probes
  flight.sent_at = now;
  flight.target = target;
  flight.round = round;
  flight.state = State::issued;
  flight.open = true;
  flight.level = level;
  flight.left_after_ns = 0;
  Level& mine = levels_[level];
  if (mine.waiting++ == 0) {
    mine.oldest = next_;
  }
  ++waiting_;
  return next_++;
}

bool SweepFlights::must_keep(const Flight& flight, Instant now) const noexcept {
  if (flight.open) {
    return true;
  }
  const std::size_t tail = flight.state == State::answered ? kAnsweredTail : kTail;
  return ring_.size() < tail && flight.state != State::withdrawn &&
         now - flight.sent_at < kRemember;
}

SweepFlights::Flight* SweepFlights::find(std::uint64_t number) noexcept {
  const bool remembered = number < next_ && number > 0 && next_ - number <= ring_.size();
  return remembered ? &at(number) : nullptr;
}

void SweepFlights::close(std::uint64_t number) noexcept {
  Flight& flight = at(number);
  flight.open = false;
  --waiting_;
  Level& mine = levels_[flight.level];
  if (--mine.waiting == 0 || mine.oldest != number) {
    return;
  }
  const auto still_open = [&](const Flight& next) {
    return next.open && next.level == flight.level;
  };
  do {
    ++mine.oldest;
  } while (!still_open(at(mine.oldest)));
}

std::optional<std::uint64_t> SweepFlights::overdue(Instant now) const noexcept {
  for (const Level& level : levels_) {
    if (level.waiting > 0 && deadline(at(level.oldest)) < now) {
      return level.oldest;
    }
  }
  return std::nullopt;
}

std::optional<Instant> SweepFlights::next_deadline() const noexcept {
  std::optional<Instant> earliest;
  for (const Level& level : levels_) {
    if (level.waiting > 0) {
      const Instant due = deadline(at(level.oldest));
      earliest = earliest ? std::min(*earliest, due) : due;
    }
  }
  return earliest;
}

// Twice the size: what is open or remembered keeps its number, and so finds its new place.
void SweepFlights::grow() {
  std::vector<Flight> larger(ring_.size() * 2);
  const std::uint64_t first = next_ > ring_.size() ? next_ - ring_.size() : 1;
  for (std::uint64_t number = first; number < next_; ++number) {
    larger[number & (larger.size() - 1)] = at(number);
  }
  ring_ = std::move(larger);
}

}  // namespace sonde::engine
