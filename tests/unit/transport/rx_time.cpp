// rx_time.cpp: a kernel stamp becomes an instant only when both clocks allow it.
#include "sonde/transport/rx_time.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace sonde::transport {
namespace {

constexpr ClockPair kNow{.steady = Instant{1000s}, .wall = WallTime{1'700'000'000s}};
constexpr Instant kSent{999s + 990ms};

}  // namespace

TEST_CASE("rx time: a stamp is as old on the steady clock as it is on the wall clock") {
  const auto arrival = arrival_of(kNow.wall - 3ms, kNow, kSent);
  CHECK(arrival.at == kNow.steady - 3ms);
  CHECK(arrival.source == probe::StampSource::kernel);
}

TEST_CASE("rx time: without a stamp it is now, in user space") {
  const auto arrival = arrival_of(std::nullopt, kNow, kSent);
  CHECK(arrival.at == kNow.steady);
  CHECK(arrival.source == probe::StampSource::user);
}

TEST_CASE("rx time: ages from 0 to 100 ms are believed, others are not") {
  const Instant long_ago{0s};
  CHECK(instant_of_stamp(kNow.wall, kNow, long_ago) == kNow.steady);
  CHECK(instant_of_stamp(kNow.wall - 100ms, kNow, long_ago) == kNow.steady - 100ms);
  CHECK_FALSE(instant_of_stamp(kNow.wall - 100ms - 1ns, kNow, long_ago));
  CHECK_FALSE(instant_of_stamp(kNow.wall + 1ns, kNow, long_ago));
}

TEST_CASE("rx time: a wall clock stepped by an hour falls back to user space") {
  for (const Duration step : {Duration(1h), Duration(-1h)}) {
    const auto arrival = arrival_of(kNow.wall - 1ms + step, kNow, kSent);
    CHECK(arrival.at == kNow.steady);
    CHECK(arrival.source == probe::StampSource::user);
  }
}

TEST_CASE("rx time: nothing arrives before it was sent") {
  CHECK(instant_of_stamp(kNow.wall - 10ms, kNow, kSent) == kSent);
  CHECK_FALSE(instant_of_stamp(kNow.wall - 10ms - 1ns, kNow, kSent));
  const auto arrival = arrival_of(kNow.wall - 20ms, kNow, kSent);
  CHECK(arrival.at == kNow.steady);
}

TEST_CASE("rx time: an old stamp is believed if both clocks ran alike since before it") {
  const ClockPair before{.steady = kNow.steady - 60s, .wall = kNow.wall - 60s};
  const ReadTime alike = read_time(before, kNow);
  CHECK(instant_of_stamp(kNow.wall - 59s, alike, Instant::min()) == kNow.steady - 59s);
  CHECK_FALSE(instant_of_stamp(kNow.wall - 61s, alike, Instant::min()));
  const ReadTime stepped = read_time({.steady = before.steady, .wall = before.wall - 1s}, kNow);
  CHECK_FALSE(instant_of_stamp(kNow.wall - 59s, stepped, Instant::min()));
  CHECK_FALSE(instant_of_stamp(kNow.wall - 1ms, stepped, Instant::min()));
  // A step that is shorter than a stamp may be old.
  const ReadTime nudged = read_time({.steady = before.steady, .wall = before.wall - 90ms}, kNow);
  CHECK_FALSE(instant_of_stamp(kNow.wall - 95ms, nudged, Instant::min()));
}

TEST_CASE("rx time: all that is read after a stop is judged from before it") {
  ReadTimes reads({.steady = kNow.steady - 1s, .wall = kNow.wall - 1s});
  const ReadTime first = reads.at(kNow);
  const ReadTime second = reads.at({.steady = kNow.steady + 5us, .wall = kNow.wall + 5us});
  CHECK(instant_of_stamp(kNow.wall - 900ms, first, Instant::min()) == kNow.steady - 900ms);
  CHECK(instant_of_stamp(kNow.wall - 900ms, second, Instant::min()) == kNow.steady - 900ms);
}

TEST_CASE("rx time: absurd stamps do not overflow") {
  constexpr auto kMost = std::numeric_limits<Duration::rep>::max();
  for (const Duration::rep ns : {kMost, -kMost - 1, kMost - 1, Duration::rep{0}}) {
    CHECK_FALSE(instant_of_stamp(WallTime(Duration(ns)), kNow, Instant::min()));
  }
}

TEST_CASE("rx time: the result lies between sending and now, whatever the stamp says") {
  for (std::int64_t ms = -200; ms <= 200; ++ms) {
    const auto arrival = arrival_of(kNow.wall + std::chrono::milliseconds(ms), kNow, kSent);
    CHECK(arrival.at >= kSent);
    CHECK(arrival.at <= kNow.steady);
  }
}

}  // namespace sonde::transport
