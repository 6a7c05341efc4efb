// session.cpp: one run from its first probe to its verdict, with a scripted transport.
#include "sonde/run/session.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <latch>
#include <thread>
#include <vector>

#include "sonde/engine/ping.hpp"
#include "tests/support/fake_directory.hpp"
#include "tests/support/fake_transport.hpp"
#include "tests/support/recording_listener.hpp"

namespace sonde::run {
namespace {

const net::Address kHost = net::Address::v4(0xc0000201);
using Calls = std::vector<std::string>;

struct Rig {
  explicit Rig(engine::PingConfig ping, std::uint32_t targets = 1)
      : engine(engine::PingEngine::make(std::move(ping)).value()) {
    config.start.clock = {.steady = clock.now(), .wall = clock.wall()};
    for (std::uint32_t id = 0; id < targets; ++id) {
      config.targets.push_back({.id = id, .input = "host"});
    }
    config.judge = [this](std::span<const stats::TargetResult> results, stats::EndReason reason) {
      ++judged;
      judged_reason = reason;
      judged_targets = results.size();
      return stats::Verdict{.pass = false, .exit_code = 1, .reasons = {"because"}};
    };
    transport.on_send = [this](const probe::ProbeSpec& spec) {
      transport.will_reply(spec.id, 10ms);
    };
  }
  void know(std::uint32_t id, Duration after = {}) {
    directory.will_know(clock.now() + after, {.id = id, .input = "host", .address = kHost});
  }
  // The host answers with its own address.
  void answer_as_host() {
    transport.on_send = [this](const probe::ProbeSpec& spec) {
      transport.will_see({.probe = spec.id, .at = clock.now() + 10ms, .responder = kHost});
    };
  }
  stats::Verdict run() {
    Session session(config, {.engine = engine,
                             .transport = transport,
                             .clock = clock,
                             .directory = directory,
                             .control = control,
                             .listeners = listeners,
                             .reader_gone = reader_gone});
    return session.run();
  }

  test::VirtualClock clock;
  test::FakeTransport transport{clock};
  test::FakeDirectory directory;
  engine::PingEngine engine;
  Control control;
  test::RecordingListener listener;
  test::RecordingListener second;
  std::vector<stats::Listener*> listeners{&listener, &second};
  SessionConfig config{};
  std::function<bool()> reader_gone{};
  int judged = 0;
  std::size_t judged_targets = 0;
  std::optional<stats::EndReason> judged_reason;
};

}  // namespace

TEST_CASE("session: every listener hears start, target, events and end, once and in this order") {
  Rig rig({.interval = 100ms, .count = 2});
  rig.know(0);
  const stats::Verdict verdict = rig.run();
  CHECK(rig.listener.calls == Calls{"start", "target 0", "event sent 1", "event reply 1",
                                    "event sent 2", "event reply 2", "end"});
  CHECK(rig.second.calls == rig.listener.calls);
  CHECK(verdict.exit_code == 1);
  CHECK(rig.listener.end.verdict.reasons == std::vector<std::string>{"because"});
  CHECK(rig.judged == 1);
  CHECK(rig.judged_reason == stats::EndReason::count);
  CHECK(rig.listener.start.engine.backend == "fake");
}

TEST_CASE("session: it flushes before it sleeps and at the end") {
  Rig rig({.interval = 100ms, .count = 1});
  rig.know(0);
  std::size_t flushed_before_first_wait = 0;
  rig.transport.on_wait = [&] {
    if (rig.transport.waited_until.empty()) {
      flushed_before_first_wait = rig.listener.flushes;
    }
  };
  rig.run();
  CHECK(flushed_before_first_wait >= 1);
  CHECK(rig.listener.flushes > flushed_before_first_wait);
}

TEST_CASE("session: a target without an address is told, judged, and never probed") {
  Rig rig({.interval = 100ms, .count = 1}, 2);
  rig.know(0);
  rig.directory.will_know(rig.clock.now(),
                          {.id = 1,
                           .input = "nowhere",
                           .error = stats::TargetError{.kind = stats::TargetError::Kind::resolve,
                                                       .message = "no such name"}});
  rig.run();
  CHECK(rig.transport.sent.size() == 1);
  CHECK(rig.judged_targets == 2);
  REQUIRE(rig.listener.results[1].target.error.has_value());
  CHECK(rig.listener.results[1].target.error->message == "no such name");
}

TEST_CASE("session: no target that can be probed ends the run at once") {
  Rig rig({.interval = 100ms});
  rig.directory.will_know(rig.clock.now(),
                          {.id = 0, .error = stats::TargetError{.message = "no such name"}});
  rig.run();
  CHECK(rig.listener.calls == Calls{"start", "target 0", "end"});
  CHECK(rig.transport.sent.empty());
}

TEST_CASE("session: probing begins with the first target that is known") {
  Rig rig({.interval = 100ms, .timeout = 50ms, .count = 1}, 2);
  rig.know(1);
  rig.know(0, 500ms);
  rig.run();
  CHECK(rig.listener.calls == Calls{"start", "target 1", "event sent 1", "event reply 1",
                                    "target 0", "event sent 1", "event reply 1", "end"});
  CHECK(rig.transport.sent_at[1] - rig.transport.sent_at[0] == 500ms);
}

TEST_CASE("session: the deadline counts from the start, look-ups included") {
  Rig rig({.interval = 100ms});
  rig.config.deadline = 1s;
  rig.know(0, 10min);
  rig.run();
  CHECK(rig.listener.end.reason == stats::EndReason::deadline);
  CHECK(rig.clock.elapsed() == 1s);
  CHECK(rig.transport.sent.empty());
}

TEST_CASE("session: a signal while it waits ends the run at once, with what is known") {
  Rig rig({.interval = 1s});
  rig.know(0);
  rig.transport.on_wait = [&] {
    if (rig.transport.sent.size() == 3) {
      rig.control.stop = true;
      rig.transport.wake();
    }
  };
  rig.run();
  CHECK(rig.listener.end.reason == stats::EndReason::signal);
  CHECK(rig.listener.results[0].stats.counts().sent == 3);
  CHECK(rig.listener.results[0].stats.counts().in_flight == 1);
  CHECK(rig.listener.calls.back() == "end");
}

TEST_CASE("session: interim results on request, and on it goes") {
  Rig rig({.interval = 100ms, .count = 2});
  rig.know(0);
  bool asked = false;
  rig.transport.on_wait = [&] {
    if (!asked) {
      asked = true;
      rig.control.interim = true;
      rig.transport.wake();
    }
  };
  rig.run();
  CHECK(std::ranges::count(rig.listener.calls, "interim") == 1);
  CHECK(rig.listener.end.reason == stats::EndReason::count);
  CHECK(rig.transport.sent.size() == 2);
}

TEST_CASE("session: when nobody can be told any more, it ends with an error") {
  Rig rig({.interval = 100ms});
  rig.know(0);
  rig.transport.on_wait = [&] {
    if (rig.transport.sent.size() == 2) {
      rig.control.output_failed = true;
      rig.transport.wake();
    }
  };
  rig.run();
  CHECK(rig.listener.end.reason == stats::EndReason::error);
}

TEST_CASE("session: what fails when the run comes to rest ends it, and nothing more is sent") {
  Rig rig({.interval = 1h});
  rig.know(0);
  rig.listener.on_flush = [&] { rig.control.output_failed = true; };
  rig.run();
  CHECK(rig.listener.end.reason == stats::EndReason::error);
  CHECK(rig.transport.sent.size() == 1);
  CHECK(rig.clock.elapsed() == Duration{});
}

TEST_CASE("session: who comes later is told a verdict that knows what was lost before") {
  Rig rig({.interval = 100ms, .count = 1});
  rig.know(0);
  rig.config.judge = [&](std::span<const stats::TargetResult>, stats::EndReason) {
    ++rig.judged;
    return stats::Verdict{.exit_code =
                              static_cast<std::uint8_t>(rig.control.output_failed ? 4 : 0)};
  };
  SUBCASE("before the end") {
    rig.transport.on_send = [&](const probe::ProbeSpec& spec) {
      rig.transport.will_reply(spec.id, 10ms);
      rig.listener.on_flush = [&] { rig.control.output_failed = rig.transport.sent.size() == 1; };
    };
    CHECK(rig.run().exit_code == 4);
    CHECK(rig.listener.end.verdict.exit_code == 4);
    CHECK(rig.judged == 1);
  }
  SUBCASE("with the last words of another") {
    rig.listener.on_flush = [&] { rig.control.output_failed = rig.listener.calls.back() == "end"; };
    CHECK(rig.run().exit_code == 4);
    CHECK(rig.listener.end.verdict.exit_code == 0);
    CHECK(rig.judged == 2);
  }
  CHECK(rig.second.end.verdict.exit_code == 4);
}

TEST_CASE("session: a reader that goes away ends the run long before the next probe") {
  Rig rig({.interval = 1h});
  rig.know(0);
  rig.reader_gone = [&] { return rig.clock.elapsed() >= 1s; };
  rig.run();
  CHECK(rig.listener.end.reason == stats::EndReason::error);
  CHECK(rig.transport.sent.size() == 1);
  CHECK(rig.clock.elapsed() >= 1s);
  CHECK(rig.clock.elapsed() <= 1s + ReaderWatch::kEvery);
}

TEST_CASE("session: a reader that stays is asked about now and then, and changes nothing") {
  Rig rig({.interval = 1s, .count = 5});
  rig.know(0);
  int asked = 0;
  rig.reader_gone = [&] { return ++asked < 0; };
  rig.run();
  CHECK(rig.listener.end.reason == stats::EndReason::count);
  CHECK(rig.transport.sent.size() == 5);
  CHECK(asked >= 8);
  CHECK(asked <= 15);
}

TEST_CASE("session: enough replies is another reason to end than enough probes") {
  Rig rig({.interval = 100ms, .count = 5, .until_replies = 2});
  rig.config.until_replies = 2;
  rig.know(0);
  rig.run();
  CHECK(rig.listener.end.reason == stats::EndReason::until);
  CHECK(rig.transport.sent.size() == 2);
}

TEST_CASE("session: the clock in the end record is the weakest that an RTT had to do with") {
  Rig rig({.interval = 100ms, .count = 2});
  rig.know(0);
  rig.transport.on_send = [&](const probe::ProbeSpec& spec) {
    rig.transport.will_see(
        {.probe = spec.id,
         .stamp = spec.id.sequence == 1 ? probe::StampSource::kernel : probe::StampSource::user,
         .at = rig.clock.now() + 10ms});
  };
  rig.run();
  CHECK(rig.listener.end.engine.clock == probe::RttClock::steady);
}

TEST_CASE("session: rejected packets are in the end record") {
  Rig rig({.interval = 100ms, .count = 1});
  rig.know(0);
  rig.transport.turned_away.add(probe::Reject::token);
  rig.run();
  REQUIRE(rig.listener.end.rejects);
  CHECK(rig.listener.end.rejects->of(probe::Reject::token) == 1);
}

TEST_CASE("session: the end waits for names that are under way, but only as long as it may") {
  Rig rig({.interval = 100ms, .count = 1});
  rig.know(0);
  rig.config.want_names = true;
  rig.config.names_patience = 1s;
  rig.run();
  CHECK(rig.clock.now() == rig.config.start.clock.steady + 10ms + 1s);
  CHECK(rig.judged_reason == stats::EndReason::count);

  Rig hurried({.interval = 100ms, .count = 1});
  hurried.know(0);
  hurried.config.want_names = true;
  hurried.config.names_patience = 1s;
  hurried.config.deadline = 200ms;
  hurried.run();
  CHECK(hurried.clock.now() == hurried.config.start.clock.steady + 200ms);
  CHECK(hurried.judged_reason == stats::EndReason::count);

  Rig named({.interval = 100ms, .count = 1});
  named.know(0);
  named.answer_as_host();
  named.directory.will_name(kHost, "host.example");
  named.config.want_names = true;
  named.config.names_patience = 1s;
  named.run();
  CHECK(named.clock.now() == named.config.start.clock.steady + 10ms);
}

TEST_CASE(
    "session: a path is there from its target's address on, before listeners hear of events") {
  Rig rig({.interval = 100ms, .count = 1});
  rig.know(0);
  rig.answer_as_host();
  rig.config.path = stats::PathLimits{.queries = 1};
  rig.run();
  REQUIRE(rig.listener.results.size() == 1);
  REQUIRE(rig.listener.results[0].path.has_value());
  CHECK(rig.listener.results[0].path->reached());
}

TEST_CASE("session: who asks for a time is told it, and everybody else with him") {
  struct Clocked final : test::RecordingListener {
    explicit Clocked(std::optional<Instant> at) : when(at) {}
    [[nodiscard]] std::optional<Instant> wake_at() const override { return when; }
    void on_time(Instant now, std::span<const stats::TargetResult>) override {
      told.push_back(now);
      when.reset();
    }
    std::optional<Instant> when;
    std::vector<Instant> told;
  };
  Rig rig({.interval = 100ms, .count = 2});
  rig.know(0);
  const Instant wanted = rig.clock.now() + 40ms;
  Clocked asks(wanted);
  Clocked does_not(std::nullopt);
  rig.listeners = {&does_not, &asks};
  rig.run();
  CHECK(asks.told == std::vector<Instant>{wanted});
  CHECK(does_not.told == asks.told);
}

TEST_CASE("session: names are asked for when wanted, and told to results and listeners") {
  Rig rig({.interval = 100ms, .count = 2});
  rig.config.want_names = true;
  rig.know(0);
  rig.transport.on_send = [&](const probe::ProbeSpec& spec) {
    rig.transport.will_see({.probe = spec.id, .at = rig.clock.now() + 10ms, .responder = kHost});
  };
  rig.directory.will_name(kHost, "host.example");
  rig.run();
  CHECK(rig.directory.wanted.size() == 2);
  CHECK(std::ranges::count(rig.listener.calls, "name 192.0.2.1 host.example") == 1);
  CHECK(rig.listener.results[0].target.name == Untrusted("host.example"));
}

TEST_CASE("session: names are not asked for when nobody wants them") {
  Rig rig({.interval = 100ms, .count = 1});
  rig.know(0);
  rig.run();
  CHECK(rig.directory.wanted.empty());
}

TEST_CASE("session: a failure that kept answers from being known is the end's, and its reason") {
  Rig rig({.interval = 100ms, .count = 1});
  rig.know(0);
  rig.config.failure = [] { return std::optional<std::string>("answers cannot be read"); };
  rig.run();
  CHECK(rig.listener.end.reason == stats::EndReason::error);
  CHECK(rig.listener.end.error == "answers cannot be read");
}

TEST_CASE("session: a run that could not begin is told to the same listeners, with an end") {
  Rig rig({.interval = 100ms}, 2);
  const stats::Verdict verdict =
      report_failure(rig.config, "no socket for you", rig.clock, rig.listeners);
  CHECK(rig.listener.calls == Calls{"start", "target 0", "target 1", "end"});
  CHECK(rig.listener.end.reason == stats::EndReason::error);
  CHECK(rig.listener.end.error == "no socket for you");
  CHECK(verdict.exit_code == 1);
  CHECK(rig.judged_reason == stats::EndReason::error);
}

TEST_CASE("session: a thousand, a hundred at a time, share nothing and wait for nobody") {
  static constexpr std::size_t kThreads = 100;
  static constexpr std::size_t kEach = 10;
  static constexpr std::uint64_t kCount = 5;
  std::array<std::size_t, kThreads> wrong{};
  std::latch begin{kThreads};
  std::vector<std::jthread> threads;
  threads.reserve(kThreads);
  for (std::size_t& mine : wrong) {
    threads.emplace_back([&mine, &begin] {
      begin.arrive_and_wait();
      for (std::size_t round = 0; round < kEach; ++round) {
        Rig rig({.interval = 100ms, .count = kCount});
        rig.know(0);
        const stats::Verdict verdict = rig.run();
        const std::size_t lines = 3 + 2 * kCount;  // start, target, end; sent and reply
        mine += verdict.exit_code != 1 || rig.judged != 1 || rig.listener.calls.size() != lines ||
                rig.transport.sent.size() != kCount || rig.listener.calls != rig.second.calls;
      }
    });
  }
  threads.clear();
  CHECK(std::ranges::all_of(wrong, [](std::size_t n) { return n == 0; }));
}

}  // namespace sonde::run
