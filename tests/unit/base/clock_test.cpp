#include "sonde/base/clock.hpp"

#include <doctest/doctest.h>

#include "sonde/base/system_clock.hpp"

namespace sonde {
namespace {

// Every read takes 10 ns of its own time.
class SlowClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const noexcept override { return Instant{tick()}; }
  [[nodiscard]] WallTime wall() const noexcept override { return WallTime{1h + tick()}; }

 private:
  Duration tick() const noexcept { return time_ += 10ns; }
  mutable Duration time_{0};
};

}  // namespace

TEST_CASE("clock pair: the steady half is the middle of the reads around the wall clock") {
  const SlowClock clock;
  const ClockPair pair = read_both(clock);  // steady 10, wall 20, steady 30
  CHECK(pair.steady == Instant{20ns});
  CHECK(pair.wall == WallTime{1h + 20ns});
}

TEST_CASE("clock pair: an instant before or behind the reference becomes a wall time") {
  const ClockPair pair{.steady = Instant{5s}, .wall = WallTime{1000s}};
  CHECK(wall_at(pair, Instant{7s}) == WallTime{1002s});
  CHECK(wall_at(pair, Instant{4s}) == WallTime{999s});
}

TEST_CASE("system clock: steady time does not go back, wall time is after 2020") {
  const SystemClock clock;
  Instant last = clock.now();
  for (int i = 0; i < 1000; ++i) {
    const Instant now = clock.now();
    REQUIRE(now >= last);
    last = now;
  }
  constexpr std::chrono::seconds kYear2020{1577836800};
  CHECK(clock.wall() > WallTime{kYear2020});
}

}  // namespace sonde
