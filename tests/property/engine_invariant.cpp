// engine_invariant.cpp: the ping engine under a network that does anything, and a clock that jumps.
// Whatever comes, in whatever order: each sent probe ends in exactly one bucket, no RTT is
// negative, replaces fits what was there before, and the run ends.
#include <doctest/doctest.h>

#include <map>
#include <utility>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/engine/ping.hpp"
#include "sonde/stats/target_stats.hpp"

namespace sonde::engine {
namespace {

using probe::Event;
using probe::EventKind;
using probe::Observation;
using probe::ObservationKind;
using probe::Replaced;

Duration up_to(Rng& rng, Duration most) {
  return Duration(
      static_cast<Duration::rep>(rng.below(static_cast<std::uint64_t>(most.count()) + 1)));
}

// Checks the grammar of event.hpp, probe by probe.
class Grammar {
 public:
  void apply(const Event& event) {
    auto [at, fresh] = last_.try_emplace(event.probe, EventKind::sent);
    EventKind& last = at->second;
    const bool refused = event.kind == EventKind::send_failed;
    REQUIRE(fresh ==
            (event.kind == EventKind::sent || (refused && event.replaces == Replaced::nothing)));
    REQUIRE(last != EventKind::send_failed);
    if (event.rtt) {
      REQUIRE(*event.rtt >= Duration::zero());
    }
    switch (event.kind) {
      case EventKind::sent:
        break;
      case EventKind::send_failed:
        require_failure(event, last, fresh);
        break;
      case EventKind::reply:
        require_outcome(event, last, event.replaces == Replaced::error);
        break;
      case EventKind::timeout:
        REQUIRE(last == EventKind::sent);
        break;
      case EventKind::late:
        REQUIRE((last == EventKind::timeout || last == EventKind::error));
        REQUIRE(event.replaces ==
                (last == EventKind::timeout ? Replaced::timeout : Replaced::error));
        break;
      case EventKind::error:
        REQUIRE((last == EventKind::sent || last == EventKind::timeout));
        REQUIRE(event.replaces ==
                (last == EventKind::timeout ? Replaced::timeout : Replaced::nothing));
        break;
      case EventKind::duplicate:
        REQUIRE((last == EventKind::reply || last == EventKind::late));
        return;
      case EventKind::path_mtu:
      case EventKind::flow_end:
      case EventKind::path_end:
        FAIL("not of a ping");
    }
    last = event.kind;
  }

 private:
  static void require_failure(const Event& event, EventKind last, bool fresh) {
    REQUIRE(event.send_error.has_value());
    if (!fresh) {
      REQUIRE((last == EventKind::sent || last == EventKind::timeout));
      REQUIRE(event.replaces == (last == EventKind::timeout ? Replaced::timeout : Replaced::sent));
    }
  }
  static void require_outcome(const Event& event, EventKind last, bool replaces_error) {
    REQUIRE(last == (replaces_error ? EventKind::error : EventKind::sent));
    REQUIRE(event.rtt.has_value());
  }
  std::map<probe::ProbeId, EventKind> last_;
};

struct World {
  explicit World(std::uint64_t seed, PingConfig config)
      : rng(seed), ping(PingEngine::make(std::move(config)).value()) {}

  SeededRng rng;
  PingEngine ping;
  Grammar grammar;
  std::map<std::uint32_t, stats::TargetStats> stats;
  std::vector<Observation> under_way;  // in no order
  std::vector<probe::ProbeId> ever_sent;
  Instant now{1000s};

  void send() {
    std::vector<probe::ProbeSpec> specs(1 + rng.below(8));
    specs.resize(ping.next_probes(now, specs));
    std::vector<probe::SendReport> reports;
    for (const probe::ProbeSpec& spec : specs) {
      reports.push_back({.id = spec.id, .at = now});
      if (rng.below(20) == 0) {
        reports.back().error = probe::SendError{.failure = probe::SendFailure::no_buffer};
        continue;
      }
      ever_sent.push_back(spec.id);
      foretell(spec.id);
    }
    ping.on_sent(reports);
  }

  // What the network will do with a probe: nothing, or any number of things.
  void foretell(const probe::ProbeId& id) {
    for (std::uint64_t n = rng.below(4); n > 0; --n) {
      Observation seen{.probe = id, .at = now + up_to(rng, 3s)};
      seen.kind = static_cast<ObservationKind>(rng.below(4));
      if (rng.below(30) == 0) {
        seen.at = now - up_to(rng, 1s);  // stamps that disagree
      }
      under_way.push_back(seen);
    }
  }

  void observe() {
    std::vector<Observation> batch;
    for (std::uint64_t n = rng.below(5); n > 0 && !under_way.empty(); --n) {
      std::swap(under_way[rng.below(under_way.size())], under_way.back());
      batch.push_back(under_way.back());
      if (rng.below(5) != 0) {  // else it will come again
        under_way.pop_back();
      }
    }
    if (rng.below(10) == 0) {  // never sent, or another target's
      batch.push_back({.probe = {.target = static_cast<std::uint32_t>(rng.below(5)),
                                 .sequence = rng.next() >> rng.below(64)},
                       .at = now});
      if (batch.back().probe.target < 3) {
        batch.back().probe.sequence += 1'000'000;
      }
    }
    ping.on_observations(batch);
  }

  void conclude() {
    for (const Event& event : ping.take_events()) {
      grammar.apply(event);
      stats[event.probe.target].apply(event);
    }
    for (const auto& [target, stat] : stats) {
      const stats::Counts& c = stat.counts();
      REQUIRE(c.sent == c.received + c.late + c.lost + c.errors + c.send_failures + c.in_flight);
      REQUIRE(c.in_flight < (1ULL << 32));
      REQUIRE(c.lost < (1ULL << 32));
      REQUIRE(c.errors < (1ULL << 32));
    }
  }

  void step() {
    now += rng.below(200) == 0 ? up_to(rng, 2min) : up_to(rng, 300ms);
    send();
    observe();
    if (rng.below(3) != 0) {
      ping.on_tick(now);
    }
    conclude();
  }
};

}  // namespace

TEST_CASE("engine property: any order, any loss, any repetition keeps the sums and the grammar") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    World world(seed, {.pace = seed % 2 == 0 ? PingPace::regular : PingPace::self_clocked,
                       .interval = 100ms,
                       .timeout = 1s,
                       .count = 200,
                       .preload = static_cast<std::uint32_t>(1 + seed % 5)});
    for (std::uint32_t target = 0; target < 3; ++target) {
      world.ping.add_target(target, net::Address::v4(0xc0000200 + target), world.now);
    }
    world.ping.close_targets();
    int steps = 0;
    while (!world.ping.done()) {
      world.step();
      REQUIRE(++steps < 20'000);
    }
    for (const auto& [target, stat] : world.stats) {
      CHECK(stat.counts().sent == 200);
      CHECK(stat.counts().in_flight == 0);
    }
  }
}

TEST_CASE("engine property: deadline() is never later than the next thing that on_tick would do") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    World world(seed, {.interval = 70ms, .timeout = 300ms, .count = 100});
    world.ping.add_target(0, net::Address::v4(0xc0000201), world.now);
    world.ping.close_targets();
    while (!world.ping.done()) {
      world.conclude();
      if (world.ping.done()) {
        break;
      }
      const auto deadline = world.ping.deadline();
      REQUIRE(deadline.has_value());
      // Before it nothing happens ...
      if (*deadline > world.now) {
        world.now = *deadline - Duration(1);
        std::array<probe::ProbeSpec, 1> none;
        REQUIRE(world.ping.next_probes(world.now, none) == 0);
        world.ping.on_tick(world.now);
        REQUIRE(world.ping.take_events().empty());
        world.now = *deadline;
      }
      // ... and at it something does.
      const std::size_t before = world.ever_sent.size();
      const auto lost_before = world.stats[0].counts();
      world.send();
      world.ping.on_tick(world.now);
      world.conclude();
      const auto& after = world.stats[0].counts();
      REQUIRE((world.ever_sent.size() > before || after.lost > lost_before.lost ||
               after.send_failures > lost_before.send_failures));
    }
  }
}

}  // namespace sonde::engine
