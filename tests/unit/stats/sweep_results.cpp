// sweep_results.cpp: buckets, records, samples, what is known without them, and restoring.
#include "sonde/stats/sweep_results.hpp"

#include <doctest/doctest.h>

#include <array>

namespace sonde::stats {
namespace {

using probe::Replaced;
using probe::SweepEvent;
using probe::SweepEventKind;
using probe::SweepMode;
using probe::SweepState;

constexpr Instant kStart{100s};

net::AddressList hosts(std::uint64_t count) {
  net::AddressList list;
  REQUIRE(list.append(net::Address::v4(0x0a000001), count));
  return list;
}

SweepEvent event(SweepEventKind kind, std::uint32_t target, Duration rtt = 0ns,
                 Replaced replaces = Replaced::nothing) {
  return {.kind = kind, .replaces = replaces, .target = target, .at = kStart, .rtt = rtt};
}

SweepEvent settled(std::uint32_t target, SweepState state) {
  SweepEvent out = event(SweepEventKind::settled, target);
  out.state = state;
  return out;
}

std::uint64_t sum(const Counts& counts) {
  return counts.received + counts.late + counts.lost + counts.errors + counts.send_failures +
         counts.in_flight;
}

}  // namespace

TEST_CASE("sweep results: every probe is in one bucket, whatever replaced what") {
  const net::AddressList list = hosts(2);
  SweepResults results(list, SweepDetail::records, 0, SweepMode::count);
  for (int i = 0; i < 6; ++i) {
    results.apply(event(SweepEventKind::sent, 1));
  }
  results.apply(event(SweepEventKind::send_failed, 1));
  results.apply(event(SweepEventKind::reply, 1, 3ms));
  results.apply(event(SweepEventKind::timeout, 1));
  results.apply(event(SweepEventKind::late, 1, 900ms, Replaced::timeout));
  results.apply(event(SweepEventKind::error, 1));
  results.apply(event(SweepEventKind::reply, 1, 1ms, Replaced::error));
  results.apply(event(SweepEventKind::timeout, 1));
  results.apply(event(SweepEventKind::error, 1, 2s, Replaced::timeout));
  results.apply(event(SweepEventKind::duplicate, 1, 2ms));
  results.apply(event(SweepEventKind::timeout, 1));
  const Counts counts = results.at(1).counts;
  CHECK(counts.sent == 7);
  CHECK(counts.received == 2);
  CHECK(counts.late == 1);
  CHECK(counts.errors == 1);
  CHECK(counts.lost == 1);
  CHECK(counts.send_failures == 1);
  CHECK(counts.in_flight == 1);
  CHECK(counts.duplicate == 1);
  CHECK(sum(counts) == counts.sent);
  CHECK(sum(results.totals().counts) == results.totals().counts.sent);
  CHECK(results.at(0).counts.sent == 0);
  CHECK_FALSE(results.at(0).rtt);
}

TEST_CASE("sweep results: a record has the sums of its round-trip times") {
  const net::AddressList list = hosts(1);
  SweepResults results(list, SweepDetail::records, 0, SweepMode::count);
  for (const Duration rtt : {2ms, 4ms, 6ms}) {
    results.apply(event(SweepEventKind::sent, 0));
    results.apply(event(SweepEventKind::reply, 0, rtt));
  }
  const SweepResult result = results.at(0);
  REQUIRE(result.rtt);
  CHECK(result.rtt->min == 2ms);
  CHECK(result.rtt->mean == 4ms);
  CHECK(result.rtt->max == 6ms);
  CHECK(result.rtt->last == 6ms);
  CHECK(result.rtt->stddev == 1632993ns);  // of the population
  CHECK(results.rtt().mean() == 4ms);
  CHECK(results.quantiles().at(0.5) == 4ms);
  CHECK(result.address == net::Address::v4(0x0a000001));
}

TEST_CASE("sweep results: a round-trip time of 0 is a minimum too") {
  const net::AddressList list = hosts(1);
  SweepResults results(list, SweepDetail::records);
  results.apply(event(SweepEventKind::reply, 0, 0ns));
  results.apply(event(SweepEventKind::reply, 0, 5ns));
  CHECK(results.at(0).rtt->min == 0ns);
}

// The same without records and with them: one target's way to its result.
struct Both {
  void apply(SweepEvent one) {
    one.round = round;
    states.apply(one);
    records.apply(one);
  }
  // What the line of the target says.
  [[nodiscard]] SweepResult settle(SweepEventKind cause, SweepState state, Duration rtt = 0ns) {
    SweepEvent end = settled(0, state);
    end.cause = cause;
    end.round = round;
    end.rtt = rtt;
    states.apply(end);
    records.apply(end);
    const SweepResult result = states.after(end);
    const Counts with = records.after(end).counts;
    CHECK(result.counts.sent == with.sent);
    CHECK(result.counts.received == with.received);
    CHECK(result.counts.late == with.late);
    CHECK(result.counts.lost == with.lost);
    CHECK(result.counts.errors == with.errors);
    CHECK(result.counts.send_failures == with.send_failures);
    CHECK(result.counts.corrupt == with.corrupt);
    CHECK(sum(result.counts) == result.counts.sent);
    CHECK(states.totals().counts.sent == result.counts.sent);
    return result;
  }

  net::AddressList list = hosts(1);
  SweepResults states{list, SweepDetail::tries};
  SweepResults records{list, SweepDetail::records};
  std::uint32_t round = 0;
};

TEST_CASE("sweep results: without records, the first probe's answer is all there is to tell") {
  Both both;
  both.apply(event(SweepEventKind::sent, 0));
  SweepEvent reply = event(SweepEventKind::reply, 0, 7ms);
  reply.corruption = probe::Corruption{.offset = 9};
  both.apply(reply);
  CHECK(both.states.at(0).state == SweepState::pending);  // until it is settled
  CHECK(both.states.after(reply).counts.received == 1);
  SweepEvent end = reply;
  end.kind = SweepEventKind::settled;
  end.cause = SweepEventKind::reply;
  end.state = SweepState::alive;
  both.states.apply(end);
  CHECK(both.states.after(end).counts.sent == 1);
  CHECK(both.states.after(end).counts.received == 1);
  CHECK(both.states.after(end).counts.corrupt == 1);
  CHECK(both.states.after(end).rtt->mean == 7ms);
  CHECK(both.states.totals().alive == 1);
  CHECK(both.states.bytes_a_target() == 0);
}

TEST_CASE("sweep results: without records, every try is told, whatever became of it") {
  Both both;
  both.apply(event(SweepEventKind::sent, 0));
  both.apply(event(SweepEventKind::timeout, 0));
  both.round = 1;
  both.apply(event(SweepEventKind::sent, 0));
  both.apply(event(SweepEventKind::error, 0));
  both.round = 2;
  both.apply(event(SweepEventKind::send_failed, 0));
  const SweepResult result = both.settle(SweepEventKind::send_failed, SweepState::unreachable);
  CHECK(result.counts.sent == 3);
  CHECK(result.counts.lost == 1);
  CHECK(result.counts.errors == 1);
  CHECK(result.counts.send_failures == 1);
  CHECK_FALSE(result.rtt);
}

TEST_CASE("sweep results: a late answer to the first probe tells of the retry that is under way") {
  Both both;
  both.apply(event(SweepEventKind::sent, 0));
  both.apply(event(SweepEventKind::timeout, 0));
  both.round = 1;
  both.apply(event(SweepEventKind::sent, 0));
  both.round = 0;
  both.apply(event(SweepEventKind::late, 0, 700ms, Replaced::timeout));
  const SweepResult result = both.settle(SweepEventKind::late, SweepState::alive, 700ms);
  CHECK(result.counts.sent == 2);
  CHECK(result.counts.late == 1);
  CHECK(result.counts.lost == 0);
  CHECK(result.counts.in_flight == 1);
  CHECK(result.rtt->mean == 700ms);
}

TEST_CASE("sweep results: errors of a thousand tries are all counted") {
  Both both;
  for (both.round = 0; both.round <= 1000; ++both.round) {
    both.apply(event(SweepEventKind::sent, 0));
    both.apply(event(SweepEventKind::error, 0));
  }
  CHECK(both.settle(SweepEventKind::error, SweepState::unreachable).counts.errors == 1001);
}

TEST_CASE("sweep results: with rounds a target is alive from its first answer on, counted once") {
  const net::AddressList list = hosts(1);
  SweepResults results(list, SweepDetail::records, 0, SweepMode::loop);
  results.apply(event(SweepEventKind::reply, 0, 1ms));
  results.apply(event(SweepEventKind::reply, 0, 1ms));
  CHECK(results.totals().alive == 1);
  results.apply(settled(0, SweepState::alive));
  CHECK(results.totals().alive == 1);
  CHECK(results.totals().settled() == 1);
}

TEST_CASE("sweep results: samples stand by round, and none is told apart from a fast one") {
  const net::AddressList list = hosts(3);
  SweepResults results(list, SweepDetail::samples, 4, SweepMode::count);
  SweepEvent reply = event(SweepEventKind::reply, 2, 250us);
  reply.round = 1;
  results.apply(reply);
  reply.round = 3;
  reply.rtt = 0ns;
  results.apply(reply);
  const std::span<const ProbeSample> samples = results.at(2).samples;
  REQUIRE(samples.size() == 4);
  CHECK(samples[0] == ProbeSample());
  CHECK(samples[1] == ProbeSample::reply(250us));
  CHECK(samples[2] == ProbeSample());
  CHECK(samples[3].rtt());
  CHECK(results.at(1).samples[1] == ProbeSample());
}

TEST_CASE("sweep results: what an interval replaces may have been counted in the one before") {
  const net::AddressList list = hosts(1);
  SweepResults window(list, SweepDetail::records, 0, SweepMode::loop);
  window.apply(event(SweepEventKind::sent, 0));
  window.apply(event(SweepEventKind::timeout, 0));
  window.restart();
  window.apply(event(SweepEventKind::late, 0, 900ms, Replaced::timeout));
  CHECK(window.at(0).counts.lost == 0);
  CHECK(window.totals().counts.lost == 0);
  CHECK(window.at(0).counts.late == 1);
  CHECK(window.at(0).counts.loss_ratio() == 0.0);
}

TEST_CASE("sweep results: more answers than probes in an interval are no loss") {
  const net::AddressList list = hosts(1);
  SweepResults window(list, SweepDetail::records, 0, SweepMode::loop);
  window.apply(event(SweepEventKind::sent, 0));
  window.restart();
  window.apply(event(SweepEventKind::sent, 0));
  window.apply(event(SweepEventKind::reply, 0, 1ms));
  window.apply(event(SweepEventKind::reply, 0, 1ms));
  CHECK(window.at(0).counts.loss_ratio() == 0.0);
  CHECK(window.totals().counts.loss_ratio() == 0.0);
  window.apply(event(SweepEventKind::timeout, 0));
  CHECK(window.at(0).counts.loss_ratio() == 1.0 / 3);
}

TEST_CASE("sweep results: each probe has its end, in four bytes, until its target is settled") {
  const net::AddressList list = hosts(1);
  SweepResults results(list, SweepDetail::samples, 6, SweepMode::count);
  std::uint32_t round = 0;
  for (const auto kind : {SweepEventKind::reply, SweepEventKind::late, SweepEventKind::timeout,
                          SweepEventKind::error, SweepEventKind::send_failed}) {
    SweepEvent one = event(kind, 0, 1ms);
    one.round = round++;
    results.apply(one);
  }
  results.apply(settled(0, SweepState::alive));
  results.apply(event(SweepEventKind::late, 0, 900ms, Replaced::timeout));
  const std::span<const ProbeSample> samples = results.at(0).samples;
  CHECK(samples[0] == ProbeSample::reply(1ms));
  CHECK(samples[1] == ProbeSample::late(1ms));
  CHECK(samples[1].rtt() == 1ms);
  CHECK(samples[2].end() == ProbeEnd::timeout);
  CHECK(samples[3].end() == ProbeEnd::error);
  CHECK(samples[4].end() == ProbeEnd::send_failed);
  CHECK(samples[5].end() == ProbeEnd::in_flight);
  CHECK(results.at(0).counts.late == 1);
  CHECK(results.totals().counts.late == 2);
}

TEST_CASE("sweep results: the last ICMP error keeps its responder") {
  const net::AddressList list = hosts(2);
  SweepResults results(list, SweepDetail::records);
  const probe::Observation seen{.probe = {},
                                .kind = probe::ObservationKind::icmp_error,
                                .responder = net::Address::v4(0x0a0000fe),
                                .icmp = {.type = 3, .code = 1}};
  for (const std::uint32_t target : {0U, 1U}) {
    SweepEvent error = event(SweepEventKind::error, target, 1ms);
    error.observation = &seen;
    results.apply(error);
  }
  const SweepResult result = results.at(1);
  REQUIRE(result.icmp_error);
  CHECK(result.icmp_error->icmp == wire::IcmpType{.type = 3, .code = 1});
  CHECK(result.icmp_error->responder == seen.responder);
  CHECK(result.icmp_error->status == probe::Status::destination_host_unreachable);
}

TEST_CASE("sweep results: without records, the last try's ICMP error is told as with them") {
  const probe::Observation seen{.probe = {},
                                .kind = probe::ObservationKind::icmp_error,
                                .responder = net::Address::v4(0x0a0000fe),
                                .icmp = {.type = 3, .code = 13}};
  Both both;
  both.apply(event(SweepEventKind::sent, 0));
  SweepEvent error = event(SweepEventKind::error, 0, 1ms);
  error.observation = &seen;
  both.apply(error);
  both.round = 1;
  both.apply(event(SweepEventKind::sent, 0));
  both.apply(event(SweepEventKind::timeout, 0));
  const SweepResult result = both.settle(SweepEventKind::timeout, SweepState::unreachable);
  REQUIRE(result.icmp_error);
  CHECK(result.icmp_error->icmp == wire::IcmpType{.type = 3, .code = 13});
  CHECK(result.icmp_error->responder == seen.responder);
  CHECK(result.icmp_error->status == both.records.at(0).icmp_error->status);
}

TEST_CASE("sweep results: a name that failed has its reason") {
  net::AddressList list;
  REQUIRE(list.append_name("no.such.host"));
  SweepResults results(list, SweepDetail::states);
  results.fail(0, {.kind = TargetError::Kind::resolve, .message = "Name or service not known"});
  results.apply(settled(0, SweepState::failed));
  const SweepResult result = results.at(0);
  REQUIRE(result.error != nullptr);
  CHECK(result.error->message == "Name or service not known");
  CHECK(result.name == "no.such.host");
  CHECK_FALSE(result.address);
  CHECK(results.totals().failed == 1);
}

TEST_CASE("sweep results: a new interval forgets the counts and keeps the states") {
  const net::AddressList list = hosts(1);
  SweepResults results(list, SweepDetail::records, 0, SweepMode::loop);
  results.apply(event(SweepEventKind::sent, 0));
  results.apply(event(SweepEventKind::reply, 0, 1ms));
  results.restart();
  CHECK(results.at(0).counts.sent == 0);
  CHECK_FALSE(results.at(0).rtt);
  CHECK(results.at(0).state == SweepState::alive);
  CHECK(results.totals().counts.sent == 0);
  CHECK(results.quantiles().count() == 0);
  CHECK(results.totals().alive == 1);
}

TEST_CASE("sweep results: what an earlier run left is counted, what was in flight too") {
  const net::AddressList list = hosts(3);
  SweepResults before(list, SweepDetail::samples, 2, SweepMode::count);
  before.apply(event(SweepEventKind::sent, 1));
  before.apply(event(SweepEventKind::sent, 1));
  before.apply(event(SweepEventKind::sent, 1));
  before.apply(event(SweepEventKind::reply, 1, 4ms));
  SweepEvent second = event(SweepEventKind::timeout, 1);
  second.round = 1;
  before.apply(second);
  const SweepResult saved = before.at(1);
  SweepResults after(list, SweepDetail::samples, 2, SweepMode::count);
  const probe::Observation seen{.probe = {},
                                .kind = probe::ObservationKind::icmp_error,
                                .responder = net::Address::v4(0x0a0000fe),
                                .icmp = {.type = 3, .code = 13}};
  SweepEvent error = event(SweepEventKind::error, 1, 1ms, Replaced::timeout);
  error.observation = &seen;
  error.round = 1;
  before.apply(error);
  after.restore({.index = 1,
                 .state = saved.state,
                 .counts = saved.counts,
                 .rtt = saved.rtt,
                 .icmp_error = before.at(1).icmp_error,
                 .name = Untrusted("host.example"),
                 .error = std::nullopt,
                 .samples = {saved.samples.begin(), saved.samples.end()}});
  after.restore_rtt(before.rtt(), before.quantiles());
  const SweepResult restored = after.at(1);
  CHECK(restored.state == SweepState::alive);
  CHECK(restored.counts.sent == 3);
  CHECK(restored.counts.received == 1);
  CHECK(restored.counts.lost == 1);
  CHECK(restored.counts.in_flight == 1);
  CHECK(restored.rtt->mean == 4ms);
  CHECK(restored.samples[0] == ProbeSample::reply(4ms));
  CHECK(restored.samples[1].end() == ProbeEnd::error);  // the span sees what came then
  REQUIRE(restored.icmp_error);
  CHECK(restored.icmp_error->icmp == seen.icmp);
  CHECK(restored.icmp_error->responder == seen.responder);
  REQUIRE(restored.reverse != nullptr);
  CHECK(*restored.reverse == Untrusted("host.example"));
  CHECK(after.totals().clock == probe::RttClock::steady);
  CHECK(after.totals().alive == 1);
  CHECK(after.totals().counts.sent == 3);
  CHECK(after.totals().counts.in_flight == 1);
  CHECK(after.quantiles().at(0.5) == 4ms);
}

}  // namespace sonde::stats
