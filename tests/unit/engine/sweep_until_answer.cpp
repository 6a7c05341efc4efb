// sweep_until_answer.cpp: one probe a target, and more only where none was answered.
#include <doctest/doctest.h>

#include <array>

#include "tests/unit/engine/sweep_harness.hpp"

namespace sonde::engine {
namespace {

constexpr Instant kStart = SweepHarness::kStart;
const SweepConfig kFast{.timeout = 100ms, .retries = 2, .backoff = 2, .rate = std::nullopt};

}  // namespace

TEST_CASE("sweep: every target gets one probe, and is alive with its reply") {
  SweepHarness sweep(kFast, 3);
  CHECK(sweep.send(kStart) == Names{"0:0", "1:0", "2:0"});
  CHECK(sweep.send(kStart).empty());
  sweep.reply("1:0", kStart + 1ms);
  CHECK(sweep.events() == Names{"sent 0:0", "sent 1:0", "sent 2:0", "reply 1:0", "1 alive"});
  sweep.reply("0:0", kStart + 2ms);
  sweep.reply("2:0", kStart + 100ms);  // the time-out itself is in time
  CHECK(sweep.tick(kStart + 1s) == Names{"reply 0:0", "0 alive", "reply 2:0", "2 alive"});
  CHECK(sweep.engine.done());
}

TEST_CASE("sweep: a target without an answer is tried again, each time with a longer wait") {
  SweepHarness sweep(kFast, 1);
  (void)sweep.send(kStart);
  CHECK(sweep.engine.deadline() == kStart + 100ms + 1ns);
  CHECK(sweep.tick(kStart + 101ms) == Names{"sent 0:0", "timeout 0:0"});
  CHECK(sweep.send(kStart + 101ms) == Names{"0:1"});
  CHECK(sweep.engine.deadline() == kStart + 301ms + 1ns);
  CHECK(sweep.tick(kStart + 301ms) == Names{"sent 0:1"});
  CHECK(sweep.tick(kStart + 302ms) == Names{"timeout 0:1"});
  CHECK(sweep.send(kStart + 302ms) == Names{"0:2"});
  CHECK_FALSE(sweep.engine.done());
  CHECK(sweep.tick(kStart + 703ms) == Names{"sent 0:2", "timeout 0:2", "0 unreachable"});
  CHECK(sweep.engine.done());
  CHECK_FALSE(sweep.engine.deadline());
}

TEST_CASE("sweep: a late reply ends the tries, and the probe under way is still counted") {
  SweepHarness sweep(kFast, 1);
  (void)sweep.send(kStart);
  (void)sweep.tick(kStart + 101ms);
  (void)sweep.send(kStart + 101ms);
  (void)sweep.events();
  sweep.reply("0:0", kStart + 150ms);
  CHECK(sweep.events() == Names{"late 0:0", "0 alive"});
  CHECK_FALSE(sweep.engine.done());
  sweep.reply("0:1", kStart + 160ms);
  CHECK(sweep.events() == Names{"reply 0:1"});
  CHECK(sweep.engine.done());
}

TEST_CASE("sweep: a retry that waits for its turn is not sent once the target has answered") {
  SweepHarness sweep(kFast, 1);
  (void)sweep.send(kStart);
  (void)sweep.tick(kStart + 101ms);
  sweep.reply("0:0", kStart + 150ms);
  CHECK(sweep.send(kStart + 150ms).empty());
  CHECK(sweep.events() == Names{"late 0:0", "0 alive"});
  CHECK(sweep.engine.done());
}

TEST_CASE("sweep: a reply after the last time-out is late and changes the verdict no more") {
  SweepHarness sweep({.timeout = 100ms, .retries = 0}, 1);
  (void)sweep.send(kStart);
  (void)sweep.tick(kStart + 101ms);
  (void)sweep.events();
  sweep.reply("0:0", kStart + 200ms);
  CHECK(sweep.events() == Names{"late 0:0"});
  sweep.reply("0:0", kStart + 201ms);
  CHECK(sweep.events() == Names{"duplicate 0:0"});
}

TEST_CASE("sweep: a reply that was read after its time-out is told as late, time-out first") {
  SweepHarness sweep(kFast, 1);
  (void)sweep.send(kStart);
  (void)sweep.events();
  sweep.reply("0:0", kStart + 101ms);
  CHECK(sweep.events() == Names{"timeout 0:0", "late 0:0", "0 alive"});
}

TEST_CASE("sweep: an error does not end the wait, since a forged one must not hide the answer") {
  SweepHarness sweep({.timeout = 100ms, .retries = 0, .rate = std::nullopt}, 2);
  (void)sweep.send(kStart);
  (void)sweep.events();
  sweep.icmp_error("0:0", kStart + 1ms);
  sweep.icmp_error("0:0", kStart + 2ms);  // once is enough
  sweep.icmp_error("1:0", kStart + 2ms);
  CHECK(sweep.events() == Names{"error 0:0", "error 1:0"});
  sweep.see("0:0", kStart + 3ms, {});
  const auto events = sweep.engine.take_events();
  REQUIRE(events.size() == 2);
  CHECK(events[0].kind == probe::SweepEventKind::reply);
  CHECK(events[0].replaces == probe::Replaced::error);
  CHECK(events[0].rtt == 3ms);
  CHECK(events[1].rtt == 3ms);
  CHECK(sweep.tick(kStart + 101ms) == Names{"1 unreachable"});  // an error is no time-out as well
  CHECK(sweep.engine.done());
}

TEST_CASE("sweep: an error after the time-out takes its place") {
  SweepHarness sweep({.timeout = 100ms, .retries = 0}, 1);
  (void)sweep.send(kStart);
  (void)sweep.tick(kStart + 101ms);
  sweep.icmp_error("0:0", kStart + 300ms);
  const auto events = sweep.engine.take_events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].replaces == probe::Replaced::timeout);
  REQUIRE(events[0].observation != nullptr);
  CHECK(events[0].observation->at == kStart + 300ms);
  CHECK(events[0].send_error == nullptr);
}

TEST_CASE("sweep: a local error that comes later makes it a failed send, and ends its target") {
  SweepHarness sweep(kFast, 1);
  (void)sweep.send(kStart);
  (void)sweep.events();
  sweep.see("0:0", kStart + 5ms,
            {.probe = {},
             .kind = probe::ObservationKind::send_error,
             .send_error = probe::SendError{.failure = probe::SendFailure::too_big}});
  sweep.reply("0:0", kStart + 6ms);  // of nobody: it was not sent
  const auto events = sweep.engine.take_events();
  REQUIRE(events.size() == 2);
  CHECK(events[0].kind == probe::SweepEventKind::send_failed);
  CHECK(events[0].replaces == probe::Replaced::sent);
  CHECK(events[0].rtt == 0ns);
  REQUIRE(events[0].send_error != nullptr);
  CHECK(events[0].send_error->failure == probe::SendFailure::too_big);
  CHECK(events[1].kind == probe::SweepEventKind::settled);
  CHECK(events[1].cause == probe::SweepEventKind::send_failed);
  CHECK(sweep.engine.done());
}

TEST_CASE("sweep: a probe that the system took and had no room for is tried again") {
  SweepHarness sweep(kFast, 1);
  (void)sweep.send(kStart);
  sweep.see("0:0", kStart + 5ms,
            {.probe = {},
             .kind = probe::ObservationKind::send_error,
             .send_error = probe::SendError{.failure = probe::SendFailure::no_buffer}});
  CHECK(sweep.events() == Names{"sent 0:0", "send_failed 0:0"});
  CHECK(sweep.tick(kStart + 101ms).empty());  // no time-out as well
  CHECK(sweep.send(kStart + 101ms) == Names{"0:1"});
  sweep.reply("0:1", kStart + 110ms);
  CHECK(sweep.events() == Names{"sent 0:1", "reply 0:1", "0 alive"});
}

TEST_CASE("sweep: a failed send that is told behind the time-out takes it back") {
  SweepHarness sweep({.timeout = 100ms, .retries = 0}, 1);
  (void)sweep.send(kStart);
  (void)sweep.tick(kStart + 101ms);
  sweep.see("0:0", kStart + 300ms,
            {.probe = {}, .kind = probe::ObservationKind::send_error, .send_error = {}});
  const auto events = sweep.engine.take_events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == probe::SweepEventKind::send_failed);
  CHECK(events[0].replaces == probe::Replaced::timeout);
  CHECK(events[0].send_error != nullptr);
}

TEST_CASE("sweep: a send that the system refuses ends its target at once") {
  SweepHarness sweep(kFast, 2);
  CHECK(sweep.fail(kStart, probe::SendFailure::prohibited) == Names{"0:0", "1:0"});
  const auto events = sweep.engine.take_events();
  REQUIRE(events.size() == 4);
  CHECK(events[0].kind == probe::SweepEventKind::send_failed);
  REQUIRE(events[0].send_error != nullptr);
  CHECK(events[0].send_error->failure == probe::SendFailure::prohibited);
  CHECK(events[1].kind == probe::SweepEventKind::settled);
  CHECK(events[1].state == probe::SweepState::unreachable);
  CHECK(sweep.engine.done());
}

TEST_CASE(
    "sweep: a retry that the system refuses ends its target, and the time-out before counts") {
  SweepHarness sweep(kFast, 1);
  (void)sweep.send(kStart);
  CHECK(sweep.tick(kStart + 101ms) == Names{"sent 0:0", "timeout 0:0"});
  CHECK(sweep.fail(kStart + 101ms, probe::SendFailure::unreachable) == Names{"0:1"});
  CHECK(sweep.events() == Names{"send_failed 0:1", "0 unreachable"});
  CHECK(sweep.engine.done());
}

TEST_CASE("sweep: no room in the system is no loss: the probe leaves later") {
  SweepHarness sweep(kFast, 2);
  CHECK(sweep.fail(kStart, probe::SendFailure::no_buffer) == Names{"0:0", "1:0"});
  CHECK(sweep.events().empty());
  CHECK(sweep.send(kStart).empty());  // a pause first
  const auto deadline = sweep.engine.deadline();
  REQUIRE(deadline);
  CHECK(*deadline > kStart);
  CHECK(*deadline <= kStart + 1ms);
  CHECK(sweep.fail(*deadline, probe::SendFailure::no_buffer) == Names{"0:0", "1:0"});
  CHECK(*sweep.engine.deadline() - *deadline > *deadline - kStart);  // a longer one
  CHECK(sweep.send(*sweep.engine.deadline()) == Names{"0:0", "1:0"});
  CHECK(sweep.events() == Names{"sent 0:0", "sent 1:0"});
}

TEST_CASE("sweep: no room is no failure as long as probes are under way, whose end makes some") {
  SweepHarness sweep({.timeout = 1min, .retries = 0}, 2);
  CHECK(sweep.send(kStart, 1) == Names{"0:0"});
  for (Instant now = kStart + 10ms; now < kStart + 50s; now += 500ms) {
    CHECK(sweep.fail(now, probe::SendFailure::no_buffer) == Names{"1:0"});
  }
  CHECK(sweep.send(kStart + 50s) == Names{"1:0"});
}

TEST_CASE("sweep: no room for seconds on end is a failure at last") {
  SweepHarness sweep({.timeout = 100ms, .retries = 0, .rate = std::nullopt}, 1);
  Instant now = kStart;
  Names seen;
  while (seen.empty()) {
    REQUIRE(now < kStart + 15s);
    (void)sweep.fail(now, probe::SendFailure::no_buffer);
    seen = sweep.events();
    now = sweep.engine.deadline().value_or(now);
  }
  CHECK(seen == Names{"send_failed 0:0", "0 unreachable"});
  CHECK(now > kStart + 9s);
}

TEST_CASE("sweep: no room is a failure at last where a batch is reported in parts, too") {
  SweepHarness sweep({.timeout = 100ms, .retries = 0, .rate = std::nullopt}, 2);
  Instant now = kStart;
  Names seen;
  while (seen.empty()) {
    REQUIRE(now < kStart + 15s);
    std::array<probe::ProbeSpec, 2> specs;
    for (const auto& spec : std::span(specs).first(sweep.engine.next_probes(now, specs))) {
      const probe::SendReport report{
          .id = spec.id,
          .at = now,
          .error = probe::SendError{.failure = probe::SendFailure::no_buffer}};
      sweep.engine.on_sent(std::span(&report, 1));
    }
    seen = sweep.events();
    now = sweep.engine.deadline().value_or(now);
  }
  CHECK(seen.front().starts_with("send_failed"));
}

TEST_CASE("sweep: no room for as long as ARP asks for a neighbour costs no target its probe") {
  SweepHarness sweep({.timeout = 100ms, .retries = 0, .rate = std::nullopt}, 3);
  CHECK(sweep.send(kStart, 1) == Names{"0:0"});
  CHECK(sweep.tick(kStart + 101ms) == Names{"sent 0:0", "timeout 0:0", "0 unreachable"});
  Instant now = kStart + 101ms;
  int tries = 0;
  for (; now < kStart + 4s; now = sweep.engine.deadline().value_or(Instant::max())) {
    CHECK(sweep.fail(now, probe::SendFailure::no_buffer) == Names{"1:0", "2:0"});
    CHECK(sweep.events().empty());
    ++tries;
  }
  CHECK(tries < 300);  // it does not spin
  CHECK(sweep.send(now) == Names{"1:0", "2:0"});
  sweep.reply("2:0", now + 1ms);
  CHECK(sweep.tick(now + 101ms) ==
        Names{"sent 1:0", "sent 2:0", "reply 2:0", "2 alive", "timeout 1:0", "1 unreachable"});
  CHECK(sweep.engine.done());
}

TEST_CASE("sweep: a reply to a probe that never left is not believed") {
  SweepHarness sweep(kFast, 1);
  (void)sweep.fail(kStart, probe::SendFailure::unreachable);
  (void)sweep.events();
  sweep.reply("0:0", kStart + 1ms);
  CHECK(sweep.events().empty());
}

TEST_CASE("sweep: a reply that names another target than the one that was sent is not counted") {
  SweepHarness sweep(kFast, 2);
  (void)sweep.send(kStart);
  (void)sweep.events();
  const probe::Observation wrong{.probe = {.target = 1, .sequence = sweep.number("0:0")},
                                 .at = kStart + 1ms};
  sweep.engine.on_observations(std::span(&wrong, 1));
  CHECK(sweep.events().empty());
  CHECK(sweep.engine.forgotten() == 1);
}

TEST_CASE("sweep: the kernel's transmit stamp shortens the round-trip time, unless it is absurd") {
  SweepHarness sweep(kFast, 2);
  (void)sweep.send(kStart);
  (void)sweep.events();
  const probe::Observation left{.probe = {}, .kind = probe::ObservationKind::transmitted};
  sweep.see("0:0", kStart + 30us, left);
  sweep.see("0:0", kStart + 80us, {.probe = {}, .stamp = probe::StampSource::kernel});
  sweep.see("1:0", kStart + 90us, left);
  sweep.see("1:0", kStart + 80us, {.probe = {}, .stamp = probe::StampSource::kernel});
  const auto events = sweep.engine.take_events();
  REQUIRE(events.size() == 4);
  CHECK(events[0].rtt == 50us);
  CHECK(events[0].clock == probe::RttClock::kernel_tx_rx);
  CHECK(events[2].rtt == 80us);
  CHECK(events[2].clock == probe::RttClock::kernel_rx);
}

TEST_CASE("sweep: what settles a target tells how its tries ended") {
  SweepHarness sweep({.timeout = 100ms, .retries = 2, .backoff = 1, .rate = std::nullopt}, 1);
  (void)sweep.send(kStart);
  sweep.icmp_error("0:0", kStart + 1ms);
  (void)sweep.tick(kStart + 101ms);
  (void)sweep.send(kStart + 101ms);
  (void)sweep.tick(kStart + 202ms);
  CHECK(sweep.send(kStart + 202ms) == Names{"0:2"});
  sweep.icmp_error("0:2", kStart + 203ms);
  (void)sweep.events();
  sweep.engine.on_tick(kStart + 303ms);
  const auto events = sweep.engine.take_events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == probe::SweepEventKind::settled);
  CHECK(events[0].cause == probe::SweepEventKind::error);
  CHECK(events[0].round == 2);
}

TEST_CASE("sweep: a stop in the middle leaves open what is in flight") {
  SweepHarness sweep({.timeout = 100ms, .rate = 10}, 10);
  (void)sweep.send(kStart);
  CHECK(sweep.events() == Names{"sent 0:0"});
  CHECK_FALSE(sweep.engine.done());  // the session ends the run; nothing was called lost
}

}  // namespace sonde::engine
