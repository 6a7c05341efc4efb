// driver.cpp: the loop's body, with a scripted transport and the real ping engine.
#include "sonde/run/driver.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "sonde/engine/ping.hpp"
#include "tests/support/fake_transport.hpp"

namespace sonde::run {
namespace {

const net::Address kHost = net::Address::v4(0xc0000201);

struct Rig {
  explicit Rig(engine::PingConfig config)
      : engine(engine::PingEngine::make(std::move(config)).value()) {
    engine.add_target(0, kHost, clock.now());
    engine.close_targets();
  }
  bool step() {
    const bool busy = driver.step(clock.now());
    const auto events = engine.take_events();
    seen.insert(seen.end(), events.begin(), events.end());
    return busy || !events.empty();
  }

  test::VirtualClock clock;
  test::FakeTransport transport{clock};
  engine::PingEngine engine;
  Driver driver{engine, transport};
  std::vector<probe::Event> seen;
};

}  // namespace

TEST_CASE("driver: a step sends what is due and tells the engine") {
  Rig rig({.interval = 1s});
  CHECK(rig.step());
  REQUIRE(rig.transport.sent.size() == 1);
  REQUIRE(rig.seen.size() == 1);
  CHECK(rig.seen[0].kind == probe::EventKind::sent);
}

TEST_CASE("driver: a step with nothing to do says so, and sends nothing") {
  Rig rig({.interval = 1s});
  (void)rig.step();
  CHECK_FALSE(rig.step());
  CHECK(rig.transport.sent.size() == 1);
}

TEST_CASE("driver: it waits for the engine's next deadline, or an earlier limit") {
  Rig rig({.interval = 1s, .timeout = 5s});
  const Instant start = rig.clock.now();
  (void)rig.step();
  rig.driver.wait(std::nullopt);
  CHECK(rig.transport.waited_until.back() == start + 1s);
  CHECK(rig.clock.now() == start + 1s);
  (void)rig.step();
  rig.driver.wait(start + 1200ms);
  CHECK(rig.transport.waited_until.back() == start + 1200ms);
}

TEST_CASE("driver: a reply read together with its time-out counts in time") {
  Rig rig({.interval = 1s, .timeout = 1s, .count = 1});
  rig.transport.on_send = [&](const probe::ProbeSpec& spec) {
    rig.transport.will_reply(spec.id, 900ms);
  };
  (void)rig.step();
  rig.clock.advance(1min);  // the process stood still
  (void)rig.step();
  REQUIRE(rig.seen.size() == 2);
  CHECK(rig.seen[1].kind == probe::EventKind::reply);
}

TEST_CASE("driver: more arrivals than a batch are taken in one step, but not without bound") {
  Rig rig({.interval = 1s, .timeout = 1min, .preload = 1000});
  rig.transport.on_send = [&](const probe::ProbeSpec& spec) {
    rig.transport.will_reply(spec.id, 0s);
  };
  const auto replies = [&] {
    return std::ranges::count(rig.seen, probe::EventKind::reply, &probe::Event::kind);
  };
  (void)rig.step();
  CHECK(replies() == Driver::kBatch);
  while (rig.transport.sent.size() < 1000) {
    REQUIRE(rig.step());
  }
  while (rig.step()) {
  }
  CHECK(replies() == 1000);
}

TEST_CASE("driver: answers are read before more is sent than a receive buffer bears") {
  constexpr std::size_t kPayload = 60'000;
  constexpr std::size_t kBuffer = 212'992;  // net.core.rmem_default
  Rig rig({.interval = 1s,
           .timeout = 1min,
           .count = 10,
           .preload = 10,
           .payload = std::vector<std::byte>(kPayload)});
  std::size_t unread = 0;
  std::size_t most = 0;
  rig.transport.on_send = [&](const probe::ProbeSpec& spec) {
    most = std::max(most, unread += spec.payload.size());
    rig.transport.will_reply(spec.id, 0s);
  };
  rig.transport.on_receive = [&] { unread = 0; };
  (void)rig.step();
  CHECK(rig.transport.sent.size() == 10);
  CHECK(most >= kPayload);
  CHECK(most <= kBuffer);
}

TEST_CASE("driver: a due probe is not kept waiting by a flood of arrivals") {
  Rig rig({.interval = 1s, .timeout = 1min});
  (void)rig.step();
  for (int n = 0; n < 100'000; ++n) {
    rig.transport.will_reply({.target = 0, .sequence = 1}, 500ms);
  }
  rig.clock.advance(1s);
  int steps = 0;
  while (rig.transport.sent.size() < 2) {
    (void)rig.step();
    REQUIRE(++steps <= 2);
  }
}

TEST_CASE("driver: a send that the system refuses is an event, not an end") {
  Rig rig({.interval = 1s, .timeout = 1s, .count = 2});
  rig.transport.refuse = [](const probe::ProbeSpec& spec) -> std::optional<probe::SendError> {
    if (spec.id.sequence == 1) {
      return probe::SendError{.failure = probe::SendFailure::no_buffer};
    }
    return std::nullopt;
  };
  (void)rig.step();
  REQUIRE(rig.seen.size() == 1);
  CHECK(rig.seen[0].kind == probe::EventKind::send_failed);
  rig.driver.wait(std::nullopt);
  (void)rig.step();
  CHECK(rig.seen.back().kind == probe::EventKind::sent);
}

}  // namespace sonde::run
