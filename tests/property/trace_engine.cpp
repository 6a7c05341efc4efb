// trace_engine.cpp: the trace engine under a network that does anything, and a clock that jumps.
// Whatever comes, in whatever order, once, never or twice: each probe has one outcome at a time, no
// more than three are out at a hop and flow, the path ends where the destination's nearest answer
// was, once, and the engine is done in the end. And it never asks to be called for nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/engine/trace.hpp"
#include "sonde/wire/icmpv4.hpp"

namespace sonde::engine {
namespace {

using probe::Event;
using probe::EventKind;
using probe::Observation;
using probe::ObservationKind;
using probe::Replaced;

const net::Address kDestination = net::Address::v4(0xc0000209);

Duration up_to(Rng& rng, Duration most) {
  return Duration(
      static_cast<Duration::rep>(rng.below(static_cast<std::uint64_t>(most.count()) + 1)));
}

class Grammar {
 public:
  explicit Grammar(std::uint32_t parallel) : parallel_(parallel) {}

  void apply(const Event& event) {
    switch (event.kind) {
      case EventKind::sent:
        REQUIRE(last_.emplace(event.probe, event.kind).second);
        count(event, 1);
        return;
      case EventKind::send_failed:
        failure(event);
        return;
      case EventKind::path_end:
        REQUIRE_FALSE(std::exchange(ends_[event.probe.target], true));
        return;
      case EventKind::flow_end:
      case EventKind::path_mtu:
        REQUIRE_FALSE(ends_[event.probe.target]);
        return;
      case EventKind::duplicate:
        REQUIRE((last_.at(event.probe) == EventKind::reply ||
                 last_.at(event.probe) == EventKind::late));
        return;
      case EventKind::reply:
      case EventKind::timeout:
      case EventKind::late:
      case EventKind::error:
        outcome(event);
    }
  }

 private:
  void failure(const Event& event) {
    const auto [at, first] = last_.emplace(event.probe, event.kind);
    if (first) {
      REQUIRE(event.replaces == Replaced::nothing);
      return;
    }
    REQUIRE((at->second == EventKind::sent || at->second == EventKind::timeout));
    const bool out = at->second == EventKind::sent;
    REQUIRE(event.replaces == (out ? Replaced::sent : Replaced::timeout));
    at->second = event.kind;
    count(event, out ? -1 : 0);
  }
  void outcome(const Event& event) {
    EventKind& last = last_.at(event.probe);
    const Replaced replaced = last == EventKind::timeout ? Replaced::timeout
                              : last == EventKind::error ? Replaced::error
                                                         : Replaced::nothing;
    REQUIRE((last == EventKind::sent || replaced != Replaced::nothing));
    REQUIRE(event.replaces == replaced);
    REQUIRE((event.kind != EventKind::timeout || last == EventKind::sent));
    REQUIRE((event.kind != EventKind::error || last != EventKind::error));
    REQUIRE((!event.rtt || *event.rtt >= Duration::zero()));
    if (last == EventKind::sent) {
      count(event, -1);
    }
    last = event.kind;
  }
  void count(const Event& event, int change) {
    int& out = out_[{event.probe.target, event.step.ttl.value, event.step.flow}];
    out += change;
    // Once the path is known, what went beyond it is no longer counted.
    known_ = known_ || event.step.query == 0 || !ends_.empty();
    total_ += change;
    REQUIRE(out <= 3);
    if (!known_) {
      REQUIRE(total_ <= static_cast<int>(parallel_));
    }
  }
  std::uint32_t parallel_;
  std::map<probe::ProbeId, EventKind> last_;
  std::map<std::uint32_t, bool> ends_;
  std::map<std::tuple<std::uint32_t, unsigned, unsigned>, int> out_;
  int total_ = 0;
  bool known_ = false;
};

struct World {
  World(std::uint64_t seed, TraceConfig config)
      : rng(seed),
        nearby(seed % 3 == 0 ? 5 : 300),
        flows(config.flows),
        grammar(config.parallel),
        trace(TraceEngine::make(std::move(config)).value()) {}

  SeededRng rng;
  std::uint64_t nearby;  // one answer in so many is the destination's
  std::uint16_t flows;
  Grammar grammar;
  TraceEngine trace;
  std::vector<Observation> under_way;         // in no order
  std::map<std::uint32_t, unsigned> nearest;  // TTL of the destination's answers, by target
  std::map<std::uint32_t, Event> ends;
  Instant now{1000s};

  void send() {
    std::vector<probe::ProbeSpec> specs(1 + rng.below(8));
    specs.resize(trace.next_probes(now, specs));
    std::vector<probe::SendReport> reports;
    for (const probe::ProbeSpec& spec : specs) {
      reports.push_back({.id = spec.id, .at = now});
      if (rng.below(20) == 0) {
        reports.back().error =
            probe::SendError{.failure = static_cast<probe::SendFailure>(rng.below(5))};
        continue;
      }
      foretell(spec);
    }
    trace.on_sent(reports);
  }

  // What the network will do with a probe: nothing, or any number of things.
  void foretell(const probe::ProbeSpec& spec) {
    for (std::uint64_t n = rng.below(4); n > 0; --n) {
      Observation seen{.probe = spec.id, .at = now + up_to(rng, 3s)};
      const bool from_destination = rng.below(nearby) == 0;
      seen.kind = static_cast<ObservationKind>(rng.below(4));
      if (seen.kind == ObservationKind::reply && !from_destination) {
        seen.kind = ObservationKind::icmp_error;
      }
      seen.responder =
          rng.below(5) == 0
              ? kDestination
              : net::Address::v4(0xc6336400 + static_cast<std::uint32_t>(rng.below(9)));
      seen.icmp = {.type = rng.below(3) == 0 ? wire::icmpv4::kDestinationUnreachable
                                             : wire::icmpv4::kTimeExceeded,
                   .code = static_cast<std::uint8_t>(rng.below(14))};
      if (seen.kind == ObservationKind::reply) {
        seen.responder = kDestination;
      }
      if (rng.below(4) == 0) {
        seen.next_hop_mtu = net::Mtu(static_cast<std::uint32_t>(rng.below(2000)));
      }
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
    if (rng.below(10) == 0) {
      batch.push_back({.probe = {.target = static_cast<std::uint32_t>(rng.below(5)),
                                 .sequence = (rng.next() >> rng.below(40)) | (1U << 20)},
                       .at = now});
    }
    trace.on_observations(batch);
  }

  void conclude() {
    for (const Event& event : trace.take_events()) {
      grammar.apply(event);
      if (event.kind == EventKind::path_end) {
        ends.emplace(event.probe.target, event);
      } else if (event.rtt && event.kind != EventKind::duplicate && event.step.query != 0 &&
                 !ends.contains(event.probe.target) &&
                 probe::arrived(kDestination, event.observation)) {
        unsigned& ttl = nearest.try_emplace(event.probe.target, 255U).first->second;
        ttl = std::min<unsigned>(ttl, event.step.ttl.value);
      }
    }
  }

  void step() {
    now += rng.below(200) == 0 ? up_to(rng, 2min) : up_to(rng, 30ms);
    send();
    observe();
    if (rng.below(3) != 0) {
      trace.on_tick(now);
    }
    conclude();
  }
};

TraceConfig random_config(std::uint64_t seed) {
  SeededRng rng(seed + 1000);
  TraceConfig config;
  config.first_ttl = net::Ttl(static_cast<std::uint8_t>(1 + rng.below(3)));
  config.max_ttl = net::Ttl(static_cast<std::uint8_t>(3 + rng.below(28)));
  config.queries = static_cast<std::uint8_t>(1 + rng.below(5));
  config.flows = static_cast<std::uint16_t>(1 + rng.below(3));
  config.parallel = static_cast<std::uint32_t>(1 + rng.below(96));
  config.gap = static_cast<std::uint8_t>(rng.below(9));
  config.adaptive = rng.below(4) != 0;
  config.timeout = 100ms + up_to(rng, 3s);
  config.find_mtu = rng.below(3) == 0;
  config.payload.resize(rng.below(1473));
  return config;
}

}  // namespace

TEST_CASE("trace property: any order, loss and repetition keeps the grammar and comes to an end") {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    World world(seed, random_config(seed));
    for (std::uint32_t target = 0; target < 2; ++target) {
      world.trace.add_target(target, kDestination, world.now);
    }
    world.trace.close_targets();
    int steps = 0;
    while (!world.trace.done()) {
      world.step();
      REQUIRE(++steps < 100'000);
    }
    REQUIRE(world.ends.size() == 2);
    for (const auto& [target, end] : world.ends) {
      CAPTURE(target);
      CHECK((end.path_end == probe::PathEnd::reached) == world.nearest.contains(target));
      if (world.nearest.contains(target)) {
        // Of several flows each ends for itself: none before the nearest, some perhaps behind it.
        CHECK(end.step.ttl.value >= world.nearest.at(target));
        CHECK((world.flows > 1 || end.step.ttl.value == world.nearest.at(target)));
      }
    }
  }
}

TEST_CASE("trace property: nothing happens before the deadline, and something at it") {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    CAPTURE(seed);
    World world(seed, random_config(seed));
    world.trace.add_target(0, kDestination, world.now);
    world.trace.close_targets();
    for (int turns = 0; !world.trace.done(); ++turns) {
      REQUIRE(turns < 20'000);
      const auto deadline = world.trace.deadline();
      REQUIRE(deadline.has_value());
      std::array<probe::ProbeSpec, 1> one;
      if (*deadline > world.now) {
        world.now = *deadline - Duration(1);
        REQUIRE(world.trace.next_probes(world.now, one) == 0);
        world.trace.on_tick(world.now);
        REQUIRE(world.trace.take_events().empty());
        world.now = *deadline;
      }
      const std::size_t sent = world.trace.next_probes(world.now, one);
      for (std::size_t i = 0; i < sent; ++i) {
        const probe::SendReport report{.id = one[i].id, .at = world.now};
        world.trace.on_sent(std::span(&report, 1));
        world.foretell(one[i]);
      }
      world.trace.on_tick(world.now);
      const auto events = world.trace.take_events();
      REQUIRE((sent > 0 || !events.empty()));
      // Now and then an answer, so that the waits change.
      if (world.rng.below(3) == 0 && !world.under_way.empty()) {
        Observation seen = world.under_way.back();
        world.under_way.pop_back();
        seen.at = world.now;
        world.trace.on_observations(std::span(&seen, 1));
        (void)world.trace.take_events();
      }
    }
  }
}

}  // namespace sonde::engine
