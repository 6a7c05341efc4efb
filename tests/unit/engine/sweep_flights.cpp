// sweep_flights.cpp: what the ring of a sweep's probes remembers, and in which order they expire.
#include "sonde/engine/sweep_flights.hpp"

#include <doctest/doctest.h>

namespace sonde::engine {
namespace {

constexpr Instant kStart{100s};

}  // namespace

TEST_CASE("sweep flights: numbers count from 1, and unknown ones are not found") {
  SweepFlights flights({1s});
  CHECK(flights.find(0) == nullptr);
  CHECK(flights.find(1) == nullptr);
  CHECK(flights.open(7, 3, 0, kStart) == 1);
  CHECK(flights.open(8, 0, 0, kStart) == 2);
  REQUIRE(flights.find(1) != nullptr);
  CHECK(flights.find(1)->target == 7);
  CHECK(flights.find(1)->round == 3);
  CHECK(flights.find(3) == nullptr);
  CHECK(flights.waiting() == 2);
}

TEST_CASE("sweep flights: each level expires in its own order") {
  SweepFlights flights({100ms, 1s});
  const auto slow = flights.open(1, 1, 1, kStart);
  const auto first = flights.open(2, 0, 0, kStart + 1ms);
  const auto second = flights.open(3, 0, 0, kStart + 2ms);
  CHECK(flights.next_deadline() == kStart + 101ms);
  CHECK_FALSE(flights.overdue(kStart + 101ms));  // a deadline itself is still in time
  CHECK(flights.overdue(kStart + 102ms) == first);
  flights.close(first);
  CHECK_FALSE(flights.overdue(kStart + 102ms));
  CHECK(flights.overdue(kStart + 1500ms) == second);
  flights.close(second);
  CHECK(flights.next_deadline() == kStart + 1s);
  CHECK(flights.overdue(kStart + 1500ms) == slow);
  flights.close(slow);
  CHECK(flights.waiting() == 0);
  CHECK_FALSE(flights.next_deadline());
}

TEST_CASE("sweep flights: an open one is never forgotten, however many follow") {
  SweepFlights flights({1h});
  const auto old = flights.open(42, 0, 0, kStart);
  for (std::uint64_t i = 0; i < 2 * SweepFlights::kTail; ++i) {
    flights.close(flights.open(1, 0, 0, kStart));
  }
  REQUIRE(flights.find(old) != nullptr);
  CHECK(flights.find(old)->target == 42);
  CHECK(flights.find(old)->open);
}

TEST_CASE("sweep flights: closed ones are remembered while they are young, up to a limit") {
  SweepFlights flights({1s});
  const auto open_many = [&](std::size_t count, Instant at) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto number = flights.open(1, 0, 0, at);
      flights.find(number)->state = SweepFlights::State::answered;
      flights.close(number);
    }
  };
  open_many(2 * SweepFlights::kInitial, kStart);
  CHECK(flights.find(1) != nullptr);
  open_many(SweepFlights::kAnsweredTail, kStart);
  CHECK(flights.find(1) == nullptr);
  SweepFlights unanswered({1s});
  for (std::size_t i = 0; i < SweepFlights::kTail; ++i) {
    const auto number = unanswered.open(1, 0, 0, kStart);
    unanswered.find(number)->state = SweepFlights::State::expired;
    unanswered.close(number);
  }
  CHECK(unanswered.find(1) != nullptr);
  SweepFlights slow({1s});
  for (std::size_t i = 0; i < 4 * SweepFlights::kInitial; ++i) {
    const auto number = slow.open(1, 0, 0, kStart + i * 1s);
    slow.find(number)->state = SweepFlights::State::expired;
    slow.close(number);
  }
  CHECK(slow.find(4 * SweepFlights::kInitial - 5) != nullptr);
  CHECK(slow.find(1) == nullptr);  // old and done: its place was needed
}

}  // namespace sonde::engine
