// ping_schedule.cpp: when the ping engine wants to send.
#include <doctest/doctest.h>

#include "tests/unit/engine/harness.hpp"

namespace sonde::engine {

TEST_CASE("ping: a configuration that cannot work is refused in words") {
  CHECK_FALSE(PingEngine::make({.interval = 0s}).has_value());
  CHECK_FALSE(PingEngine::make({.interval = -1s}).has_value());
  CHECK_FALSE(PingEngine::make({.timeout = 0s}).has_value());
  CHECK_FALSE(PingEngine::make({.count = 0}).has_value());
  CHECK_FALSE(PingEngine::make({.preload = 0}).has_value());
  CHECK_FALSE(PingEngine::make({.preload = 65537}).has_value());
  CHECK(PingEngine::make({.interval = 0s}).error().message.find("interval") != std::string::npos);
  CHECK(PingEngine::make({}).has_value());
}

TEST_CASE("ping: without a target nothing is due, and it is done once there will be none") {
  Harness ping({});
  CHECK(ping.send(kStart).empty());
  CHECK_FALSE(ping.engine.deadline().has_value());
  CHECK_FALSE(ping.engine.done());
  ping.engine.close_targets();
  CHECK(ping.engine.done());
}

TEST_CASE("ping: the first probe is due at once, the next one an interval later") {
  auto ping = Harness::with_target({.interval = 1s, .timeout = 3s});
  CHECK(ping.engine.deadline() == kStart);
  CHECK(ping.send(kStart) == Names{"0:1"});
  CHECK(ping.send(kStart).empty());
  CHECK(ping.engine.deadline() == kStart + 1s);
  CHECK(ping.send(kStart + 999ms).empty());
  CHECK(ping.send(kStart + 1s) == Names{"0:2"});
}

TEST_CASE("ping: late calls do not shift the grid") {
  auto ping = Harness::with_target({.interval = 1s});
  for (int n = 0; n < 50; ++n) {
    REQUIRE(ping.send(kStart + n * 1s + 300ms).size() == 1);
  }
  CHECK(ping.send(kStart + 50s - Duration(1)).empty());
  CHECK(ping.send(kStart + 50s) == Names{"0:51"});
}

TEST_CASE("ping: count limits what is sent, whatever is answered") {
  auto ping = Harness::with_target({.interval = 1s, .timeout = 500ms, .count = 2});
  CHECK(ping.send(kStart).size() == 1);
  CHECK(ping.send(kStart + 1s).size() == 1);
  CHECK(ping.send(kStart + 2s).empty());
  CHECK_FALSE(ping.engine.done());
  ping.engine.on_tick(kStart + 2s);
  (void)ping.events();
  CHECK(ping.engine.done());
  CHECK_FALSE(ping.engine.deadline().has_value());
}

TEST_CASE("ping: the count is not compared with the 16 bits on the wire") {
  auto ping = Harness::with_target({.interval = 1us, .timeout = 1ms, .count = 65'600});
  std::uint64_t sent = 0;
  for (Instant now = kStart; !ping.engine.done(); now += 1us) {
    sent += ping.send(now).size();
    ping.engine.on_tick(now);
    (void)ping.take();
    REQUIRE(sent <= 65'600);
  }
  CHECK(sent == 65'600);
}

TEST_CASE("ping: preloaded probes leave at once, and the grid goes on behind them") {
  auto ping = Harness::with_target({.interval = 1s, .preload = 3});
  CHECK(ping.send(kStart) == Names{"0:1", "0:2", "0:3"});
  CHECK(ping.engine.deadline() == kStart + 1s);
  CHECK(ping.send(kStart + 1s) == Names{"0:4"});
}

TEST_CASE("ping: preload never sends more than the count") {
  auto ping = Harness::with_target({.interval = 1s, .count = 2, .preload = 5});
  CHECK(ping.send(kStart) == Names{"0:1", "0:2"});
  CHECK(ping.send(kStart + 10s).empty());
}

TEST_CASE("ping: targets take turns when the batch has no room for all") {
  Harness ping({.interval = 1s, .count = 2});
  for (std::uint32_t id = 0; id < 3; ++id) {
    ping.engine.add_target(id, kHost, kStart);
  }
  CHECK(ping.send(kStart, 2) == Names{"0:1", "1:1"});
  CHECK(ping.send(kStart, 2) == Names{"2:1"});
  CHECK(ping.send(kStart + 1s, 2).size() == 2);
  CHECK(ping.send(kStart + 1s, 2).size() == 1);
}

TEST_CASE("ping: a target may join later, and its first probe is due then") {
  Harness ping({.interval = 1s, .timeout = 5s});
  ping.engine.add_target(0, kHost, kStart);
  CHECK(ping.send(kStart) == Names{"0:1"});
  ping.engine.add_target(1, kHost, kStart + 300ms);
  CHECK(ping.engine.deadline() == kStart + 300ms);
  CHECK(ping.send(kStart + 300ms) == Names{"1:1"});
  CHECK(ping.send(kStart + 1s) == Names{"0:2"});
  CHECK(ping.send(kStart + 1300ms) == Names{"1:2"});
}

TEST_CASE("ping: targets may join in any order, as their names resolve") {
  Harness ping({.interval = 1s, .count = 1});
  ping.engine.add_target(2, kHost, kStart);
  ping.engine.add_target(0, kHost, kStart);
  ping.engine.add_target(1, kHost, kStart);
  ping.engine.close_targets();
  CHECK(ping.send(kStart).size() == 3);
  for (std::uint32_t target = 0; target < 3; ++target) {
    ping.reply(1, kStart + 1ms, target);
  }
  Names events = ping.events(true);
  std::ranges::sort(events);
  CHECK(events == Names{"0:reply 1", "0:sent 1", "1:reply 1", "1:sent 1", "2:reply 1", "2:sent 1"});
  CHECK(ping.engine.done());
}

TEST_CASE("ping: a suspend is followed by one probe and a new grid, not by a burst") {
  auto ping = Harness::with_target({.interval = 1s, .timeout = 500ms});
  (void)ping.send(kStart);
  const Instant woken = kStart + 60s;
  CHECK(ping.send(woken).size() == 1);
  CHECK(ping.engine.deadline() == kStart + 500ms + Duration(1));  // the first probe's time-out
  ping.engine.on_tick(woken);
  CHECK(ping.send(woken + 999ms).empty());
  CHECK(ping.send(woken + 1s).size() == 1);
}

TEST_CASE("ping: self-clocked, an answer lets the next probe go at once") {
  auto ping = Harness::with_target({.pace = PingPace::self_clocked, .interval = 10ms});
  CHECK(ping.send(kStart) == Names{"0:1"});
  CHECK(ping.send(kStart + 1ms).empty());
  ping.reply(1, kStart + 2ms);
  CHECK(ping.engine.deadline() <= kStart + 2ms);
  CHECK(ping.send(kStart + 2ms) == Names{"0:2"});
}

TEST_CASE("ping: self-clocked without an answer, the interval is the longest wait") {
  auto ping = Harness::with_target({.pace = PingPace::self_clocked, .interval = 10ms});
  CHECK(ping.send(kStart).size() == 1);
  CHECK(ping.engine.deadline() == kStart + 10ms);
  CHECK(ping.send(kStart + 10ms) == Names{"0:2"});
}

TEST_CASE("ping: self-clocked keeps as many under way as were preloaded") {
  auto ping =
      Harness::with_target({.pace = PingPace::self_clocked, .interval = 10ms, .preload = 3});
  CHECK(ping.send(kStart).size() == 3);
  ping.reply(1, kStart + 1ms);
  CHECK(ping.send(kStart + 1ms).size() == 1);
  ping.reply(2, kStart + 2ms);
  ping.reply(3, kStart + 2ms);
  CHECK(ping.send(kStart + 2ms, 1).size() == 1);
  CHECK(ping.send(kStart + 2ms, 1).size() == 1);
  CHECK(ping.send(kStart + 2ms, 1).empty());
}

TEST_CASE("ping: self-clocked never goes faster than the shortest gap") {
  auto ping =
      Harness::with_target({.pace = PingPace::self_clocked, .interval = 1s, .shortest_gap = 200ms});
  CHECK(ping.send(kStart).size() == 1);
  ping.reply(1, kStart + 1ms);
  CHECK(ping.send(kStart + 199ms).empty());
  CHECK(ping.send(kStart + 200ms).size() == 1);
}

TEST_CASE("ping: self-clocked, a refused send is tried again an interval later, not at once") {
  auto ping = Harness::with_target({.pace = PingPace::self_clocked, .interval = 10ms});
  const probe::SendError no_buffer{.failure = probe::SendFailure::no_buffer, .os_code = 105};
  CHECK(ping.fail(kStart, no_buffer).size() == 1);
  CHECK(ping.send(kStart).empty());
  CHECK(ping.send(kStart + 9ms).empty());
  CHECK(ping.engine.deadline() == kStart + 10ms);
  CHECK(ping.send(kStart + 10ms) == Names{"0:2"});
  ping.reply(2, kStart + 11ms);
  CHECK(ping.send(kStart + 11ms) == Names{"0:3"});
}

TEST_CASE("ping: a refused send uses its slot on a regular grid too") {
  auto ping = Harness::with_target({.interval = 1s, .timeout = 100ms, .count = 2});
  CHECK(ping.fail(kStart, {.failure = probe::SendFailure::unreachable}).size() == 1);
  CHECK(ping.send(kStart + 999ms).empty());
  CHECK(ping.fail(kStart + 1s, {.failure = probe::SendFailure::unreachable}).size() == 1);
  CHECK(ping.events() == Names{"send_failed 1", "send_failed 2"});
  CHECK(ping.engine.done());
}

TEST_CASE("ping: a probe carries the configured options, payload and destination") {
  probe::IpOptions ip{.ttl = net::Ttl(3), .tos = net::Tos(0xb8), .dont_fragment = true};
  auto ping = Harness::with_target(
      {.ip = ip, .payload = std::vector<std::byte>(5, std::byte{7}), .authenticate = false});
  std::array<probe::ProbeSpec, 1> out;
  REQUIRE(ping.engine.next_probes(kStart, out) == 1);
  CHECK(out[0].destination == kHost);
  CHECK(out[0].ip == ip);
  CHECK(out[0].payload.size() == 5);
  CHECK_FALSE(out[0].authenticate);
}

}  // namespace sonde::engine
