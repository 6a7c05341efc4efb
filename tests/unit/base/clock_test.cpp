#include "sonde/base/clock.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <utility>
#include <vector>

#include "sonde/base/system_clock.hpp"

namespace sonde {
namespace {

// Every read takes 10 ns of its own time; the wall's may be interrupted, each time for as long as
// `stalls` says.
class SlowClock final : public Clock {
 public:
  explicit SlowClock(std::vector<Duration> stalls = {}) : stalls_(std::move(stalls)) {}
  [[nodiscard]] Instant now() const noexcept override { return Instant{tick()}; }
  [[nodiscard]] WallTime wall() const noexcept override {
    const WallTime wall{1h + tick()};
    if (reads_ < stalls_.size()) {
      time_ += stalls_[reads_++];
    }
    return wall;
  }

 private:
  Duration tick() const noexcept { return time_ += 10ns; }
  std::vector<Duration> stalls_;
  mutable std::size_t reads_ = 0;
  mutable Duration time_{0};
};

}  // namespace

TEST_CASE("clock pair: the steady half is the middle of the reads around the wall clock") {
  const SlowClock clock;
  const ClockPair pair = read_both(clock);  // steady 10, wall 20, steady 30
  CHECK(pair.steady == Instant{20ns});
  CHECK(pair.wall == WallTime{1h + 20ns});
}

TEST_CASE("clock pair: of those that were interrupted, the least is kept") {
  const SlowClock clock({5ms, 2us, 3ms});
  const ClockPair pair = read_both(clock);
  const Duration second = 5ms + 40ns;  // its first read
  CHECK(pair.steady == Instant{second + 1010ns});
  CHECK(pair.wall == WallTime{1h + second + 10ns});
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
