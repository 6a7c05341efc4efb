// table_model.cpp: the in-flight table against a naive model that forgets nothing.
// The table may forget a probe only if it is closed and a minute old, or if 65,536 newer ones were
// opened; everything else must agree call by call.
#include <doctest/doctest.h>

#include <deque>
#include <map>

#include "sonde/base/random.hpp"
#include "sonde/probe/table.hpp"

namespace sonde::probe {
namespace {

using State = ProbeTable::State;

struct Known {
  State state = State::pending;
  Instant sent_at;
  Instant deadline;
  bool stamped = false;
  bool awaited = true;
};

class Pair {  // the table and its model, called together
 public:
  void open(Instant now, Duration timeout) {
    const std::uint64_t sequence = ++newest_;
    last_open_ = now;
    // Whoever had the slot of the full ring makes room (several turns back, if it was skipped).
    for (std::uint64_t back = ProbeTable::kMax; back < sequence; back += ProbeTable::kMax) {
      const auto displaced = model_.find(sequence - back);
      if (displaced != model_.end() && displaced->second.state == State::pending) {
        displaced_.push_back(displaced->first);
      }
      pending_ -= displaced != model_.end() && displaced->second.awaited ? 1 : 0;
      if (displaced != model_.end()) {
        model_.erase(displaced);
      }
    }
    table_.open(sequence, now, now + timeout);
    model_[sequence] = {.sent_at = now, .deadline = now + timeout};
    ++pending_;
    REQUIRE(table_.pending() == pending_);
  }

  // Sends that failed. The slot of a skipped sequence keeps its old entry.
  void skip(std::uint64_t sequences) { newest_ += sequences; }

  void settle(std::uint64_t sequence, State outcome, bool in_doubt = false) {
    const bool doubted = in_doubt && outcome == State::refused;
    const auto found = outcome == State::answered ? table_.answer(sequence)
                       : outcome == State::failed ? table_.fail(sequence)
                       : doubted                  ? table_.doubt(sequence)
                                                  : table_.refuse(sequence);
    const auto known = model_.find(sequence);
    if (found.before == State::unknown) {
      REQUIRE(may_be_forgotten(known));
      model_.erase(sequence);
      return;
    }
    REQUIRE(known != model_.end());
    REQUIRE(found.before == known->second.state);
    REQUIRE(found.sent_at == known->second.sent_at);
    REQUIRE(found.deadline == known->second.deadline);
    REQUIRE(found.transmit_stamp == known->second.stamped);
    pending_ -= known->second.awaited && !doubted ? 1 : 0;
    known->second.awaited = known->second.awaited && doubted;
    State& state = known->second.state;
    const bool met = state == State::refused || state == State::answered;
    state = outcome == State::failed && met ? state : std::max(state, outcome);
    REQUIRE(table_.pending() == pending_);
  }

  void refine(std::uint64_t sequence, Instant at) {
    const auto known = model_.find(sequence);
    if (known != model_.end() && may_be_forgotten(known)) {
      return;  // refine() does not say whether it was
    }
    table_.refine(sequence, at);
    if (known != model_.end() && known->second.state != State::answered) {
      known->second.sent_at = at;
      known->second.stamped = true;
    }
  }

  void expire(Instant now) {
    while (const auto expired = table_.expire(now)) {
      if (!displaced_.empty()) {
        REQUIRE(expired->sequence == displaced_.front());
        displaced_.pop_front();
        continue;
      }
      const auto oldest = oldest_pending(now);
      REQUIRE(oldest != model_.end());
      REQUIRE(expired->sequence == oldest->first);
      REQUIRE(expired->deadline == oldest->second.deadline);
      REQUIRE(expired->deadline < now);
      oldest->second.state = State::expired;
      oldest->second.awaited = false;
      --pending_;
    }
    REQUIRE(displaced_.empty());
    const auto oldest = oldest_pending(now);
    REQUIRE(table_.next_deadline().has_value() == (oldest != model_.end()));
    if (oldest != model_.end()) {
      REQUIRE(*table_.next_deadline() == oldest->second.deadline);
      REQUIRE(oldest->second.deadline >= now);
    }
    REQUIRE(table_.pending() == pending_);
  }

  [[nodiscard]] std::uint64_t newest() const { return newest_; }
  [[nodiscard]] std::size_t pending() const { return pending_; }

 private:
  using Model = std::map<std::uint64_t, Known>;

  [[nodiscard]] bool may_be_forgotten(Model::const_iterator known) const {
    return known == model_.end() ||
           (!known->second.awaited && last_open_ - known->second.sent_at >= ProbeTable::kRemember);
  }
  // Those in doubt whose deadline is over are closed on the way.
  [[nodiscard]] Model::iterator oldest_pending(Instant now) {
    // Sequences below are closed for good: the search starts where it last ended.
    auto at = model_.lower_bound(oldest_);
    for (; at != model_.end() && !counts_as_pending(at->second, now); ++at) {
      pending_ -= at->second.awaited ? 1 : 0;
      at->second.awaited = false;
    }
    oldest_ = at == model_.end() ? newest_ : at->first;
    return at;
  }

  static bool counts_as_pending(const Known& known, Instant now) {
    return known.awaited && (known.state == State::pending || known.deadline >= now);
  }

  ProbeTable table_;
  Model model_;
  std::deque<std::uint64_t> displaced_;
  std::uint64_t newest_ = 0;
  std::uint64_t oldest_ = 0;
  std::size_t pending_ = 0;
  Instant last_open_;
};

// How a run behaves: odds in 100 of an operation, the pace and the time-out.
struct Mix {
  std::uint64_t open = 0;
  std::uint64_t answer = 0;
  std::uint64_t refuse = 0;
  std::uint64_t refine = 0;
  Duration step{};
  Duration timeout{};
  std::uint64_t reach = 0;  // how far back answers go
};

void run(const Mix& mix, int operations, std::uint64_t seed) {
  SeededRng rng(seed);
  Pair pair;
  Instant now{1000s};
  for (int n = 0; n < operations; ++n) {
    now += Duration(
        static_cast<Duration::rep>(rng.below(static_cast<std::uint64_t>(mix.step.count()) + 1)));
    const std::uint64_t back = rng.below(mix.reach);
    const std::uint64_t sequence = pair.newest() > back ? pair.newest() - back : rng.below(3);
    const std::uint64_t dice = rng.below(100);
    if (dice < mix.open) {
      pair.open(now, mix.timeout);
    } else if (dice < mix.open + mix.answer) {
      pair.settle(sequence, State::answered);
    } else if (dice < mix.open + mix.answer + mix.refuse) {
      pair.settle(sequence, rng.below(3) == 0 ? State::failed : State::refused, rng.below(2) == 0);
    } else if (dice < mix.open + mix.answer + mix.refuse + mix.refine) {
      pair.refine(sequence, now - Duration(static_cast<Duration::rep>(rng.below(1'000))));
    } else if (rng.below(50) == 0) {
      pair.skip(rng.below(5));
    } else {
      pair.expire(now);
    }
  }
  pair.expire(now + 2h);
  CHECK(pair.pending() == 0);
}

}  // namespace

TEST_CASE("table property: a slow run with loss, errors and late replies") {
  run({.open = 30, .answer = 35, .refuse = 5, .refine = 20, .step = 2s, .timeout = 5s, .reach = 40},
      300'000, 21);
}

TEST_CASE("table property: a flood, thousands under way") {
  run({.open = 45,
       .answer = 30,
       .refuse = 5,
       .refine = 10,
       .step = 10us,
       .timeout = 1s,
       .reach = 3'000},
      400'000, 22);
}

TEST_CASE("table property: the whole ring full of pending probes that make room for each other") {
  run({.open = 88,
       .answer = 3,
       .refuse = 2,
       .refine = 3,
       .step = 1us,
       .timeout = 1h,
       .reach = 70'000},
      300'000, 23);
}

TEST_CASE("table property: fast and slow phases in turn, so that the ring grows and empties") {
  SeededRng rng(24);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    run({.open = 40,
         .answer = 30,
         .refuse = 3,
         .refine = 5,
         .step = seed % 2 == 0 ? Duration(3s) : Duration(1us),
         .timeout = 3s,
         .reach = 1 + rng.below(200)},
        10'000, 100 + seed);
  }
}

}  // namespace sonde::probe
