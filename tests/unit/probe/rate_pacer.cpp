// rate_pacer.cpp: a grid without drift, bounded catch-up, no burst after a pause.
#include "sonde/probe/rate_pacer.hpp"

#include <doctest/doctest.h>

#include "sonde/base/random.hpp"
#include "sonde/probe/state_map.hpp"

namespace sonde::probe {
namespace {

constexpr Instant kStart{100s};

}  // namespace

TEST_CASE("rate pacer: the first slot is due at once, the next ones on the grid") {
  RatePacer pacer(1000);
  CHECK(pacer.available(kStart) == 1);
  pacer.use(1);
  CHECK(pacer.available(kStart) == 0);
  CHECK(pacer.next() == kStart + 1ms);
  CHECK(pacer.available(kStart + 1ms) == 1);
  CHECK(pacer.available(kStart + 3500us) == 3);  // those of 1, 2 and 3 ms
}

TEST_CASE("rate pacer: late turns do not slow it down, and no rate drifts") {
  for (const std::uint64_t rate : {1ULL, 3ULL, 7ULL, 999ULL, 1000ULL, 65'537ULL, 390'000ULL}) {
    RatePacer pacer(rate);
    SeededRng rng(rate);
    Instant now = kStart;
    std::uint64_t sent = 0;
    const Instant end = kStart + 10s;
    while (now < end) {
      const std::size_t n = pacer.available(now);
      pacer.use(n);
      sent += n;
      now = std::max(now, pacer.next()) + Duration(static_cast<std::int64_t>(rng.below(2'000'000)));
    }
    CHECK(sent <= rate * 10 + 1);
    // The last turn may lie up to 2 ms and a slot before the end.
    CHECK(sent + rate / 500 + 2 >= rate * 10);
  }
}

TEST_CASE("rate pacer: after a pause there is no burst") {
  RatePacer pacer(10'000);
  CHECK(pacer.available(kStart) == 1);
  pacer.use(1);
  CHECK(pacer.available(kStart + 15ms) == 150);  // a turn that came late catches up
  CHECK(pacer.available(kStart + 1min) == 1);
  pacer.use(1);
  CHECK(pacer.next() == kStart + 1min + 100us);
}

TEST_CASE("rate pacer: without a limit there is always room") {
  RatePacer pacer(std::nullopt);
  CHECK(pacer.available(kStart) == RatePacer::kUnlimited);
  pacer.use(64);
  CHECK(pacer.next() <= kStart);
}

TEST_CASE("rate pacer: a new rate counts from now") {
  RatePacer pacer(std::nullopt);
  pacer.set_rate(100, kStart);
  CHECK(pacer.available(kStart) == 0);
  CHECK(pacer.next() == kStart + 10ms);
  CHECK(pacer.rate() == 100U);
}

TEST_CASE("state map: four states to a byte do not disturb each other") {
  StateMap map;
  map.grow(10);
  map.set(4, SweepState::alive);
  map.set(5, SweepState::failed);
  map.set(6, SweepState::unreachable);
  map.grow(1000);
  map.set(5, SweepState::alive);
  CHECK(map.at(3) == SweepState::pending);
  CHECK(map.at(4) == SweepState::alive);
  CHECK(map.at(5) == SweepState::alive);
  CHECK(map.at(6) == SweepState::unreachable);
  CHECK(map.at(999) == SweepState::pending);
  CHECK(map.size() == 1000);
}

}  // namespace sonde::probe
