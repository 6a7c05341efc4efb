// sweep_rounds.cpp: a number of probes a target, or endless ones, and the pace of all.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/engine/sweep_harness.hpp"

namespace sonde::engine {
namespace {

constexpr Instant kStart = SweepHarness::kStart;

SweepConfig rounds(std::uint32_t count) {
  return {.mode = probe::SweepMode::count,
          .timeout = 50ms,
          .count = count,
          .interval = 100ms,
          .rate = std::nullopt};
}

}  // namespace

TEST_CASE("sweep: rounds are an interval apart, and a target is settled after its last outcome") {
  SweepHarness sweep(rounds(2), 2);
  CHECK(sweep.send(kStart) == Names{"0:0", "1:0"});
  CHECK(sweep.send(kStart + 99ms).empty());
  sweep.reply("0:0", kStart + 1ms);
  CHECK(sweep.tick(kStart + 60ms) == Names{"sent 0:0", "sent 1:0", "reply 0:0", "timeout 1:0"});
  CHECK(sweep.engine.deadline() == kStart + 100ms);
  CHECK(sweep.send(kStart + 100ms) == Names{"0:1", "1:1"});
  CHECK(sweep.tick(kStart + 151ms) ==
        Names{"sent 0:1", "sent 1:1", "timeout 0:1", "0 alive", "timeout 1:1", "1 unreachable"});
  CHECK(sweep.engine.done());
}

TEST_CASE("sweep: rounds may overlap, and each answer goes to its own") {
  SweepConfig config = rounds(3);
  config.timeout = 1s;
  SweepHarness sweep(config, 1);
  (void)sweep.send(kStart);
  (void)sweep.send(kStart + 100ms);
  (void)sweep.send(kStart + 200ms);
  (void)sweep.events();
  sweep.reply("0:2", kStart + 250ms);
  sweep.reply("0:0", kStart + 260ms);
  sweep.reply("0:0", kStart + 261ms);
  sweep.reply("0:1", kStart + 270ms);
  const auto events = sweep.engine.take_events();
  REQUIRE(events.size() == 5);
  CHECK(events[0].rtt == 50ms);
  CHECK(events[1].rtt == 260ms);
  CHECK(events[2].kind == probe::SweepEventKind::duplicate);
  CHECK(events[3].rtt == 170ms);
  CHECK(events[4].kind == probe::SweepEventKind::settled);
  CHECK(events[4].state == probe::SweepState::alive);
}

TEST_CASE("sweep: a late turn does not move the grid, but keeps the probes apart") {
  SweepHarness sweep(rounds(4), 1);
  (void)sweep.send(kStart);
  (void)sweep.tick(kStart + 51ms);
  CHECK(sweep.send(kStart + 130ms) == Names{"0:1"});
  CHECK(sweep.engine.deadline() == kStart + 180ms + 1ns);  // of its time-out
  (void)sweep.tick(kStart + 181ms);
  CHECK(sweep.engine.deadline() == kStart + 200ms);
  CHECK(sweep.send(kStart + 290ms) == Names{"0:2"});
  (void)sweep.tick(kStart + 341ms - 1ms);
  CHECK(sweep.send(kStart + 300ms).empty());
  CHECK(sweep.send(kStart + 340ms) == Names{"0:3"});
}

TEST_CASE("sweep: endless rounds go on, and are never done") {
  SweepConfig config = rounds(1);
  config.mode = probe::SweepMode::loop;
  SweepHarness sweep(config, 2);
  for (int round = 0; round < 5; ++round) {
    CHECK(sweep.send(kStart + round * 100ms).size() == 2);
    sweep.reply("1:" + std::to_string(round), kStart + round * 100ms + 1ms);
    CHECK_FALSE(sweep.tick(kStart + round * 100ms + 60ms).empty());
    CHECK_FALSE(sweep.engine.done());
  }
}

TEST_CASE("sweep: no room for seconds puts rounds off, and none is lost") {
  SweepHarness sweep(rounds(2), 1);
  for (Instant now = kStart; now < kStart + 4s; now += 50ms) {
    CHECK(sweep.fail(now, probe::SendFailure::no_buffer).front() == "0:0");
  }
  CHECK(sweep.events().empty());
  CHECK(sweep.send(kStart + 4s).size() == 2);
  const Names sent = sweep.events();
  CHECK(sent.size() == 2);
  CHECK(std::ranges::count(sent, "sent 0:0") == 1);
  CHECK(std::ranges::count(sent, "sent 0:1") == 1);
  CHECK(sweep.tick(kStart + 5s).back() == "0 unreachable");
  CHECK(sweep.engine.done());
}

TEST_CASE("sweep: one rate for all, new targets before repeats") {
  SweepConfig config = rounds(2);
  config.rate = 10;
  SweepHarness sweep(config, 3);
  Names order;
  for (int slot = 0; slot < 6; ++slot) {
    for (const std::string& name : sweep.send(kStart + slot * 100ms)) {
      order.push_back(name);
    }
  }
  CHECK(order == Names{"0:0", "1:0", "2:0", "0:1", "1:1", "2:1"});
}

TEST_CASE("sweep: targets that join late do not hold up the repeats that are due") {
  SweepHarness sweep(rounds(2));
  REQUIRE(sweep.list.append(net::Address::v4(1)));
  sweep.engine.extend(kStart);
  CHECK(sweep.send(kStart) == Names{"0:0"});
  REQUIRE(sweep.list.append(net::Address::v4(9), 2));
  sweep.engine.extend(kStart + 150ms);
  CHECK(sweep.send(kStart + 150ms) == Names{"0:1", "1:0", "2:0"});
}

TEST_CASE("sweep: the rate holds after a pause, without a burst") {
  SweepHarness sweep({.timeout = 100ms, .rate = 1000}, 100'000);
  CHECK(sweep.send(kStart).size() == 1);
  CHECK(sweep.send(kStart + 10ms).size() == 10);
  CHECK(sweep.send(kStart + 1min).size() == 1);  // SIGSTOP, SIGCONT
  CHECK(sweep.engine.deadline() == kStart + 100ms + 1ns);
  sweep.engine.set_rate(10, kStart + 1min);
  CHECK(sweep.send(kStart + 1min + 99ms).empty());
  CHECK(sweep.send(kStart + 1min + 100ms).size() == 1);
}

TEST_CASE("sweep: a long pause makes many overdue, and they are told in portions") {
  SweepHarness sweep({.timeout = 100ms, .retries = 0, .rate = std::nullopt}, 5000);
  while (!sweep.send(kStart).empty()) {
  }
  (void)sweep.events();
  std::size_t told = 0;
  while (!sweep.engine.done()) {
    const std::size_t now = sweep.tick(kStart + 1min).size();
    CHECK(now <= 2048);
    REQUIRE(now > 0);
    told += now;
  }
  CHECK(told == 10'000);
}

}  // namespace sonde::engine
