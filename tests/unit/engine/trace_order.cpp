// trace_order.cpp: which probes a trace sends, when, and when it is over.
#include <doctest/doctest.h>

#include <set>

#include "tests/unit/engine/trace_harness.hpp"

namespace sonde::engine {

using probe::EventKind;
using probe::PathEnd;

TEST_CASE("trace: thirty hops of 20 ms with three queries end within 1.5 RTT and 100 ms") {
  TraceHarness trace({}, plain_path(30));
  trace.run();
  CHECK(trace.end() == PathEnd::reached);
  CHECK(trace.elapsed() <= 600ms * 3 / 2 + 100ms);
  CHECK(trace.count(EventKind::sent) == 90);
  CHECK(trace.count(EventKind::error) == 87);
  CHECK(trace.count(EventKind::reply) == 3);
  CHECK(trace.count(EventKind::timeout) == 0);
}

TEST_CASE("trace: five hops and then silence end within 2.5 s, at the gap") {
  TraceHarness trace({}, plain_path(30, {6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18,
                                         19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30}));
  trace.run();
  CHECK(trace.end() == PathEnd::gap);
  CHECK(trace.elapsed() <= 2500ms);
  CHECK(trace.count(EventKind::error) == 15);
  CHECK(trace.sent_to(13) == 3);
  CHECK(trace.sent_to(14) == 1);
}

TEST_CASE("trace: a silent hop on the way costs no more than half a second") {
  TraceHarness trace({}, plain_path(6, {3}));
  trace.run();
  CHECK(trace.end() == PathEnd::reached);
  CHECK(trace.count(EventKind::timeout) == 3);
  CHECK(trace.elapsed() <= 1100ms);
}

TEST_CASE("trace: hops beyond the destination are not asked again once it has answered") {
  TraceHarness trace({}, plain_path(3));
  trace.run();
  for (unsigned ttl = 1; ttl <= 3; ++ttl) {
    CHECK(trace.sent_to(ttl) == 3);
  }
  for (unsigned ttl = 4; ttl <= 30; ++ttl) {
    CHECK(trace.sent_to(ttl) <= 1);
  }
  CHECK(trace.count(EventKind::sent) <= 36);
  CHECK(trace.elapsed() <= 160ms);
}

TEST_CASE("trace: nothing answers at all, and is waited for as long as the time-out") {
  TraceHarness trace({}, [](const probe::ProbeSpec&, Instant) { return std::vector<Coming>{}; });
  trace.run();
  CHECK(trace.end() == PathEnd::gap);
  CHECK(trace.elapsed() >= 3s);
  CHECK(trace.elapsed() <= 3400ms);
}

TEST_CASE("trace: a destination behind a long silence is found all the same") {
  TraceHarness trace({.gap = 4},
                     plain_path(20, {6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}));
  trace.run();
  CHECK(trace.end() == PathEnd::reached);
  CHECK(trace.sent_to(20) == 3);
}

TEST_CASE("trace: the last TTL ends a path that goes on") {
  TraceHarness trace({.max_ttl = net::Ttl(4)}, plain_path(9));
  trace.run();
  CHECK(trace.end() == PathEnd::max_ttl);
  CHECK(trace.count(EventKind::sent) == 12);
}

TEST_CASE("trace: first_ttl leaves out the hops before it") {
  TraceHarness trace({.first_ttl = net::Ttl(3)}, plain_path(5));
  trace.run();
  CHECK(trace.sent_to(2) == 0);
  CHECK(trace.sent_to(3) == 3);
  CHECK(trace.end() == PathEnd::reached);
}

TEST_CASE("trace: no more than three probes are out at one hop and flow, and none too fast") {
  TraceHarness trace({.queries = 20, .rate = 100}, plain_path(8, {2, 4}));
  trace.run();
  CHECK(trace.most_out == 3);
  const auto sent = trace.of(EventKind::sent);
  for (std::size_t i = 1; i < sent.size(); ++i) {
    CHECK(sent[i].at - sent[i - 1].at >= 10ms);
  }
  for (unsigned ttl = 1; ttl <= 8; ++ttl) {
    CHECK(trace.sent_to(ttl) == 20);
  }
}

TEST_CASE("trace: with one probe out at a time the hops follow each other") {
  TraceHarness trace({.queries = 1, .parallel = 1}, plain_path(4, {2}));
  trace.run();
  CHECK(trace.end() == PathEnd::reached);
  CHECK(trace.count(EventKind::sent) == 4);
}

TEST_CASE("trace: every flow asks every hop") {
  TraceHarness trace({.queries = 2, .flows = 4}, plain_path(5));
  trace.run();
  std::set<std::tuple<unsigned, unsigned, unsigned>> steps;
  for (const probe::Event& event : trace.of(EventKind::sent)) {
    if (event.step.ttl.value <= 5) {
      steps.insert({event.step.ttl.value, event.step.query, event.step.flow});
    }
  }
  CHECK(steps.size() == std::size_t{5} * 2 * 4);
  CHECK(trace.end() == PathEnd::reached);
}

TEST_CASE("trace: with hundreds of TTLs, the window and the gap bound what is sent") {
  TraceHarness trace({.max_ttl = net::Ttl(255)}, plain_path(255, [] {
                       std::vector<unsigned> silent;
                       for (unsigned hop = 4; hop <= 255; ++hop) {
                         silent.push_back(hop);
                       }
                       return silent;
                     }()));
  trace.run();
  CHECK(trace.end() == PathEnd::gap);
  CHECK(trace.count(EventKind::sent) <= 150);
  CHECK(trace.elapsed() <= 4s);
}

TEST_CASE("trace: two targets share the rate, and each has its own end") {
  TraceHarness trace({}, plain_path(5));
  trace.add(0);
  trace.add(7, net::Address::v4(0xc0000209));
  trace.engine.close_targets();
  trace.finish();
  const auto ends = trace.of(EventKind::path_end);
  REQUIRE(ends.size() == 2);
  CHECK(ends[0].probe.target != ends[1].probe.target);
  CHECK(ends[0].probe.sequence == 0);
}

TEST_CASE("trace: configurations that cannot run are refused") {
  CHECK_FALSE(TraceEngine::make({.first_ttl = net::Ttl(0)}).has_value());
  CHECK_FALSE(TraceEngine::make({.first_ttl = net::Ttl(9), .max_ttl = net::Ttl(8)}).has_value());
  CHECK_FALSE(TraceEngine::make({.queries = 0}).has_value());
  CHECK_FALSE(TraceEngine::make({.flows = 0}).has_value());
  CHECK_FALSE(TraceEngine::make({.parallel = 0}).has_value());
  CHECK_FALSE(TraceEngine::make({.rate = 0}).has_value());
  CHECK_FALSE(TraceEngine::make({.timeout = 0s}).has_value());
}

}  // namespace sonde::engine
