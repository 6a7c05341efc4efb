// ping_outcomes.cpp: what the ping engine concludes from what it is told.
#include <doctest/doctest.h>

#include "tests/unit/engine/harness.hpp"

namespace sonde::engine {
namespace {

using Payload = std::vector<std::byte>;
using probe::EventKind;
using probe::Replaced;
using probe::RttClock;

// One probe sent at kStart with a time-out of one second; its `sent` event is taken already.
Harness one_probe_out() {
  auto ping = Harness::with_target({.timeout = 1s, .count = 1});
  (void)ping.send(kStart);
  (void)ping.events();
  return ping;
}

// The kernel's transmit stamp of that probe.
probe::Observation left_at(Instant at) {
  return {.probe = {.target = 0, .sequence = 1},
          .kind = probe::ObservationKind::transmitted,
          .stamp = probe::StampSource::kernel,
          .at = at};
}

}  // namespace

TEST_CASE("ping: a reply in time has the time between send and arrival as its RTT") {
  auto ping = one_probe_out();
  ping.reply(1, kStart + 30ms);
  const auto events = ping.take();
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == EventKind::reply);
  CHECK(events[0].rtt == 30ms);
  CHECK(events[0].sent_at == kStart);
  CHECK(events[0].at == kStart + 30ms);
  CHECK(events[0].replaces == Replaced::nothing);
  CHECK(ping.engine.done());
}

TEST_CASE("ping: a reply exactly at the deadline is in time") {
  auto ping = one_probe_out();
  ping.reply(1, kStart + 1s);
  ping.engine.on_tick(kStart + 5s);
  CHECK(ping.events() == Names{"reply 1"});
}

TEST_CASE("ping: a reply that arrived in time counts in time, even if it is read much later") {
  auto ping = one_probe_out();
  // The process was stopped: the stamp is the kernel's, the call comes a minute later.
  ping.reply(1, kStart + 20ms);
  ping.engine.on_tick(kStart + 60s);
  CHECK(ping.events() == Names{"reply 1"});
}

TEST_CASE("ping: no reply in time is a timeout at the deadline, without an RTT") {
  auto ping = one_probe_out();
  ping.engine.on_tick(kStart + 1s);
  CHECK(ping.events().empty());
  ping.engine.on_tick(kStart + 3s);
  const auto events = ping.take();
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == EventKind::timeout);
  CHECK(events[0].at == kStart + 1s);
  CHECK_FALSE(events[0].rtt.has_value());
}

TEST_CASE("ping: a reply after the time-out is late and takes the timeout back") {
  auto ping = one_probe_out();
  ping.engine.on_tick(kStart + 2s);
  ping.reply(1, kStart + 2500ms);
  const auto events = ping.take();
  REQUIRE(events.size() == 2);
  CHECK(events[1].kind == EventKind::late);
  CHECK(events[1].replaces == Replaced::timeout);
  CHECK(events[1].rtt == 2500ms);
}

TEST_CASE(
    "ping: a late reply read before its time-out was noticed still reports the timeout first") {
  auto ping = one_probe_out();
  ping.reply(1, kStart + 1001ms);
  CHECK(ping.events() == Names{"timeout 1", "late 1"});
  ping.engine.on_tick(kStart + 5s);
  CHECK(ping.events().empty());
}

TEST_CASE("ping: every further reply is a duplicate, never a second success") {
  auto ping = one_probe_out();
  ping.reply(1, kStart + 10ms);
  ping.reply(1, kStart + 11ms);
  ping.reply(1, kStart + 3s);
  ping.icmp_error(1, kStart + 4s);
  CHECK(ping.events() == Names{"reply 1", "duplicate 1", "duplicate 1"});
}

TEST_CASE("ping: an ICMP error closes the probe, with the time it took") {
  auto ping = one_probe_out();
  ping.icmp_error(1, kStart + 5ms);
  ping.engine.on_tick(kStart + 10s);
  const auto events = ping.take();
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == EventKind::error);
  CHECK(events[0].rtt == 5ms);
  CHECK(ping.engine.done());
}

TEST_CASE("ping: a second error for the same probe says nothing new") {
  auto ping = one_probe_out();
  ping.icmp_error(1, kStart + 5ms);
  ping.icmp_error(1, kStart + 6ms);
  CHECK(ping.events() == Names{"error 1"});
}

TEST_CASE("ping: a reply behind an error takes the error back: a forger cannot hide the answer") {
  auto ping = one_probe_out();
  ping.icmp_error(1, kStart + 5ms);
  ping.reply(1, kStart + 10ms);
  const auto events = ping.take();
  REQUIRE(events.size() == 2);
  CHECK(events[1].kind == EventKind::reply);
  CHECK(events[1].replaces == Replaced::error);
}

TEST_CASE("ping: an error that no token proves does not end the wait for the answer") {
  auto ping = Harness::with_target({.timeout = 1s, .count = 1, .payload = Payload(56)});
  (void)ping.send(kStart);
  (void)ping.events();
  ping.icmp_error(1, kStart + 5ms, {.verified = false});
  CHECK(ping.events() == Names{"error 1"});
  CHECK_FALSE(ping.engine.done());
  CHECK(ping.engine.deadline() == kStart + 1s + 1ns);
  SUBCASE("it comes") {
    ping.reply(1, kStart + 30ms);
    CHECK(ping.events() == Names{"reply 1"});
    CHECK(ping.engine.done());
  }
  SUBCASE("it does not come: the error stays") {
    ping.engine.on_tick(kStart + 1s + 1ns);
    CHECK(ping.events().empty());
    CHECK(ping.engine.done());
  }
  SUBCASE("a second error proves it") {
    ping.icmp_error(1, kStart + 6ms);
    CHECK(ping.events().empty());
    CHECK(ping.engine.deadline() == kStart + 16ms + 1ns);
    ping.engine.on_tick(kStart + 16ms + 1ns);
    CHECK(ping.engine.done());
  }
}

TEST_CASE("ping: a proven error of the last probe waits a little for the reply it may hide") {
  auto ping =
      Harness::with_target({.interval = 100ms, .timeout = 1s, .count = 2, .payload = Payload(56)});
  (void)ping.send(kStart);
  Duration linger = 10ms;
  SUBCASE("10 ms, where no reply has shown how long it takes") { ping.icmp_error(1, kStart + 1ms); }
  SUBCASE("10 ms, where replies take less") { ping.reply(1, kStart + 1ms); }
  SUBCASE("twice the longest round trip") {
    ping.reply(1, kStart + 40ms);
    linger = 80ms;
  }
  SUBCASE("but never beyond the time-out") {
    ping.reply(1, kStart + 700ms);
    linger = 998ms;
  }
  (void)ping.send(kStart + 1s);
  (void)ping.events();
  const Instant error = kStart + 1002ms;
  ping.icmp_error(2, error);
  CHECK(ping.events() == Names{"error 2"});
  CHECK_FALSE(ping.engine.done());
  CHECK(ping.engine.deadline() == error + linger + 1ns);
  ping.engine.on_tick(error + linger);
  CHECK_FALSE(ping.engine.done());
  const bool answered = linger > 80ms;
  if (answered) {
    ping.reply(2, error + linger);
    const auto events = ping.take();
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == EventKind::reply);
    CHECK(events[0].replaces == Replaced::error);
  }
  ping.engine.on_tick(error + linger + 1ns);
  CHECK(ping.engine.done());
  CHECK_FALSE(ping.engine.deadline());
}

TEST_CASE("ping: an error ends the wait at once where probes carry what the caller says") {
  auto ping = Harness::with_target(
      {.timeout = 1s, .count = 1, .payload = Payload(56), .authenticate = false});
  (void)ping.send(kStart);
  ping.icmp_error(1, kStart + 5ms, {.verified = false});
  (void)ping.events();
  CHECK(ping.engine.done());
}

TEST_CASE(
    "ping: of a payload too short for a token no error has a proof, and each ends the wait but for "
    "a little") {
  auto ping = Harness::with_target({.timeout = 1s, .count = 1, .payload = Payload(3)});
  (void)ping.send(kStart);
  (void)ping.events();
  ping.icmp_error(1, kStart + 5ms, {.verified = false});
  CHECK(ping.events() == Names{"error 1"});
  CHECK(ping.engine.deadline() == kStart + 15ms + 1ns);
  ping.engine.on_tick(kStart + 15ms + 1ns);
  CHECK(ping.engine.done());
}

TEST_CASE(
    "ping: an error behind the time-out takes the timeout back, a late reply then the error") {
  auto ping = one_probe_out();
  ping.engine.on_tick(kStart + 2s);
  ping.icmp_error(1, kStart + 2100ms);
  ping.reply(1, kStart + 2200ms);
  const auto events = ping.take();
  REQUIRE(events.size() == 3);
  CHECK(events[1].kind == EventKind::error);
  CHECK(events[1].replaces == Replaced::timeout);
  CHECK(events[2].kind == EventKind::late);
  CHECK(events[2].replaces == Replaced::error);
}

TEST_CASE("ping: a local error reported after the send makes it a failed send, with its cause") {
  auto ping = one_probe_out();
  ping.see({.probe = {.target = 0, .sequence = 1},
            .kind = probe::ObservationKind::send_error,
            .at = kStart + 1ms,
            .send_error =
                probe::SendError{.failure = probe::SendFailure::too_big, .mtu = net::Mtu(1400)}});
  ping.engine.on_tick(kStart + 5s);
  ping.reply(1, kStart + 6s);
  const auto events = ping.take();
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == EventKind::send_failed);
  CHECK(events[0].replaces == Replaced::sent);
  CHECK_FALSE(events[0].rtt.has_value());
  REQUIRE(events[0].send_error.has_value());
  CHECK(events[0].send_error->mtu == net::Mtu(1400));
  CHECK(ping.engine.done());
}

TEST_CASE("ping: a failed send that is told behind the time-out takes the timeout back") {
  auto ping = one_probe_out();
  ping.engine.on_tick(kStart + 2s);
  ping.see(
      {.probe = {.target = 0, .sequence = 1},
       .kind = probe::ObservationKind::send_error,
       .at = kStart + 2500ms,
       .send_error = probe::SendError{.failure = probe::SendFailure::other, .os_code = 11050}});
  const auto events = ping.take();
  REQUIRE(events.size() == 2);
  CHECK(events[1].kind == EventKind::send_failed);
  CHECK(events[1].replaces == Replaced::timeout);
  CHECK(events[1].sent_at == kStart);
}

TEST_CASE("ping: who has reacted to a probe got it, whatever the system says later") {
  auto ping = one_probe_out();
  ping.reply(1, kStart + 5ms);
  ping.see({.probe = {.target = 0, .sequence = 1},
            .kind = probe::ObservationKind::send_error,
            .at = kStart + 6ms});
  ping.reply(1, kStart + 7ms);
  CHECK(ping.events() == Names{"reply 1", "duplicate 1"});
}

TEST_CASE("ping: a refused send is reported once with its cause, and never times out") {
  auto ping = Harness::with_target({.timeout = 1s, .count = 1});
  (void)ping.fail(kStart, {.failure = probe::SendFailure::prohibited, .os_code = 1});
  ping.engine.on_tick(kStart + 5s);
  ping.reply(1, kStart + 6s);
  const auto events = ping.take();
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == EventKind::send_failed);
  CHECK(events[0].send_error->os_code == 1);
}

TEST_CASE("ping: the transmit stamp shortens the RTT and names its clock") {
  auto ping = one_probe_out();
  ping.see(left_at(kStart + 40us));
  ping.see({.probe = {.target = 0, .sequence = 1},
            .stamp = probe::StampSource::kernel,
            .at = kStart + 65us});
  const auto events = ping.take();
  REQUIRE(events.size() == 1);
  CHECK(events[0].rtt == 25us);
  CHECK(events[0].clock == RttClock::kernel_tx_rx);
  CHECK(events[0].sent_at == kStart + 40us);
}

TEST_CASE("ping: the clock of an RTT is the weaker of its two stamps") {
  auto only_receive = one_probe_out();
  only_receive.see({.probe = {.target = 0, .sequence = 1},
                    .stamp = probe::StampSource::kernel,
                    .at = kStart + 1ms});
  CHECK(only_receive.take()[0].clock == RttClock::kernel_rx);
  auto neither = one_probe_out();
  neither.reply(1, kStart + 1ms);
  CHECK(neither.take()[0].clock == RttClock::steady);
  auto api = one_probe_out();
  api.see({.probe = {.target = 0, .sequence = 1},
           .stamp = probe::StampSource::api,
           .at = kStart + 1ms});
  CHECK(api.take()[0].clock == RttClock::api_ms);
}

TEST_CASE("ping: stamps that disagree never give a negative RTT") {
  auto ping = one_probe_out();
  ping.reply(1, kStart - 5ms);
  const auto events = ping.take();
  REQUIRE(events.size() == 1);
  CHECK(events[0].rtt == Duration::zero());
}

TEST_CASE("ping: an answer to an earlier probe behind one to a later probe is reordered") {
  auto ping = Harness::with_target({.interval = 1ms, .timeout = 1s, .count = 3});
  for (int n = 0; n < 3; ++n) {
    (void)ping.send(kStart + n * 1ms);
  }
  (void)ping.events();
  ping.reply(2, kStart + 10ms);
  ping.reply(1, kStart + 11ms);
  ping.reply(3, kStart + 12ms);
  const auto events = ping.take();
  REQUIRE(events.size() == 3);
  CHECK_FALSE(events[0].reordered);
  CHECK(events[1].reordered);
  CHECK_FALSE(events[2].reordered);
}

TEST_CASE("ping: observations of unknown targets and sequences are ignored") {
  auto ping = one_probe_out();
  ping.reply(2, kStart + 1ms);
  ping.reply(0, kStart + 1ms);
  ping.reply(1, kStart + 1ms, 7);
  ping.icmp_error(99, kStart + 1ms);
  const probe::SendReport foreign{.id = {.target = 9, .sequence = 1}, .at = kStart};
  ping.engine.on_sent(std::span(&foreign, 1));
  CHECK(ping.events().empty());
}

TEST_CASE(
    "ping: until-replies ends a target at its replies, and what is under way stays in flight") {
  auto ping = Harness::with_target({.interval = 1ms, .timeout = 1s, .until_replies = 2});
  for (int n = 0; n < 4; ++n) {
    (void)ping.send(kStart + n * 1ms);
  }
  ping.reply(1, kStart + 10ms);
  (void)ping.events();
  CHECK_FALSE(ping.engine.done());
  ping.icmp_error(2, kStart + 11ms);
  ping.reply(1, kStart + 12ms);
  (void)ping.events();
  CHECK_FALSE(ping.engine.done());  // neither an error nor a duplicate is a reply
  ping.reply(3, kStart + 13ms);
  CHECK_FALSE(ping.engine.done());  // the event has not been taken yet
  (void)ping.events();
  CHECK(ping.engine.done());
  CHECK(ping.send(kStart + 1s).empty());
}

TEST_CASE("ping: with several targets each must have its replies") {
  Harness ping({.interval = 1ms, .until_replies = 1});
  ping.engine.add_target(0, kHost, kStart);
  ping.engine.add_target(1, kHost, kStart);
  ping.engine.close_targets();
  (void)ping.send(kStart);
  ping.reply(1, kStart + 1ms, 0);
  (void)ping.events();
  CHECK_FALSE(ping.engine.done());
  CHECK(ping.send(kStart + 1ms) == Names{"1:2"});
  ping.reply(2, kStart + 2ms, 1);
  (void)ping.events();
  CHECK(ping.engine.done());
}

TEST_CASE("ping: events come out oldest first, and once") {
  auto ping = Harness::with_target({.interval = 1ms, .timeout = 1s, .count = 3, .preload = 3});
  (void)ping.send(kStart);
  const auto events = ping.engine.take_events();
  REQUIRE(events.size() == 3);
  CHECK(events[0].probe.sequence == 1);
  CHECK(events[1].probe.sequence == 2);
  CHECK(events[2].probe.sequence == 3);
  CHECK(ping.engine.take_events().empty());
}

TEST_CASE("ping: the interface's own stamps make the RTT, if the kernel's leave room for it") {
  struct Case {
    Duration left, came;  // by the interface's clock, which began long ago
    Duration rtt;
    RttClock clock;
  };
  const auto cases = std::to_array<Case>({
      {1000s, 1000s + 19us, 19us, RttClock::hardware},
      {1000s, 1000s, 0us, RttClock::hardware},
      {1000s, 1000s + 25us + 1025ns, 26'025ns, RttClock::hardware},  // the clocks run apart
      {1000s, 1000s + 25us + 1026ns, 25us, RttClock::kernel_tx_rx},
      {1000s, 1000s - 1ns, 25us, RttClock::kernel_tx_rx},
      {Duration(1), Duration::max(), 25us, RttClock::kernel_tx_rx},
      {1000s, 0s, 25us, RttClock::kernel_tx_rx},  // only one of the two
      {0s, 1000s, 25us, RttClock::kernel_tx_rx},
  });
  for (const Case& given : cases) {
    auto ping = one_probe_out();
    ping.see(left_at(kStart + 40us));
    ping.see({.probe = {.target = 0, .sequence = 1},
              .kind = probe::ObservationKind::transmitted,
              .stamp = probe::StampSource::hardware,
              .at = kStart,
              .device = DeviceTime(given.left)});
    ping.see({.probe = {.target = 0, .sequence = 1},
              .stamp = probe::StampSource::kernel,
              .at = kStart + 65us,
              .device = DeviceTime(given.came)});
    const auto events = ping.take();
    REQUIRE(events.size() == 1);
    CHECK(events[0].rtt == given.rtt);
    CHECK(events[0].clock == given.clock);
    CHECK(events[0].sent_at == kStart + 40us);
  }
}

TEST_CASE("ping: a reply stamped before its transmit stamp is timed from the send call") {
  auto ping = one_probe_out();
  const probe::Observation left = left_at(kStart + 30us);
  ping.engine.on_observations({&left, 1});
  ping.reply(1, kStart + 20us);
  const auto events = ping.take();
  REQUIRE(events.back().kind == probe::EventKind::reply);
  CHECK(events.back().rtt == 20us);
  CHECK(events.back().clock != probe::RttClock::kernel_tx_rx);
}

TEST_CASE("ping: spurious calls are harmless") {
  auto ping = one_probe_out();
  for (int n = 0; n < 10; ++n) {
    ping.engine.on_tick(kStart);
    ping.engine.on_sent({});
    ping.engine.on_observations({});
    CHECK(ping.engine.next_probes(kStart, {}) == 0);
  }
  CHECK(ping.events().empty());
  CHECK(ping.engine.deadline() == kStart + 1s + Duration(1));
}

}  // namespace sonde::engine
