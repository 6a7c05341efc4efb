#include "tests/sim/trace_run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <stdexcept>
#include <tuple>

#include "sonde/engine/trace.hpp"
#include "sonde/run/driver.hpp"

namespace sonde::test {

using probe::Event;
using probe::EventKind;

TraceRan run_trace(const TraceSetup& setup) {
  constexpr std::uint64_t kMostTurns = 1'000'000;
  TraceRan ran{.destination = setup.path.host.address.of(setup.family).value(),
               .config = setup.engine};
  VirtualClock clock;
  ran.started = clock.now();
  SeededRng rng(1);
  SimPath path(setup.path);
  SimTransport transport(setup.transport, path, clock, rng);
  auto engine = engine::TraceEngine::make(setup.engine).value();
  engine.add_target(0, ran.destination, clock.now());
  engine.close_targets();
  run::Driver driver(engine, transport);
  while (!engine.done()) {
    driver.step(clock.now());
    for (const Event& event : engine.take_events()) {
      ran.events.push_back(event);
    }
    if (!engine.done()) {
      driver.wait(std::nullopt);
    }
    if (++ran.waits > kMostTurns) {
      throw std::logic_error("the trace does not end");
    }
  }
  ran.ended = clock.now();
  ran.rejects = transport.rejects();
  ran.truth = path.log();
  return ran;
}

std::map<unsigned, std::vector<ProbeEnd>> probes_by_hop(const TraceRan& ran) {
  std::map<std::uint64_t, Event> last;
  for (const Event& event : ran.events) {
    if (event.probe.sequence != 0 && event.step.query != 0 && event.kind != EventKind::duplicate) {
      last[event.probe.sequence] = event;
    }
  }
  std::map<unsigned, std::vector<ProbeEnd>> hops;
  for (const auto& [sequence, event] : last) {
    hops[event.step.ttl.value].push_back({.sequence = sequence, .last = event});
  }
  for (auto& [ttl, probes] : hops) {
    std::ranges::sort(probes, {}, [](const ProbeEnd& probe) {
      return std::tuple(probe.last.step.flow, probe.last.step.query, probe.sequence);
    });
  }
  return hops;
}

net::Ttl last_of(const TraceRan& ran, std::uint16_t flow) {
  const auto at = std::ranges::find_if(ran.events, [flow](const Event& event) {
    return event.kind == EventKind::flow_end && event.step.flow == flow;
  });
  return at == ran.events.end() ? end_of(ran).step.ttl : at->step.ttl;
}

const Event& end_of(const TraceRan& ran) {
  const auto at = std::ranges::find(ran.events, EventKind::path_end, &Event::kind);
  REQUIRE(at != ran.events.end());
  return *at;
}

namespace {

bool is_outcome(EventKind kind) {
  return kind == EventKind::reply || kind == EventKind::timeout || kind == EventKind::late ||
         kind == EventKind::error;
}

// The grammar of event.hpp, probe by probe, and what is out at a time.
class Grammar {
 public:
  explicit Grammar(const TraceRan& ran) : ran_(ran) {}

  void apply(const Event& event) {
    CAPTURE(event.probe.sequence);
    if (event.kind == EventKind::sent || event.kind == EventKind::send_failed) {
      REQUIRE(event.probe.sequence == ++newest_);
      last_[event.probe.sequence] = event.kind;
      REQUIRE(event.step.ttl >= ran_.config.first_ttl);
      REQUIRE(event.step.ttl <= ran_.config.max_ttl);
      REQUIRE(event.step.flow < ran_.config.flows);
      REQUIRE(event.step.query <= ran_.config.queries + (ran_.config.last_query ? 1 : 0));
      count_out(event, event.kind == EventKind::sent ? 1 : 0);
    } else if (is_outcome(event.kind)) {
      const EventKind before = last_.at(event.probe.sequence);
      REQUIRE((before == EventKind::sent) == (event.replaces == probe::Replaced::nothing));
      last_[event.probe.sequence] = event.kind;
      count_out(event, before == EventKind::sent ? -1 : 0);
    }
    if (event.rtt) {
      REQUIRE(*event.rtt >= Duration::zero());
    }
  }

 private:
  void count_out(const Event& event, int change) {
    int& out = out_[{event.step.ttl.value, event.step.flow}];
    out += change;
    total_ += change;
    REQUIRE(out <= 3);
    // What went beyond the destination is no longer counted when the MTU is looked for.
    if (event.step.query != 0) {
      REQUIRE(total_ <= static_cast<int>(ran_.config.parallel));
    }
  }
  const TraceRan& ran_;
  std::uint64_t newest_ = 0;
  std::map<std::uint64_t, EventKind> last_;
  std::map<std::pair<unsigned, unsigned>, int> out_;
  int total_ = 0;
};

}  // namespace

void check_trace_invariants(const TraceRan& ran) {
  Grammar grammar(ran);
  for (const Event& event : ran.events) {
    grammar.apply(event);
  }
  REQUIRE(std::ranges::count(ran.events, EventKind::path_end, &Event::kind) == 1);
  const Event& end = end_of(ran);
  // Every probe of the path has its outcome, and every hop all its queries, unless a loop or our
  // own system cut them off.
  std::set<std::uint64_t> open;
  std::set<std::tuple<unsigned, unsigned, unsigned>> names;
  std::map<unsigned, std::set<std::pair<unsigned, unsigned>>> asked;
  for (const Event& event : ran.events) {
    if (event.kind == EventKind::sent && event.step.ttl <= last_of(ran, event.step.flow)) {
      open.insert(event.probe.sequence);
      asked[event.step.ttl.value].insert({event.step.flow, event.step.query});
      const std::tuple name{event.step.ttl.value, event.step.flow, event.step.query};
      CHECK((event.step.query == 0 || names.insert(name).second));
    } else if (is_outcome(event.kind)) {
      open.erase(event.probe.sequence);
    }
  }
  CHECK(open.empty());
  const bool failures =
      std::ranges::find(ran.events, EventKind::send_failed, &Event::kind) != ran.events.end();
  for (unsigned ttl = ran.config.first_ttl.value; ttl <= end.step.ttl.value && !failures; ++ttl) {
    CAPTURE(ttl);
    std::erase_if(asked[ttl], [&](const auto& step) {
      return step.second == 0 || step.second > ran.config.queries;  // for the MTU; asked once more
    });
    std::size_t wanted = 0;
    for (std::uint16_t flow = 0; flow < ran.config.flows; ++flow) {
      wanted += ttl <= last_of(ran, flow).value ? ran.config.queries : 0;
    }
    CHECK(asked[ttl].size() == wanted);
  }
  // No busy waiting: about one turn for each send, arrival and time-out.
  CHECK(ran.waits <= 4 * ran.events.size() + 100);
}

}  // namespace sonde::test
