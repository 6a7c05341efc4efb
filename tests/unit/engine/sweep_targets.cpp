// sweep_targets.cpp: which targets are visited, in which order, and when they join.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "tests/unit/engine/sweep_harness.hpp"

namespace sonde::engine {
namespace {

constexpr Instant kStart = SweepHarness::kStart;

SweepConfig plain() { return {.timeout = 100ms, .retries = 0, .rate = std::nullopt}; }

Names all_sent(SweepHarness& sweep) {
  Names all;
  for (Names some = sweep.send(kStart); !some.empty(); some = sweep.send(kStart)) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

bool refused(const SweepConfig& config) {
  const net::AddressList list;
  return !SweepEngine::make(config, list).has_value();
}

}  // namespace

TEST_CASE("sweep: what cannot be is refused") {
  CHECK_FALSE(refused({}));
  CHECK(refused({.timeout = 0s}));
  CHECK(refused({.timeout = 2h}));
  CHECK(refused({.backoff = 0.5}));
  CHECK(refused({.backoff = std::numeric_limits<double>::quiet_NaN()}));
  CHECK(refused({.mode = probe::SweepMode::count, .count = 0}));
  CHECK(refused({.interval = 0s}));
  CHECK(refused({.rate = 0}));
  CHECK(refused({.shard = 0}));
  CHECK(refused({.shard = 3, .shards = 2}));
}

TEST_CASE("sweep: hundreds of retries with a back-off do not overflow") {
  SweepHarness sweep({.timeout = 1s, .retries = 1'000'000, .backoff = 1e9}, 1);
  CHECK(sweep.send(kStart).size() == 1);
  (void)sweep.tick(kStart + 2s);
  CHECK(sweep.send(kStart + 2s).size() == 1);
  CHECK(sweep.engine.deadline() == kStart + 2s + 1h + 1ns);
}

TEST_CASE("sweep: an empty list is done as soon as it is closed") {
  SweepHarness sweep(plain());
  CHECK_FALSE(sweep.engine.done());
  sweep.engine.close_targets();
  CHECK(sweep.engine.done());
}

TEST_CASE("sweep: shards share the order out without rest, in input order and at random") {
  for (const bool random : {false, true}) {
    Names together;
    for (std::uint32_t shard = 1; shard <= 3; ++shard) {
      SweepConfig config = plain();
      config.shard = shard;
      config.shards = 3;
      config.random_order = random ? std::optional<std::uint64_t>(5) : std::nullopt;
      SweepHarness sweep(config, 100);
      const Names mine = all_sent(sweep);
      CHECK(mine.size() == sweep.engine.planned());
      together.insert(together.end(), mine.begin(), mine.end());
    }
    CHECK(together.size() == 100);
    std::ranges::sort(together);
    CHECK(std::ranges::adjacent_find(together) == together.end());
  }
}

TEST_CASE("sweep: more shards than targets leave some without work") {
  SweepConfig config = plain();
  config.shard = 5;
  config.shards = 5;
  SweepHarness sweep(config, 3);
  CHECK(sweep.engine.planned() == 0);
  CHECK(sweep.send(kStart).empty());
  CHECK(sweep.engine.done());
}

TEST_CASE("sweep: a random order begins when the list is complete, and is not the input order") {
  SweepConfig config = plain();
  config.random_order = 1;
  SweepHarness sweep(config);
  REQUIRE(sweep.list.append(net::Address::v4(1), 50));
  sweep.engine.extend(kStart);
  CHECK(sweep.send(kStart).empty());
  CHECK_FALSE(sweep.engine.done());
  sweep.engine.close_targets();
  const Names order = all_sent(sweep);
  CHECK(order.size() == 50);
  CHECK_FALSE(
      std::ranges::is_sorted(order, {}, [](const std::string& name) { return std::stoul(name); }));
}

TEST_CASE("sweep: a list that is still read is probed as it grows") {
  SweepHarness sweep(plain());
  REQUIRE(sweep.list.append(net::Address::v4(1)));
  sweep.engine.extend(kStart);
  CHECK(sweep.send(kStart) == Names{"0:0"});
  sweep.reply("0:0", kStart + 1ms);
  (void)sweep.events();
  CHECK_FALSE(sweep.engine.done());
  REQUIRE(sweep.list.append(net::Address::v4(1)));  // named twice: two targets
  sweep.engine.extend(kStart + 1s);
  CHECK(sweep.send(kStart + 1s) == Names{"1:0"});
  sweep.engine.close_targets();
  sweep.reply("1:0", kStart + 1s);
  CHECK(sweep.events() == Names{"sent 1:0", "reply 1:0", "1 alive"});
  CHECK(sweep.engine.done());
}

TEST_CASE("sweep: names join when they have their address, before or after their turn") {
  SweepHarness sweep(plain());
  REQUIRE(sweep.list.append_name("early"));
  REQUIRE(sweep.list.append_name("late"));
  REQUIRE(sweep.list.append(net::Address::v4(7)));
  sweep.engine.extend(kStart);
  sweep.engine.close_targets();
  sweep.list.set_address(0, net::Address::v4(5));
  sweep.engine.resolved(0);
  CHECK(sweep.send(kStart) == Names{"0:0", "2:0"});
  sweep.reply("0:0", kStart);
  sweep.reply("2:0", kStart);
  (void)sweep.events();
  CHECK_FALSE(sweep.engine.done());
  CHECK_FALSE(sweep.engine.deadline());
  sweep.list.set_address(1, net::Address::v4(6));
  sweep.engine.resolved(1);
  CHECK(sweep.send(kStart + 3s) == Names{"1:0"});
  sweep.reply("1:0", kStart + 3s);
  (void)sweep.events();
  CHECK(sweep.engine.done());
}

TEST_CASE("sweep: a name without an address fails once, before or after its turn, in its shard") {
  SweepConfig config = plain();
  config.shards = 2;
  SweepHarness sweep(config);
  for (const char* name : {"before", "of the other shard", "after"}) {
    REQUIRE(sweep.list.append_name(name));
  }
  sweep.engine.extend(kStart);
  sweep.engine.close_targets();
  sweep.engine.failed(0, kStart);
  sweep.engine.failed(1, kStart);
  CHECK(sweep.events().empty());
  CHECK(sweep.send(kStart).empty());
  CHECK(sweep.events() == Names{"0 failed"});
  CHECK_FALSE(sweep.engine.done());
  sweep.engine.failed(2, kStart);
  CHECK(sweep.events() == Names{"2 failed"});
  CHECK(sweep.engine.done());
}

TEST_CASE("sweep: what an earlier run has settled is not probed") {
  SweepHarness sweep(plain(), 5);
  sweep.engine.skip(1);
  sweep.engine.skip(4);
  CHECK(all_sent(sweep) == Names{"0:0", "2:0", "3:0"});
  CHECK(sweep.engine.planned() == 5);
}

}  // namespace sonde::engine
