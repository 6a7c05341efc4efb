// pacer_grid.cpp: no drift, and no burst, whatever the delays.
#include <doctest/doctest.h>

#include "sonde/base/random.hpp"
#include "sonde/probe/pacer.hpp"

namespace sonde::probe {
namespace {

Duration up_to(Rng& rng, Duration most) {
  return Duration(
      static_cast<Duration::rep>(rng.below(static_cast<std::uint64_t>(most.count()) + 1)));
}

}  // namespace

TEST_CASE("pacer property: with delays under an interval, a million slots stay on the grid") {
  SeededRng rng(41);
  const Instant start{1000s};
  const Duration interval = 10ms;
  Pacer pacer(start, interval);
  for (std::int64_t slot = 0; slot < 1'000'000; ++slot) {
    REQUIRE(pacer.next() == start + slot * interval);
    pacer.advance(pacer.next() + up_to(rng, interval));
  }
}

TEST_CASE("pacer property: after any pause at most one slot is caught up with") {
  SeededRng rng(42);
  for (int n = 0; n < 100'000; ++n) {
    const Duration interval = Duration(1) + up_to(rng, 1s);
    Pacer pacer(Instant{1000s}, interval);
    pacer.advance(pacer.next());
    const Instant now = pacer.next() + up_to(rng, 20 * interval);
    int overdue = 0;  // slots used now that should have been used before
    int used = 0;
    while (pacer.due(now)) {
      overdue += pacer.next() < now ? 1 : 0;
      pacer.advance(now);
      ++used;
      REQUIRE(used <= 3);
    }
    REQUIRE(used >= 1);
    REQUIRE(overdue <= 2);  // the one that was due, and one caught up with
    REQUIRE(pacer.next() > now);
    REQUIRE(pacer.next() <= now + interval);
  }
}

TEST_CASE("pacer property: two probes never leave closer than the calls allow, in the long run") {
  // However the calls fall, n intervals hold at most n + 3 probes.
  SeededRng rng(43);
  const Duration interval = 100ms;
  const Instant start{1000s};
  Pacer pacer(start, interval);
  Instant now = start;
  std::int64_t sent = 0;
  for (int n = 0; n < 100'000; ++n) {
    now += rng.below(100) == 0 ? up_to(rng, 10s) : up_to(rng, 60ms);
    while (pacer.due(now)) {
      pacer.advance(now);
      ++sent;
    }
    REQUIRE(sent <= (now - start) / interval + 3);
  }
}

}  // namespace sonde::probe
