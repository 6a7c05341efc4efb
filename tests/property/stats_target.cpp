// TargetStats under random legal event sequences: the sum of the buckets, and outages against a
// list of every probe's outcome.
#include <doctest/doctest.h>

#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/stats/target_stats.hpp"

namespace sonde::stats {
namespace {

using probe::EventKind;

constexpr Instant kStart{1000s};

// One target's probes, and what may legally happen to each next.
class World {
 public:
  explicit World(std::uint64_t seed) : rng_(seed) {}

  [[nodiscard]] probe::Event next() {
    now_ += 1ms;
    const std::uint64_t dice = rng_.below(10);
    if (probes_.empty() || dice < 4) {
      return open();
    }
    const std::size_t recent = std::min<std::size_t>(probes_.size(), 12);
    const std::size_t index = probes_.size() - 1 - rng_.below(recent);
    return advance(index);
  }
  [[nodiscard]] const std::vector<EventKind>& outcomes() const { return probes_; }

 private:
  [[nodiscard]] probe::Event event(EventKind kind, std::size_t index) const {
    probe::Event out{.kind = kind,
                     .probe = {.target = 0, .sequence = index + 1},
                     .at = now_,
                     .sent_at = sent_at_[index]};
    if (kind == EventKind::reply || kind == EventKind::late || kind == EventKind::duplicate) {
      out.rtt = now_ - sent_at_[index];
    }
    return out;
  }

  [[nodiscard]] probe::Event replacing(probe::Replaced before, std::size_t index) const {
    probe::Event out = event(probes_[index], index);
    out.replaces = before;
    return out;
  }

  [[nodiscard]] probe::Event open() {
    probes_.push_back(rng_.below(8) == 0 ? EventKind::send_failed : EventKind::sent);
    sent_at_.push_back(now_);
    return event(probes_.back(), probes_.size() - 1);
  }

  [[nodiscard]] probe::Event advance(std::size_t index) {
    EventKind& state = probes_[index];
    switch (state) {
      case EventKind::sent:
        state = std::vector{EventKind::reply, EventKind::timeout, EventKind::error,
                            EventKind::send_failed}[rng_.below(4)];
        return state == EventKind::send_failed ? replacing(probe::Replaced::sent, index)
                                               : event(state, index);
      case EventKind::timeout:
        state = std::vector{EventKind::late, EventKind::error, EventKind::late,
                            EventKind::send_failed}[rng_.below(4)];
        return replacing(probe::Replaced::timeout, index);
      case EventKind::error:
        state = rng_.below(2) == 0 ? EventKind::reply : EventKind::late;
        return replacing(probe::Replaced::error, index);
      case EventKind::send_failed:
        return open();
      default:
        return event(EventKind::duplicate, index);
    }
  }

  SeededRng rng_;
  Instant now_ = kStart;
  std::vector<EventKind> probes_;
  std::vector<Instant> sent_at_;
};

TEST_CASE("property: every sent probe is in exactly one bucket, after every event") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    World world(seed);
    TargetStats stats;
    for (int step = 0; step < 500; ++step) {
      stats.apply(world.next());
      const Counts& c = stats.counts();
      REQUIRE(c.sent == c.received + c.late + c.lost + c.errors + c.send_failures + c.in_flight);
      REQUIRE(c.sent == world.outcomes().size());
      REQUIRE(stats.rtt().count() == c.received + c.late);
      REQUIRE(stats.quantiles().count() == stats.rtt().count());
      REQUIRE(c.loss_ratio().value_or(0) >= 0);
      REQUIRE(c.loss_ratio().value_or(0) <= 1);
    }
  }
}

struct Stretch {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  friend bool operator==(const Stretch&, const Stretch&) = default;
};

// Runs of at least two unanswered outcomes, read off the finished list.
std::vector<Stretch> naive_outages(const std::vector<bool>& answered) {
  std::vector<Stretch> out;
  for (std::size_t i = 0; i < answered.size();) {
    std::size_t end = i;
    while (end < answered.size() && !answered[end]) {
      ++end;
    }
    if (end - i >= TargetStats::kOutageProbes) {
      out.push_back({.from = i + 1, .to = end});
    }
    i = end + 1;
  }
  return out;
}

// Outcomes are concluded in any order within a window of probes in flight.
TEST_CASE("property: outages are those of the list, in whatever order outcomes come") {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SeededRng rng(seed);
    const std::size_t probes = 1 + rng.below(300);
    const std::size_t window = 1 + rng.below(20);
    const std::uint64_t loss = 1 + rng.below(9);
    std::vector<bool> answered(probes);
    std::vector<std::size_t> waiting;
    TargetStats stats;
    std::size_t next = 0;
    while (next < probes || !waiting.empty()) {
      if (next < probes && waiting.size() < window) {
        answered[next] = rng.below(10) >= loss;
        stats.apply({.kind = EventKind::sent,
                     .probe = {.target = 0, .sequence = next + 1},
                     .at = kStart + next * 1ms,
                     .sent_at = kStart + next * 1ms});
        waiting.push_back(next++);
        continue;
      }
      const std::size_t pick = rng.below(waiting.size());
      const std::size_t index = waiting[pick];
      waiting.erase(waiting.begin() + static_cast<std::ptrdiff_t>(pick));
      const EventKind bad = rng.below(2) == 0 ? EventKind::timeout : EventKind::error;
      stats.apply({.kind = answered[index] ? EventKind::reply : bad,
                   .probe = {.target = 0, .sequence = index + 1},
                   .at = kStart + next * 1ms,
                   .sent_at = kStart + index * 1ms,
                   .rtt = 1us});
    }
    std::vector<Stretch> got;
    for (const Outage& outage : stats.outages()) {
      got.push_back({.from = outage.from_seq, .to = outage.to_seq});
      const std::uint64_t until = outage.open ? outage.to_seq : outage.to_seq + 1;
      CHECK(outage.started == kStart + (outage.from_seq - 1) * 1ms);
      CHECK(outage.duration == (until - outage.from_seq) * 1ms);
    }
    CAPTURE(seed);
    CHECK((got == naive_outages(answered)));
  }
}

}  // namespace
}  // namespace sonde::stats
