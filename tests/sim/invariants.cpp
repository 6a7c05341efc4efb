// invariants.cpp: what holds in every run, whatever the network does.
#include <doctest/doctest.h>

#include <map>

#include "tests/sim/checks.hpp"

namespace sonde::test {
namespace {

using probe::Event;
using probe::EventKind;

Duration magnitude(Duration d) { return d < Duration::zero() ? -d : d; }

// How far an RTT may be from the truth: what the stamps are told to lie.
Duration stamp_error(const Ran& ran) {
  return magnitude(ran.transport.faults.receive_skew) +
         magnitude(ran.transport.faults.transmit_skew) + 2us;
}

bool is_first(EventKind kind) { return kind == EventKind::sent || kind == EventKind::send_failed; }

// The outcome of each probe after all replacements.
std::map<probe::ProbeId, EventKind> outcomes_of(const Ran& ran) {
  std::map<probe::ProbeId, EventKind> outcomes;
  for (const Event& event : ran.listener.kept) {
    if (is_first(event.kind)) {
      REQUIRE_MESSAGE(outcomes.emplace(event.probe, event.kind).second, "a probe sent twice");
    } else if (event.kind != EventKind::duplicate) {
      const auto known = outcomes.find(event.probe);
      REQUIRE_MESSAGE(known != outcomes.end(), "an outcome for a probe that was never sent");
      const bool was_open = known->second == EventKind::sent;
      REQUIRE_MESSAGE(was_open == (event.replaces == probe::Replaced::nothing),
                      "a second outcome that does not replace the first");
      known->second = event.kind;
    }
  }
  return outcomes;
}

void check_sums(const Ran& ran) {
  std::map<std::uint32_t, std::map<EventKind, std::uint64_t>> by_target;
  for (const auto& [id, kind] : outcomes_of(ran)) {
    ++by_target[id.target][kind];
  }
  for (const stats::TargetResult& result : ran.listener.results) {
    const stats::Counts& c = result.stats.counts();
    CAPTURE(result.target.id);
    CHECK(c.sent == c.received + c.late + c.lost + c.errors + c.send_failures + c.in_flight);
    auto& by_kind = by_target[result.target.id];
    CHECK(c.received == by_kind[EventKind::reply]);
    CHECK(c.late == by_kind[EventKind::late]);
    CHECK(c.lost == by_kind[EventKind::timeout]);
    CHECK(c.errors == by_kind[EventKind::error]);
    CHECK(c.send_failures == by_kind[EventKind::send_failed]);
    CHECK(c.in_flight == by_kind[EventKind::sent]);
  }
}

void check_times(const Ran& ran) {
  const Duration timeout = ran.ping.engine.timeout;
  const Duration slack = stamp_error(ran);
  for (const Event& event : ran.listener.kept) {
    if (!event.rtt) {
      continue;
    }
    CAPTURE(event.probe.sequence);
    REQUIRE(*event.rtt >= Duration::zero());
    if (event.kind == EventKind::reply) {
      REQUIRE(*event.rtt <= timeout + slack);
    }
    if (event.kind == EventKind::late && event.replaces == probe::Replaced::timeout) {
      REQUIRE(*event.rtt + ran.transport.faults.send_delay + slack >= timeout);
    }
  }
}

// RELIABILITY.md R6.
void check_end(const Ran& ran) {
  CHECK(ran.listener.calls.front() == "start");
  CHECK(ran.listener.calls.back() == "end");
  CHECK(std::ranges::count(ran.listener.calls, "end") == 1);
  std::optional<Instant> last;
  for (const stats::TargetResult& result : ran.listener.results) {
    last = std::max(last, result.stats.last_sent());
  }
  Duration paused{};
  for (const SimFaults::Pause& pause : ran.transport.faults.pauses) {
    paused += pause.length;
  }
  if (last) {
    CHECK(ran.listener.end.ended <= *last + ran.ping.engine.timeout + paused + 50ms);
  }
  if (ran.listener.end.reason == stats::EndReason::count) {
    for (const stats::TargetResult& result : ran.listener.results) {
      CHECK(result.stats.counts().in_flight == 0);
    }
  }
}

}  // namespace

void check_invariants(const Ran& ran) {
  check_sums(ran);
  check_times(ran);
  check_end(ran);
}

}  // namespace sonde::test
