// sweep_flights_model.cpp: the ring of a sweep's flights against a map that forgets nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/engine/sweep_flights.hpp"

namespace sonde::engine {
namespace {

constexpr Instant kStart{1000s};
const std::vector<Duration> kTimeouts{100ms, 250ms, 3s};

struct Known {
  std::uint32_t target = 0;
  std::uint8_t level = 0;
  Instant sent_at{};
  bool open = true;
};

class Pair {
 public:
  explicit Pair(std::uint64_t seed) : rng_(seed) {}

  void step() {
    now_ += rng_.below(200) * 100us;
    for (std::uint64_t n = rng_.below(40); n > 0; --n) {
      open();
    }
    for (std::uint64_t n = rng_.below(40); n > 0 && !open_.empty(); --n) {
      close(open_[rng_.below(open_.size())]);
    }
    if (rng_.below(3) == 0) {
      expire();
    }
    compare();
  }

 private:
  void open() {
    const auto target = static_cast<std::uint32_t>(rng_.below(1000));
    const auto level = static_cast<std::uint8_t>(rng_.below(kTimeouts.size()));
    const std::uint64_t number = flights_.open(target, 1, level, now_);
    REQUIRE(number == known_.size() + 1);
    known_[number] = {.target = target, .level = level, .sent_at = now_};
    open_.push_back(number);
  }
  void close(std::uint64_t number) {
    REQUIRE(flights_.find(number) != nullptr);
    flights_.close(number);
    known_[number].open = false;
    std::erase(open_, number);
  }
  void expire() {
    while (const auto number = flights_.overdue(now_)) {
      const Known& known = known_.at(*number);
      REQUIRE(known.open);
      REQUIRE(known.sent_at + kTimeouts[known.level] < now_);
      close(*number);
    }
    for (const std::uint64_t number : open_) {
      const Known& known = known_[number];
      REQUIRE(known.sent_at + kTimeouts[known.level] >= now_);
    }
  }
  void compare() {
    REQUIRE(flights_.waiting() == open_.size());
    std::optional<Instant> earliest;
    for (const std::uint64_t number : open_) {
      const Known& known = known_[number];
      const auto* const flight = flights_.find(number);
      REQUIRE(flight != nullptr);
      REQUIRE(flight->target == known.target);
      REQUIRE(flight->sent_at == known.sent_at);
      REQUIRE(flight->open);
      const Instant due = known.sent_at + kTimeouts[known.level];
      earliest = std::min(earliest.value_or(due), due);
    }
    REQUIRE(flights_.next_deadline() == earliest);
    const std::uint64_t any = 1 + rng_.below(known_.size() + 1);
    const auto* const found = flights_.find(any);
    if (found != nullptr) {
      REQUIRE(known_.contains(any));
      REQUIRE(found->target == known_[any].target);
    }
  }

  SeededRng rng_;
  SweepFlights flights_{kTimeouts};
  std::map<std::uint64_t, Known> known_{};
  std::vector<std::uint64_t> open_{};
  Instant now_ = kStart;
};

}  // namespace

TEST_CASE("sweep flights: agree with a map through random opens, closes and expiries") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Pair pair(seed);
    for (int i = 0; i < 200; ++i) {
      pair.step();
    }
  }
}

}  // namespace sonde::engine
