// trace_outcomes.cpp: what becomes of a trace's probes, and what the answers make of the path.
#include <doctest/doctest.h>

#include "tests/unit/engine/trace_harness.hpp"

namespace sonde::engine {

using probe::EventKind;
using probe::PathEnd;
using probe::ProbeSpec;
using probe::Replaced;
using probe::SendFailure;

namespace {

using Answers = std::vector<Coming>;

unsigned ttl_of(const ProbeSpec& spec) { return spec.ip.ttl->value; }

}  // namespace

TEST_CASE("trace: every event of a probe says its step, and path_end belongs to no probe") {
  TraceHarness trace({.queries = 2}, plain_path(2));
  trace.run();
  for (const probe::Event& event : trace.events) {
    if (event.kind == EventKind::path_end) {
      CHECK(event.probe.sequence == 0);
      CHECK(event.path_end == PathEnd::reached);
    } else {
      CHECK(event.step.ttl.value >= 1);
      CHECK((event.step.query == 1 || event.step.query == 2));
    }
  }
}

TEST_CASE("trace: an error that comes after its time-out takes the time-out back") {
  // Hop 2 is slow to complain; hop 3 keeps the run going.
  TraceHarness trace({}, [](const ProbeSpec& spec, Instant) -> Answers {
    const unsigned ttl = ttl_of(spec);
    if (ttl == 2) {
      return {time_exceeded(router(2), 700ms)};
    }
    return ttl >= 3 ? Answers{} : Answers{time_exceeded(router(ttl), 10ms)};
  });
  trace.run();
  // Nothing behind hop 2 had answered: its silence was not believed for more than a second.
  CHECK(trace.count(EventKind::timeout) > 0);
  for (const probe::Event& event : trace.of(EventKind::error)) {
    CHECK(event.replaces == Replaced::nothing);
  }
}

TEST_CASE("trace: our own system has the time to find that nobody has the address") {
  for (const std::uint8_t queries : {std::uint8_t{1}, std::uint8_t{3}}) {
    TraceHarness trace({.queries = queries}, [](const ProbeSpec&, Instant sent) -> Answers {
      const Instant known = kTraceStart + 3080ms;  // three requests to the link, a second each
      return {unreachable(net::Address::v4(0xc0000201), 1, std::max<Duration>(known - sent, 0s))};
    });
    trace.run();
    CHECK(trace.count(EventKind::timeout) == 0);
    CHECK(trace.end() == PathEnd::unreachable);
    CHECK(trace.elapsed() <= 3200ms);
  }
}

TEST_CASE("trace: many queries of a silent tail do not each cost a second") {
  const Network four_and_silence = [](const ProbeSpec& spec, Instant) -> Answers {
    const unsigned ttl = ttl_of(spec);
    return ttl <= 4 ? Answers{time_exceeded(router(ttl), ttl * 1ms)} : Answers{};
  };
  TraceHarness queries({.queries = 10}, four_and_silence);
  queries.run();
  CHECK(queries.end() == PathEnd::gap);
  CHECK(queries.elapsed() <= 2500ms);
  CHECK(queries.most_out == 3);
  TraceHarness flows({.queries = 1, .flows = 64}, four_and_silence);
  flows.run();
  CHECK(flows.end() == PathEnd::gap);
  CHECK(flows.elapsed() <= 2500ms + 1s);
}

TEST_CASE("trace: who is silent three times is waited for less, and heard all the same") {
  // Hop 3 answers every fourth query only, and takes its time.
  TraceHarness trace({.queries = 4}, [](const ProbeSpec& spec, Instant sent) -> Answers {
    const unsigned ttl = ttl_of(spec);
    if (ttl == 3) {
      return sent - kTraceStart >= 900ms ? Answers{time_exceeded(router(3), 290ms)} : Answers{};
    }
    return ttl < 3 ? Answers{time_exceeded(router(ttl), 1ms)} : Answers{};
  });
  trace.run();
  const auto errors = trace.of(EventKind::error);
  CHECK(std::ranges::any_of(errors, [](const auto& event) { return event.step.ttl.value == 3; }));
}

TEST_CASE("trace: the last query is asked whatever the time-out is") {
  for (const Duration timeout : {Duration(100ms), Duration(1s), Duration(2s)}) {
    for (const std::uint8_t queries : {std::uint8_t{1}, std::uint8_t{3}}) {
      TraceHarness trace(
          {.queries = queries, .timeout = timeout, .adaptive = false, .last_query = true},
          [](const ProbeSpec& spec, Instant sent) -> Answers {
            const unsigned ttl = ttl_of(spec);
            if (ttl < 5) {
              return {time_exceeded(router(ttl), 10ms)};
            }
            return sent - kTraceStart < 1s ? Answers{} : Answers{echo_reply(20ms)};
          });
      trace.run();
      CHECK(trace.end() == PathEnd::reached);
      CHECK(trace.elapsed() <= 1200ms + timeout);
    }
  }
}

TEST_CASE("trace: a late reply and a late error replace the time-out while the run goes on") {
  TraceHarness trace({}, [](const ProbeSpec& spec, Instant) -> Answers {
    const unsigned ttl = ttl_of(spec);
    if (ttl == 1) {
      return {time_exceeded(router(1), spec.id.sequence == 1 ? 10ms : 400ms)};
    }
    return ttl == 5 ? Answers{echo_reply(50ms)} : Answers{};
  });
  trace.run();
  const auto errors = trace.of(EventKind::error);
  REQUIRE(errors.size() == 3);
  CHECK(errors[0].replaces == Replaced::nothing);
  CHECK(errors[1].replaces == Replaced::timeout);
  CHECK(errors[1].rtt == 400ms);
  CHECK(trace.end() == PathEnd::reached);
}

TEST_CASE("trace: a reply replaces an error, whoever forged that, and the path is judged anew") {
  TraceHarness trace({.queries = 1}, [](const ProbeSpec& spec, Instant) -> Answers {
    const unsigned ttl = ttl_of(spec);
    if (ttl < 3) {
      return {time_exceeded(router(ttl), 10ms)};
    }
    return ttl > 3 ? Answers{} : Answers{unreachable(router(99), 1, 5ms), echo_reply(30ms)};
  });
  trace.run();
  CHECK(trace.end() == PathEnd::reached);
  const auto replies = trace.of(EventKind::reply);
  REQUIRE_FALSE(replies.empty());
  CHECK(replies[0].replaces == Replaced::error);
}

TEST_CASE("trace: further replies are duplicates, further errors nothing") {
  TraceHarness trace({.queries = 1}, [](const ProbeSpec& spec, Instant) -> Answers {
    const unsigned ttl = ttl_of(spec);
    if (ttl == 1) {
      return {time_exceeded(router(1), 10ms), time_exceeded(router(1), 11ms)};
    }
    if (ttl == 2) {
      return {echo_reply(20ms), echo_reply(21ms)};
    }
    return ttl == 3 ? Answers{} : Answers{echo_reply(200ms)};
  });
  trace.run();
  CHECK(trace.count(EventKind::error) == 1);
  CHECK(trace.count(EventKind::reply) == 1);
}

TEST_CASE("trace: a router that says unreachable ends the path at its hop") {
  TraceHarness trace({}, [](const ProbeSpec& spec, Instant) -> Answers {
    const unsigned ttl = ttl_of(spec);
    return {ttl < 4 ? time_exceeded(router(ttl), ttl * 20ms) : unreachable(router(4), 13, 80ms)};
  });
  trace.run();
  CHECK(trace.end() == PathEnd::unreachable);
  for (unsigned ttl = 1; ttl <= 4; ++ttl) {
    CHECK(trace.sent_to(ttl) == 3);
  }
  CHECK(trace.elapsed() <= 400ms);
}

TEST_CASE("trace: unreachable does not end a path whose destination answers further on") {
  TraceHarness trace({}, [](const ProbeSpec& spec, Instant) -> Answers {
    const unsigned ttl = ttl_of(spec);
    if (ttl == 2 && spec.id.sequence == 2) {
      return {unreachable(router(2), 1, 20ms)};
    }
    return {ttl < 5 ? time_exceeded(router(ttl), ttl * 20ms) : echo_reply(100ms)};
  });
  trace.run();
  CHECK(trace.end() == PathEnd::reached);
  CHECK(trace.sent_to(5) == 3);
}

TEST_CASE("trace: port unreachable from the destination reaches it") {
  TraceHarness trace({}, [](const ProbeSpec& spec, Instant) -> Answers {
    const unsigned ttl = ttl_of(spec);
    return {ttl < 3 ? time_exceeded(router(ttl), 10ms) : unreachable(kDestination, 3, 30ms)};
  });
  trace.run();
  CHECK(trace.end() == PathEnd::reached);
  CHECK(trace.sent_to(3) == 3);
}

TEST_CASE("trace: two routers that pass packets to and fro are a loop") {
  TraceHarness trace({}, [](const ProbeSpec& spec, Instant) -> Answers {
    const unsigned ttl = ttl_of(spec);
    return {time_exceeded(router(ttl < 4 ? ttl : 4 + ttl % 2), ttl * 1ms)};
  });
  trace.run();
  CHECK(trace.end() == PathEnd::loop);
  CHECK(trace.sent_to(8) == 3);  // the third time
  CHECK(trace.sent_to(30) == 1);
  CHECK(trace.count(EventKind::sent) < 75);
}

TEST_CASE("trace: a destination that answers with time exceeded is no loop, and found") {
  TraceHarness trace({}, [](const ProbeSpec& spec, Instant) -> Answers {
    const unsigned ttl = ttl_of(spec);
    if (ttl < 4) {
      return {time_exceeded(router(ttl), ttl * 10ms)};
    }
    return {ttl < 12 ? time_exceeded(kDestination, 40ms) : echo_reply(40ms)};
  });
  trace.run();
  CHECK(trace.end() == PathEnd::reached);
  CHECK(trace.sent_to(12) == 3);
}

TEST_CASE("trace: a network behind one NAT address is no loop") {
  TraceHarness trace({}, [](const ProbeSpec& spec, Instant) -> Answers {
    const unsigned ttl = ttl_of(spec);
    if (ttl > 10) {
      return {};
    }
    Coming coming = time_exceeded(router(ttl < 3 ? ttl : 3), ttl * 10ms);
    coming.seen.ttl = net::Ttl(static_cast<std::uint8_t>(64 - ttl));
    return {coming};
  });
  trace.run();
  CHECK(trace.end() == PathEnd::gap);
}

TEST_CASE("trace: a system without buffers for a moment costs a moment") {
  TraceHarness trace({}, plain_path(4));
  trace.refuse = [](const ProbeSpec& spec, Instant) -> std::optional<probe::SendError> {
    if (spec.id.sequence > 2 && spec.id.sequence < 6) {
      return probe::SendError{.failure = SendFailure::no_buffer};
    }
    return std::nullopt;
  };
  trace.run();
  CHECK(trace.end() == PathEnd::reached);
  CHECK(trace.count(EventKind::send_failed) == 3);
  for (unsigned ttl = 1; ttl <= 4; ++ttl) {
    CHECK(trace.sent_to(ttl) == 3);
  }
}

TEST_CASE("trace: a system that never has buffers is given up after a second") {
  TraceHarness trace({}, plain_path(4));
  trace.refuse = [](const ProbeSpec&, Instant) {
    return std::optional(probe::SendError{.failure = SendFailure::no_buffer});
  };
  trace.run();
  CHECK(trace.end() == PathEnd::unreachable);
  CHECK(trace.count(EventKind::send_failed) == 10);
  CHECK(trace.elapsed() <= 1s);
}

TEST_CASE("trace: waiting for room behind probes of its own is not given up") {
  constexpr std::size_t kRoom = 20;  // a backend with so many slots, each taken for a time-out
  TraceHarness trace({.max_ttl = net::Ttl(60), .gap = 0, .timeout = 5s, .adaptive = false},
                     [](const ProbeSpec&, Instant) { return std::vector<Coming>{}; });
  std::vector<Instant> taken;
  trace.refuse = [&](const ProbeSpec& spec, Instant at) -> std::optional<probe::SendError> {
    std::erase_if(taken, [at](Instant until) { return until <= at; });
    if (taken.size() >= kRoom) {
      return probe::SendError{.failure = SendFailure::no_buffer};
    }
    taken.push_back(at + spec.timeout);
    return std::nullopt;
  };
  trace.run();
  CHECK(trace.end() == PathEnd::max_ttl);
  for (unsigned ttl = 1; ttl <= 60; ++ttl) {
    CHECK(trace.sent_to(ttl) == 3);
  }
}

TEST_CASE("trace: probes whose answers cannot be told apart are asked again, at every hop") {
  for (const std::uint8_t queries : {std::uint8_t{1}, std::uint8_t{3}}) {
    const auto path = plain_path(4);
    TraceHarness trace({.queries = queries}, [&](const ProbeSpec& spec, Instant at) -> Answers {
      if (spec.id.sequence > 9) {
        return path(spec, at);
      }
      return {{.after = 100ms,
               .seen = {.probe = {},
                        .kind = probe::ObservationKind::send_error,
                        .send_error = probe::SendError{.failure = SendFailure::untold}}}};
    });
    trace.run();
    CHECK(trace.end() == PathEnd::reached);
    CHECK(trace.count(EventKind::send_failed) == 9);
    CHECK(trace.count(EventKind::timeout) == 0);
    for (unsigned ttl = 1; ttl <= 4; ++ttl) {
      std::vector<probe::Event> answers = trace.of(EventKind::error);
      const auto replies = trace.of(EventKind::reply);
      answers.insert(answers.end(), replies.begin(), replies.end());
      CHECK(std::ranges::count(answers, net::Ttl(static_cast<std::uint8_t>(ttl)),
                               [](const auto& event) { return event.step.ttl; }) == queries);
    }
  }
}

TEST_CASE("trace: a backend is asked to wait as long as the engine does, and a second at least") {
  TraceHarness trace({}, plain_path(4, {3}));
  std::vector<Duration> asked;
  trace.refuse = [&](const ProbeSpec& spec, Instant at) -> std::optional<probe::SendError> {
    asked.push_back(spec.timeout);
    CHECK(spec.timeout >= (at > kTraceStart + 20ms ? 1s : 3200ms));
    return std::nullopt;
  };
  trace.run();
  CHECK(asked.front() == 3200ms);
  CHECK(std::ranges::min(asked) == 1s);
}

TEST_CASE("trace: a target that the system has no route to ends at once") {
  TraceHarness trace({}, plain_path(4));
  trace.refuse = [](const ProbeSpec&, Instant) {
    return std::optional(probe::SendError{.failure = SendFailure::unreachable});
  };
  trace.run();
  CHECK(trace.end() == PathEnd::unreachable);
  CHECK(trace.count(EventKind::send_failed) == 3);
  CHECK(trace.elapsed() <= 20ms);
}

TEST_CASE("trace: what the system fails to send after it took it is no answer") {
  const auto fails_later = [](const ProbeSpec&, Instant) -> Answers {
    return {{.after = 30ms,
             .seen = {.probe = {},
                      .kind = probe::ObservationKind::send_error,
                      .send_error = probe::SendError{.failure = SendFailure::unreachable}}}};
  };
  TraceHarness trace({}, fails_later);
  trace.run();
  CHECK(trace.end() == PathEnd::unreachable);
  CHECK(trace.count(EventKind::error) == 0);
  const auto failures = trace.of(EventKind::send_failed);
  REQUIRE_FALSE(failures.empty());
  for (const probe::Event& event : failures) {
    CHECK(event.replaces == Replaced::sent);
    CHECK(event.at - event.sent_at == 30ms);
    CHECK_FALSE(event.rtt);
    REQUIRE(event.send_error);
  }
  CHECK(trace.elapsed() <= 200ms);
  TraceHarness few({.max_ttl = net::Ttl(2), .queries = 1}, fails_later);
  few.run();
  CHECK(few.end() == PathEnd::unreachable);
}

TEST_CASE("trace: the RTT is taken from the transmit stamp") {
  TraceHarness trace({.queries = 1}, [](const ProbeSpec& spec, Instant) -> Answers {
    Coming left{.after = 2ms, .seen = {.probe = {}, .kind = probe::ObservationKind::transmitted}};
    return {left, ttl_of(spec) < 2 ? time_exceeded(router(1), 12ms) : echo_reply(22ms)};
  });
  trace.run();
  CHECK(trace.of(EventKind::error).at(0).rtt == 10ms);
  CHECK(trace.of(EventKind::reply).at(0).rtt == 20ms);
}

TEST_CASE("trace: without adaption every silent probe is waited for to the time-out") {
  TraceHarness trace({.timeout = 2s, .adaptive = false}, plain_path(4, {2}));
  trace.run();
  CHECK(trace.count(EventKind::timeout) == 3);
  CHECK(trace.elapsed() >= 2s);
  for (const probe::Event& event : trace.of(EventKind::timeout)) {
    CHECK(event.at - event.sent_at == 2s);
  }
}

TEST_CASE("trace: strangers, and what was never sent, change nothing") {
  TraceHarness trace({}, plain_path(3));
  trace.add();
  trace.engine.close_targets();
  const probe::Observation odd{.probe = {.target = 3, .sequence = 1}};
  const probe::Observation unsent{.probe = {.target = 0, .sequence = 999}};
  const probe::Observation zero{.probe = {.target = 0, .sequence = 0}};
  for (const auto& seen : {odd, unsent, zero}) {
    trace.engine.on_observations(std::span(&seen, 1));
  }
  CHECK(trace.engine.take_events().empty());
  trace.finish();
  CHECK(trace.end() == PathEnd::reached);
}

}  // namespace sonde::engine
