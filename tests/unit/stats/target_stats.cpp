#include "sonde/stats/target_stats.hpp"

#include <doctest/doctest.h>

namespace sonde::stats {
namespace {

using probe::EventKind;

constexpr Instant kStart{1000s};

probe::Event event(EventKind kind, std::uint64_t sequence, Duration at,
                   std::optional<Duration> rtt = std::nullopt) {
  return {.kind = kind,
          .probe = {.target = 0, .sequence = sequence},
          .at = kStart + at,
          .sent_at = kStart + at - rtt.value_or(0ns),
          .rtt = rtt};
}

probe::Event replacing(probe::Replaced before, probe::Event event) {
  event.replaces = before;
  return event;
}

std::uint64_t buckets(const Counts& c) {
  return c.received + c.late + c.lost + c.errors + c.send_failures + c.in_flight;
}

TEST_CASE("target: nothing happened, nothing is known") {
  const TargetStats stats;
  CHECK(stats.counts().sent == 0);
  CHECK_FALSE(stats.counts().answered());
  CHECK_FALSE(stats.counts().loss_ratio());
  CHECK_FALSE(stats.clock());
  CHECK_FALSE(stats.first_sent());
  CHECK_FALSE(stats.last_sent());
  CHECK_FALSE(stats.last_event());
}

TEST_CASE("target: a probe in flight is not lost") {
  TargetStats stats;
  stats.apply(event(EventKind::sent, 1, 0s));
  CHECK(stats.counts().in_flight == 1);
  CHECK_FALSE(stats.counts().loss_ratio());
  stats.apply(event(EventKind::sent, 2, 1s));
  stats.apply(event(EventKind::reply, 1, 1s, 30us));
  CHECK(stats.counts().loss_ratio() == 0.0);
  CHECK(stats.counts().in_flight == 1);
}

TEST_CASE("target: a late reply leaves lost for late, and its time counts") {
  TargetStats stats;
  stats.apply(event(EventKind::sent, 1, 0s));
  stats.apply(event(EventKind::timeout, 1, 1s));
  CHECK(stats.counts().lost == 1);
  CHECK(stats.counts().loss_ratio() == 1.0);
  stats.apply(replacing(probe::Replaced::timeout, event(EventKind::late, 1, 1500ms, 1500ms)));
  CHECK(stats.counts().lost == 0);
  CHECK(stats.counts().late == 1);
  CHECK(stats.counts().answered());
  CHECK(stats.counts().loss_ratio() == 0.0);
  CHECK(stats.rtt().max() == 1500ms);
}

TEST_CASE("target: a reply takes back the error that came before it, and the outage with it") {
  TargetStats stats;
  for (const std::uint64_t seq : {1U, 2U}) {
    stats.apply(event(EventKind::sent, seq, 0s));
    stats.apply(event(EventKind::error, seq, 1ms));
  }
  CHECK(stats.down());
  stats.apply(replacing(probe::Replaced::error, event(EventKind::reply, 2, 2ms, 2ms)));
  CHECK_FALSE(stats.down());
  CHECK(stats.counts().errors == 1);
  CHECK(stats.counts().received == 1);
  CHECK(stats.outages().empty());
}

TEST_CASE("target: an error that comes after the time-out moves the probe from lost to errors") {
  TargetStats stats;
  stats.apply(event(EventKind::sent, 1, 0s));
  stats.apply(event(EventKind::timeout, 1, 1s));
  stats.apply(replacing(probe::Replaced::timeout, event(EventKind::error, 1, 3s)));
  CHECK(stats.counts().lost == 0);
  CHECK(stats.counts().errors == 1);
  CHECK(buckets(stats.counts()) == stats.counts().sent);
}

TEST_CASE("target: duplicates and errors change no round-trip time") {
  TargetStats stats;
  stats.apply(event(EventKind::sent, 1, 0s));
  stats.apply(event(EventKind::reply, 1, 1ms, 1ms));
  stats.apply(event(EventKind::duplicate, 1, 9ms, 9ms));
  stats.apply(event(EventKind::sent, 2, 10ms));
  stats.apply(event(EventKind::error, 2, 15ms, 5ms));
  CHECK(stats.rtt().count() == 1);
  CHECK(stats.quantiles().count() == 1);
  CHECK(stats.counts().duplicate == 1);
  CHECK(stats.counts().received == 1);
  CHECK(stats.counts().errors == 1);
  CHECK(stats.counts().loss_ratio() == 0.5);
  CHECK(buckets(stats.counts()) == stats.counts().sent);
}

TEST_CASE("target: a send failure is an attempt, and nobody answered it") {
  TargetStats stats;
  stats.apply(event(EventKind::send_failed, 1, 0s));
  stats.apply(event(EventKind::send_failed, 2, 1s));
  CHECK(stats.counts().sent == 2);
  CHECK(stats.counts().send_failures == 2);
  CHECK(stats.counts().in_flight == 0);
  CHECK(stats.counts().loss_ratio() == 1.0);
  CHECK(stats.down());
  CHECK(stats.last_sent() == kStart + 1s);
}

TEST_CASE("target: corrupt and reordered replies are counted beside the buckets") {
  TargetStats stats;
  stats.apply(event(EventKind::sent, 1, 0s));
  probe::Event reply = event(EventKind::reply, 1, 1ms, 1ms);
  reply.reordered = true;
  reply.observation.corruption = probe::Corruption{.offset = 17, .expected = 16, .actual = 17};
  stats.apply(reply);
  CHECK(stats.counts().reordered == 1);
  CHECK(stats.counts().corrupt == 1);
  CHECK(stats.counts().received == 1);
}

TEST_CASE("target: the clock is the weakest of its round-trip times") {
  TargetStats stats;
  for (const auto clock :
       {probe::RttClock::kernel_tx_rx, probe::RttClock::steady, probe::RttClock::kernel_rx}) {
    stats.apply(event(EventKind::sent, stats.counts().sent + 1, 0s));
    probe::Event reply = event(EventKind::reply, stats.counts().sent, 1ms, 1ms);
    reply.clock = clock;
    stats.apply(reply);
  }
  CHECK(stats.clock() == probe::RttClock::steady);
}

TEST_CASE("target: an event told late does not turn the last event back") {
  TargetStats stats;
  stats.apply(event(EventKind::sent, 1, 0s));
  stats.apply(event(EventKind::sent, 2, 2s));
  stats.apply(event(EventKind::reply, 1, 1s, 1s));
  CHECK(stats.first_sent() == kStart);
  CHECK(stats.last_event() == kStart + 2s);
}

}  // namespace
}  // namespace sonde::stats
