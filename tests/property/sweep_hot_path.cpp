// sweep_hot_path.cpp: once its tables have grown, a sweep allocates nothing and reads the clock
// once a batch: session, driver, engine and results, over a transport that answers everything.
#include <doctest/doctest.h>

#include <array>

#include "sonde/run/sweep_session.hpp"
#include "tests/support/allocations.hpp"

namespace sonde::run {
namespace {

constexpr Instant kStart{1000s};

// A millisecond a read, so that time goes on; counts the reads.
class CountingClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const noexcept override { return kStart + ++reads * 1ms; }
  [[nodiscard]] WallTime wall() const noexcept override { return WallTime{}; }
  mutable std::int64_t reads = 0;
};

// Every probe is answered by the time the next batch is sent.
class EchoTransport final : public transport::Transport {
 public:
  [[nodiscard]] transport::Capabilities capabilities() const override {
    return {.backend = "echo"};
  }
  std::size_t send(std::span<const probe::ProbeSpec> specs,
                   std::span<probe::SendReport> reports) override {
    ++batches;
    for (std::size_t i = 0; i < specs.size(); ++i) {
      reports[i] = {.id = specs[i].id, .at = kStart};
      ids_[i] = specs[i].id;
    }
    waiting_ = specs.size();
    return specs.size();
  }
  [[nodiscard]] std::size_t receive(std::span<probe::Observation> out) override {
    const std::size_t count = std::min(waiting_, out.size());
    for (std::size_t i = 0; i < count; ++i) {
      out[i] = {.probe = ids_[i], .at = kStart + 20us};
    }
    waiting_ = 0;
    return count;
  }
  void wait(Instant /*until*/) override {}
  void wake() noexcept override {}
  [[nodiscard]] probe::RejectCounts rejects() const override { return {}; }

  std::int64_t batches = 0;

 private:
  std::array<probe::ProbeId, Driver::kBatch> ids_{};
  std::size_t waiting_ = 0;
};

class AllAtOnce final : public TargetFeed {
 public:
  explicit AllAtOnce(std::uint64_t hosts) : hosts_(hosts) {}
  void supply(net::AddressList& list, std::vector<NameAnswer>& /*answers*/, Instant /*now*/,
              bool /*hungry*/) override {
    if (list.size() == 0) {
      REQUIRE(list.append(net::Address::v4(0x0a000000), hosts_));
    }
  }
  [[nodiscard]] bool complete() const override { return true; }
  [[nodiscard]] bool all_answered() const override { return true; }
  [[nodiscard]] std::optional<Instant> deadline() const override { return std::nullopt; }

 private:
  std::uint64_t hosts_;
};

// Notes the counts when the `from`th event it is told of has come, and at the last.
class Meter final : public stats::SweepListener {
 public:
  Meter(std::uint64_t from, const CountingClock& clock, const EchoTransport& transport)
      : from_(from), clock_(clock), transport_(transport) {}
  [[nodiscard]] stats::SweepEventMask wanted() const override {
    return stats::mask_of(probe::SweepEventKind::reply);
  }
  void on_start(const stats::RunStart& /*start*/, const stats::SweepOptions& /*options*/) override {
  }
  void on_event(const probe::SweepEvent& event, const stats::SweepResults& results) override {
    answered += results.after(event).rtt ? 1 : 0;
    if (++events_ == from_) {
      allocations_before = test::allocations();
      reads_before = clock_.reads;
      batches_before = transport_.batches;
    }
    allocations_after = test::allocations();
    reads_after = clock_.reads;
    batches_after = transport_.batches;
  }
  void on_target(const stats::SweepResult& result, Instant /*at*/) override {
    alive += result.state == probe::SweepState::alive ? 1 : 0;
  }
  void on_interim(Instant /*now*/, const stats::SweepResults& /*results*/,
                  const stats::SweepResults& /*window*/) override {}
  void on_progress(const Progress& /*progress*/, const stats::SweepResults& /*results*/) override {}
  void on_slower(std::uint64_t /*rate*/) override {}
  void on_end(const stats::RunEnd& /*end*/, const stats::SweepResults& /*results*/) override {}
  void flush() override {}

  std::uint64_t alive = 0;
  std::uint64_t answered = 0;
  std::uint64_t allocations_before = 0;
  std::uint64_t allocations_after = 0;
  std::int64_t reads_before = 0;
  std::int64_t reads_after = 0;
  std::int64_t batches_before = 0;
  std::int64_t batches_after = 0;

 private:
  std::uint64_t from_;
  std::uint64_t events_ = 0;
  const CountingClock& clock_;
  const EchoTransport& transport_;
};

void check_hot_path(const engine::SweepConfig& config, stats::SweepDetail detail,
                    std::uint64_t hosts, std::uint64_t warm_up) {
  const CountingClock clock;
  EchoTransport transport;
  net::AddressList targets;
  engine::SweepEngine engine = engine::SweepEngine::make(config, targets).value();
  AllAtOnce feed(hosts);
  Control control;
  Meter meter(warm_up, clock, transport);
  const std::array<stats::SweepListener*, 1> listeners{&meter};
  SweepSessionConfig session{.detail = detail, .sample_rounds = config.count};
  session.start.clock.steady = kStart;
  session.options.mode = config.mode;
  session.judge = [](const stats::SweepResults&, stats::EndReason) { return stats::Verdict{}; };
  SweepSession(session, {.engine = engine,
                         .transport = transport,
                         .clock = clock,
                         .targets = targets,
                         .feed = feed,
                         .control = control,
                         .listeners = listeners})
      .run();
  CHECK(meter.alive == hosts);
  REQUIRE(meter.batches_after > meter.batches_before + 100);
  CHECK(meter.allocations_after - meter.allocations_before == 0);
  CHECK(meter.reads_after - meter.reads_before == meter.batches_after - meter.batches_before);
}

}  // namespace

TEST_CASE("sweep: one probe a target allocates nothing and reads the clock once a batch") {
  const engine::SweepConfig config{.rate = std::nullopt};
  check_hot_path(config, stats::SweepDetail::states, 200'000, 50'000);
  check_hot_path(config, stats::SweepDetail::tries, 200'000, 50'000);
  check_hot_path(config, stats::SweepDetail::records, 200'000, 50'000);
}

TEST_CASE("sweep: a random order costs no memory either") {
  const engine::SweepConfig config{.rate = std::nullopt, .random_order = 7};
  check_hot_path(config, stats::SweepDetail::states, 200'000, 50'000);
}

TEST_CASE("sweep: rounds allocate nothing once every target has had its first") {
  const engine::SweepConfig config{
      .mode = probe::SweepMode::count, .count = 5, .interval = 1ms, .rate = std::nullopt};
  check_hot_path(config, stats::SweepDetail::records, 20'000, 30'000);
  check_hot_path(config, stats::SweepDetail::samples, 20'000, 30'000);
}

}  // namespace sonde::run
