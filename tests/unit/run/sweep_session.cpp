// sweep_session.cpp: the loop around the sweep's engine, with a scripted transport and feed.
#include "sonde/run/sweep_session.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "tests/support/fake_transport.hpp"

namespace sonde::run {
namespace {

using Names = std::vector<std::string>;

constexpr Instant kStart = test::VirtualClock::kStart;

// Hands out one portion a call, at its time.
class ScriptedFeed final : public TargetFeed {
 public:
  struct Portion {
    Instant at = kStart;
    std::uint32_t first_host = 0;
    std::uint64_t hosts = 0;
    std::string name{};
  };
  std::vector<Portion> portions{};
  std::multimap<Instant, NameAnswer> names{};
  std::size_t given = 0;

  void supply(net::AddressList& list, std::vector<NameAnswer>& answers, Instant now,
              bool hungry) override {
    if (hungry && given < portions.size() && portions[given].at <= now) {
      const Portion& portion = portions[given++];
      if (portion.name.empty()) {
        REQUIRE(list.append(net::Address::v4(portion.first_host), portion.hosts));
      } else {
        REQUIRE(list.append_name(portion.name));
      }
    }
    while (!names.empty() && names.begin()->first <= now) {
      answers.push_back(names.begin()->second);
      names.erase(names.begin());
    }
  }
  [[nodiscard]] bool complete() const override { return given == portions.size(); }
  [[nodiscard]] bool all_answered() const override { return names.empty(); }
  [[nodiscard]] std::optional<Instant> deadline() const override {
    std::optional<Instant> next;
    if (given < portions.size()) {
      next = portions[given].at;
    }
    if (!names.empty()) {
      next = std::min(next.value_or(names.begin()->first), names.begin()->first);
    }
    return next;
  }
};

class Recorder final : public stats::SweepListener {
 public:
  Names told{};
  std::vector<stats::Counts> counts{};  // of each target told
  stats::SweepEventMask mask = 0;
  std::optional<stats::RunEnd> end{};
  stats::SweepTotals totals{};
  int progresses = 0;

  [[nodiscard]] stats::SweepEventMask wanted() const override { return mask; }
  void on_start(const stats::RunStart& start, const stats::SweepOptions& /*options*/) override {
    told.push_back("start " + start.engine.backend);
  }
  void on_event(const probe::SweepEvent& event, const stats::SweepResults& results) override {
    const bool pending = results.at(event.target).state == probe::SweepState::pending;
    told.push_back("event " + std::to_string(event.target) + (pending ? " pending" : ""));
  }
  void on_target(const stats::SweepResult& result, Instant /*at*/) override {
    counts.push_back(result.counts);
    const bool alive = result.state == probe::SweepState::alive;
    const bool failed = result.state == probe::SweepState::failed;
    const std::string who =
        (result.reverse != nullptr ? result.reverse->raw() + " " : "") +
        (result.name.empty() ? std::to_string(result.index) : std::string(result.name));
    told.push_back(who + (alive ? " alive"
                                : (failed ? " failed: " + result.error->message
                                          : std::string(" unreachable"))));
  }
  void on_interim(Instant /*now*/, const stats::SweepResults& results,
                  const stats::SweepResults& window) override {
    told.push_back("interim " + std::to_string(results.totals().counts.sent) + "/" +
                   std::to_string(window.totals().counts.sent));
  }
  void on_progress(const Progress& progress, const stats::SweepResults& /*results*/) override {
    ++progresses;
    CHECK(progress.planned > 0);
  }
  void on_slower(std::uint64_t rate) override { told.push_back("slower " + std::to_string(rate)); }
  void on_end(const stats::RunEnd& ended, const stats::SweepResults& results) override {
    end = ended;
    totals = results.totals();
    told.emplace_back("end");
  }
  void flush() override {}
};

struct Rig {
  explicit Rig(const engine::SweepConfig& config)
      : engine(engine::SweepEngine::make(config, targets).value()) {
    session.start.clock = {.steady = clock.now(), .wall = clock.wall()};
    session.options.mode = config.mode;
    session.judge = [](const stats::SweepResults& results, stats::EndReason) {
      return stats::Verdict{.exit_code = results.totals().unreachable > 0 ? 1 : 0};
    };
  }
  SweepSession make() {
    return {session,
            {.engine = engine,
             .transport = transport,
             .clock = clock,
             .targets = targets,
             .feed = feed,
             .control = control,
             .listeners = listeners,
             .names = names,
             .reader_gone = reader_gone}};
  }
  stats::Verdict run() {
    SweepSession running = make();
    return running.run();
  }
  void everybody_answers(Duration rtt) {
    transport.on_send = [this, rtt](const probe::ProbeSpec& spec) {
      transport.will_reply(spec.id, rtt);
    };
  }

  test::VirtualClock clock{};
  test::FakeTransport transport{clock};
  net::AddressList targets{};
  engine::SweepEngine engine;
  ScriptedFeed feed{};
  Control control{};
  Recorder recorder{};
  std::array<stats::SweepListener*, 1> listeners{&recorder};
  SweepSessionConfig session{};
  NameSource* names = nullptr;
  std::function<bool()> reader_gone{};
};

// Knows the names of some hosts, as soon as it is asked.
class KnownNames final : public NameSource {
 public:
  explicit KnownNames(std::uint32_t last_known) : last_known_(last_known) {}
  void want_name(const net::Address& address) override {
    ++asked;
    if (address.v4_value() <= last_known_) {
      come_.push_back({.address = address, .name = Untrusted("known")});
    }
  }
  [[nodiscard]] std::vector<NamedAddress> take_names() override { return std::exchange(come_, {}); }
  int asked = 0;

 private:
  std::uint32_t last_known_;
  std::vector<NamedAddress> come_;
};

bool adds_up(const stats::Counts& counts) {
  return counts.sent == counts.received + counts.late + counts.lost + counts.errors +
                            counts.send_failures + counts.in_flight;
}

}  // namespace

TEST_CASE("sweep session: targets are told as they are settled, and all ends by itself") {
  Rig rig({.timeout = 100ms, .retries = 0});
  rig.feed.portions = {{.first_host = 1, .hosts = 2}};
  rig.transport.on_send = [&](const probe::ProbeSpec& spec) {
    if (spec.id.target == 1) {
      rig.transport.will_reply(spec.id, 5ms);
    }
  };
  CHECK(rig.run().exit_code == 1);
  CHECK(rig.recorder.told == Names{"start fake", "1 alive", "0 unreachable", "end"});
  CHECK(rig.recorder.end->reason == stats::EndReason::count);
  CHECK(rig.clock.elapsed() == 101ms + 1ns - 1ms);
}

TEST_CASE("sweep session: results wait for names, but no probe does, and not for ever") {
  Rig rig({.timeout = 100ms, .retries = 0, .rate = 10});
  KnownNames names(2);
  rig.names = &names;
  rig.feed.portions = {{.first_host = 1, .hosts = 4}};
  rig.everybody_answers(5ms);
  rig.session.name_wish.unreachable = false;
  CHECK(rig.run().exit_code == 0);
  CHECK(rig.recorder.told ==
        Names{"start fake", "known 0 alive", "known 1 alive", "2 alive", "3 alive", "end"});
  REQUIRE(rig.transport.sent_at.size() == 4);
  CHECK(rig.transport.sent_at[3] == kStart + 300ms);
  CHECK(rig.clock.elapsed() == 305ms + NameWait::kPatience);
  CHECK(rig.recorder.end->reason == stats::EndReason::count);
  CHECK(rig.recorder.totals.counts.sent == 4);
}

TEST_CASE("sweep session: a stop while only names are missing ends a whole run") {
  Rig rig({.timeout = 100ms, .retries = 0});
  KnownNames names(0);
  rig.names = &names;
  rig.feed.portions = {{.first_host = 1, .hosts = 1}};
  rig.everybody_answers(5ms);
  rig.session.deadline = 200ms;
  (void)rig.run();
  CHECK(rig.recorder.told == Names{"start fake", "0 alive", "end"});
  CHECK(rig.recorder.end->reason == stats::EndReason::count);
  CHECK(rig.clock.elapsed() == 200ms);
}

TEST_CASE("sweep session: with rounds a name is asked for at the first answer, once") {
  Rig rig({.mode = probe::SweepMode::count, .timeout = 100ms, .count = 3, .interval = 100ms});
  KnownNames names(1);
  rig.names = &names;
  rig.feed.portions = {{.first_host = 1, .hosts = 1}};
  rig.everybody_answers(5ms);
  (void)rig.run();
  CHECK(names.asked == 1);
  CHECK(rig.recorder.told == Names{"start fake", "known 0 alive", "end"});
}

TEST_CASE("sweep session: a late answer to the first probe tells of the second one under way") {
  for (const auto detail : {stats::SweepDetail::tries, stats::SweepDetail::records}) {
    Rig rig({.timeout = 100ms, .retries = 3, .backoff = 1});
    rig.session.detail = detail;
    rig.feed.portions = {{.first_host = 1, .hosts = 1}};
    rig.transport.on_send = [&](const probe::ProbeSpec& spec) {
      if (rig.transport.sent_at.size() <= 1) {
        rig.transport.will_reply(spec.id, 150ms);
      }
    };
    (void)rig.run();
    REQUIRE(rig.recorder.counts.size() == 1);
    const stats::Counts& told = rig.recorder.counts[0];
    CHECK(rig.transport.sent_at.size() == 2);
    CHECK(told.sent == 2);
    CHECK(told.late == 1);
    CHECK(told.in_flight == 1);
    CHECK(told.lost == 0);
    CHECK(adds_up(told));
    CHECK(rig.recorder.totals.counts.sent == 2);
    CHECK(rig.recorder.totals.counts.lost == 1);  // the second one, later
  }
}

TEST_CASE("sweep session: a listener gets the kinds of event it wants, before the target's end") {
  Rig rig({.timeout = 100ms, .retries = 0});
  rig.feed.portions = {{.first_host = 1, .hosts = 1}};
  rig.recorder.mask = stats::mask_of(probe::SweepEventKind::reply);
  rig.everybody_answers(1ms);
  CHECK(rig.run().exit_code == 0);
  CHECK(rig.recorder.told == Names{"start fake", "event 0 pending", "0 alive", "end"});
}

TEST_CASE("sweep session: targets that come while it runs are probed at once") {
  Rig rig({.timeout = 100ms, .retries = 0});
  rig.feed.portions = {{.first_host = 1, .hosts = 1},
                       {.at = kStart + 30s, .first_host = 2, .hosts = 1}};
  rig.everybody_answers(1ms);
  (void)rig.run();
  REQUIRE(rig.transport.sent_at.size() == 2);
  CHECK(rig.transport.sent_at[0] == kStart);
  CHECK(rig.transport.sent_at[1] == kStart + 30s);
}

TEST_CASE("sweep session: no more targets are taken in than wait for a moment") {
  constexpr std::uint32_t kPortion = 30'000;
  Rig rig({.timeout = 100ms, .retries = 0, .rate = std::nullopt});
  for (std::uint32_t i = 0; i < 6; ++i) {
    rig.feed.portions.push_back({.first_host = 1 + i * kPortion, .hosts = kPortion});
  }
  std::uint64_t most = 0;
  rig.transport.on_send = [&](const probe::ProbeSpec& spec) {
    rig.transport.will_reply(spec.id, 1ms);
    most = std::max(most, rig.targets.size() - rig.transport.sent_at.size());
  };
  (void)rig.run();
  CHECK(rig.transport.sent_at.size() == std::size_t{6} * kPortion);
  CHECK(most < 65'536 + kPortion);
}

TEST_CASE("sweep session: a name is probed when it has its address, and told when it has none") {
  Rig rig({.timeout = 100ms, .retries = 0});
  rig.feed.portions = {{.name = "good"}, {.name = "bad"}, {.first_host = 9, .hosts = 1}};
  rig.feed.names.emplace(kStart + 1s,
                         NameAnswer{.index = 0, .address = net::Address::v4(0x0a000001)});
  rig.feed.names.emplace(
      kStart + 5s,
      NameAnswer{.index = 1,
                 .address = std::unexpected(stats::TargetError{.message = "not known"})});
  rig.everybody_answers(1ms);
  (void)rig.run();
  CHECK(rig.recorder.told ==
        Names{"start fake", "2 alive", "good alive", "bad failed: not known", "end"});
  CHECK(rig.transport.sent_at.back() == kStart + 1s);
  CHECK(rig.clock.elapsed() == 5s);
}

TEST_CASE("sweep session: a stop leaves what is in flight in flight") {
  Rig rig({.timeout = 10s, .retries = 0, .rate = 100});
  rig.feed.portions = {{.first_host = 1, .hosts = 1000}};
  rig.transport.on_wait = [&] {
    if (rig.clock.elapsed() >= 1s) {
      rig.control.stop = true;
    }
  };
  (void)rig.run();
  CHECK(rig.recorder.end->reason == stats::EndReason::signal);
  CHECK(rig.recorder.totals.counts.sent >= 100);
  CHECK(rig.recorder.totals.counts.sent <= 102);
  CHECK(rig.recorder.totals.counts.in_flight == rig.recorder.totals.counts.sent);
  CHECK(rig.recorder.totals.counts.lost == 0);
}

TEST_CASE("sweep session: the deadline ends it, whatever is still to do") {
  Rig rig({.timeout = 100ms, .rate = 10});
  rig.session.deadline = 2s;
  rig.feed.portions = {{.first_host = 1, .hosts = 1000}};
  (void)rig.run();
  CHECK(rig.recorder.end->reason == stats::EndReason::deadline);
  CHECK(rig.clock.elapsed() == 2s);
  CHECK(adds_up(rig.recorder.totals.counts));
}

TEST_CASE("sweep session: summaries of an interval count that interval alone") {
  Rig rig({.mode = probe::SweepMode::loop, .timeout = 100ms, .interval = 1s});
  rig.session.options.summary_every = 10s;
  rig.session.deadline = 25s;
  rig.feed.portions = {{.first_host = 1, .hosts = 1}};
  rig.everybody_answers(1ms);
  (void)rig.run();
  CHECK(rig.recorder.told == Names{"start fake", "interim 11/11", "interim 21/10", "end"});
}

TEST_CASE("sweep session: an interim that the user asks for shows all, and the run goes on") {
  Rig rig({.timeout = 100ms, .retries = 0});
  rig.feed.portions = {{.first_host = 1, .hosts = 1}};
  rig.control.interim = true;
  rig.everybody_answers(1ms);
  (void)rig.run();
  CHECK(rig.recorder.told == Names{"start fake", "interim 1/1", "0 alive", "end"});
}

TEST_CASE("sweep session: progress comes at its pace") {
  Rig rig({.timeout = 100ms, .retries = 0, .rate = 1});
  rig.session.progress_every = 250ms;
  rig.feed.portions = {{.first_host = 1, .hosts = 3}};
  rig.everybody_answers(1ms);
  (void)rig.run();
  CHECK(rig.recorder.progresses == 8);
}

TEST_CASE("sweep session: prohibitions halve the rate, again and again") {
  Rig rig({.timeout = 100ms, .retries = 0, .rate = 1000});
  rig.feed.portions = {{.first_host = 1, .hosts = 5000}};
  rig.transport.on_send = [&](const probe::ProbeSpec& spec) {
    rig.transport.will_see({.probe = spec.id,
                            .kind = probe::ObservationKind::icmp_error,
                            .at = rig.clock.now() + 1ms,
                            .icmp = {.type = 3, .code = 13}});
  };
  rig.session.deadline = 8s;
  (void)rig.run();
  CHECK(std::ranges::count(rig.recorder.told, "slower 500") == 1);
  CHECK(std::ranges::count(rig.recorder.told, "slower 250") == 1);
  CHECK(rig.recorder.totals.counts.sent < 3000);
  CHECK(adds_up(rig.recorder.totals.counts));
}

TEST_CASE("sweep session: what an earlier run settled is told first and not probed again") {
  Rig rig({.timeout = 100ms, .retries = 0});
  REQUIRE(rig.targets.append(net::Address::v4(1), 3));
  rig.everybody_answers(1ms);
  SweepSession session = rig.make();
  // What it had in flight will never be known.
  session.restore({.index = 1,
                   .state = probe::SweepState::alive,
                   .counts = {.sent = 3, .received = 1, .in_flight = 2}});
  (void)session.run();
  CHECK(rig.recorder.told == Names{"start fake", "1 alive", "0 alive", "2 alive", "end"});
  CHECK(rig.transport.sent.size() == 2);
  CHECK(rig.recorder.totals.alive == 3);
  CHECK(rig.recorder.totals.counts.sent == 3);
  CHECK(rig.recorder.totals.counts.in_flight == 0);
}

TEST_CASE("sweep session: targets that could not be read are an error of the run") {
  Rig rig({.timeout = 100ms, .retries = 0});
  REQUIRE(rig.targets.append(net::Address::v4(1), 1));
  rig.everybody_answers(1ms);
  rig.session.failure = [] { return std::optional<std::string>("cannot read targets"); };
  (void)rig.make().run();
  CHECK(rig.recorder.end->error == "cannot read targets");
  CHECK(rig.recorder.end->reason == stats::EndReason::error);
}

TEST_CASE("sweep session: a run that cannot begin tells its listeners so") {
  Rig rig({});
  (void)report_sweep_failure(rig.session, rig.targets, "no socket", rig.clock, rig.listeners);
  CHECK(rig.recorder.told == Names{"start ", "end"});
  CHECK(rig.recorder.end->error == "no socket");
}

TEST_CASE("sweep session: output that nobody can read ends the run") {
  Rig rig({});
  rig.feed.portions = {{.first_host = 1, .hosts = 1}};
  rig.control.output_failed = true;
  (void)rig.run();
  CHECK(rig.recorder.end->reason == stats::EndReason::error);
}

TEST_CASE("sweep session: a reader that has gone ends the run") {
  Rig rig({});
  rig.feed.portions = {{.first_host = 1, .hosts = 1}};
  rig.reader_gone = [] { return true; };
  (void)rig.run();
  CHECK(rig.recorder.end->reason == stats::EndReason::error);
  CHECK(rig.clock.elapsed() < ReaderWatch::kEvery);
}

}  // namespace sonde::run
