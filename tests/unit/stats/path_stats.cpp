// path_stats.cpp: events of a trace become hops.
#include "sonde/stats/path_stats.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "tests/support/path_script.hpp"

namespace sonde::stats {
namespace {

using probe::EventKind;
using probe::PathEnd;
using test::PathProbe;

PathProbe probe_at(int ttl, std::uint64_t sequence, int query = 1) {
  return {.sequence = sequence,
          .step = {.ttl = net::Ttl(static_cast<std::uint8_t>(ttl)),
                   .query = static_cast<std::uint8_t>(query)}};
}

struct Path {
  explicit Path(std::uint32_t queries = 1, std::uint8_t gap = 0)
      : stats(test::kDestination, {.queries = queries, .gap = gap}) {}
  Path& add(const probe::Event& event) {
    total.apply(stats.for_target(event));
    stats.apply(event);
    return *this;
  }
  Path& send(std::initializer_list<int> ttls) {
    for (const int ttl : ttls) {
      add(test::path_sent(probe_at(ttl, static_cast<std::uint64_t>(ttl))));
    }
    return *this;
  }
  Path& router(int ttl) {
    return add(test::path_error(probe_at(ttl, static_cast<std::uint64_t>(ttl)), "10.0.0.1", 5ms));
  }
  Path& silent(int ttl) {
    return add(test::path_timeout(probe_at(ttl, static_cast<std::uint64_t>(ttl)), 1s));
  }
  Path& arrives(int ttl) {
    return add(test::path_reply(probe_at(ttl, static_cast<std::uint64_t>(ttl)), 9ms));
  }

  [[nodiscard]] std::vector<int> ttls() const {
    std::vector<int> out;
    for (const Hop& hop : stats.hops()) {
      out.push_back(hop.ttl.value);
    }
    return out;
  }

  PathStats stats;
  TargetStats total;
};

using Ttls = std::vector<int>;

}  // namespace

TEST_CASE("path: a time exceeded is the answer that was asked for, and no error") {
  Path path;
  path.send({1}).router(1);
  const Hop& hop = path.stats.hops()[0];
  CHECK(hop.stats.counts().received == 1);
  CHECK(hop.stats.counts().errors == 0);
  CHECK(hop.stats.counts().loss_ratio() == 0.0);
  CHECK(hop.stats.rtt().min() == 5ms);
  CHECK(hop.complete);
  CHECK(path.total.counts().errors == 1);  // to the target it is one
  CHECK(!path.stats.reached());
}

TEST_CASE("path: a hop is not complete while a query that was added to it is out") {
  Path path;
  path.send({1}).add(test::path_sent(probe_at(1, 2)));
  path.router(1);
  CHECK_FALSE(path.stats.find(net::Ttl(1))->complete);
  path.add(test::path_timeout(probe_at(1, 2), 1s));
  CHECK(path.stats.find(net::Ttl(1))->complete);
}

TEST_CASE("path: nothing beyond the destination's distance is a hop, in whatever order it comes") {
  Path path;
  path.send({1, 2, 3, 4}).arrives(4).arrives(3).router(1);
  CHECK(path.stats.distance() == net::Ttl(3));
  CHECK(path.ttls() == Ttls{1, 2, 3});
  CHECK(path.total.counts().received == 2);
  path.arrives(2);
  CHECK(path.ttls() == Ttls{1, 2});
}

TEST_CASE("path: the destination's own unreachable counts as arrival, as a reply of the target") {
  Path path;
  path.send({1, 2}).router(1);
  path.add(test::path_error(probe_at(2, 2), "198.51.100.9", 8ms, {3, 3}));
  CHECK(path.stats.reached());
  CHECK(path.total.counts().received == 1);
  CHECK(path.total.rtt().min() == 8ms);
}

TEST_CASE("path: time exceeded from the destination's address is no arrival") {
  Path path;
  path.send({1});
  path.add(test::path_error(probe_at(1, 1), "198.51.100.9", 8ms));
  CHECK(!path.stats.reached());
  CHECK(path.stats.hops()[0].stats.counts().received == 1);
}

TEST_CASE("path: silent hops between and at the end are hops, those behind the end are none") {
  Path path;
  path.send({1, 2, 3, 4, 5, 6}).router(1).silent(2).router(3).silent(4);
  CHECK(path.ttls() == Ttls{1, 2, 3, 4});  // 5 and 6 are still open
  path.silent(5).silent(6);
  path.add(test::path_ended(PathEnd::gap, 5, 2s));
  CHECK(path.ttls() == Ttls{1, 2, 3, 4, 5});
  CHECK(path.stats.end() == PathEnd::gap);
  CHECK(path.stats.hops()[1].stats.counts().lost == 1);
}

TEST_CASE("path: while the trace goes on, silence is only shown as far as it would end it") {
  Path path(1, 2);
  path.send({1, 2, 3, 4, 5}).router(1).silent(2).silent(3).silent(4);
  CHECK(path.ttls() == Ttls{1, 2, 3});
  path.router(5);
  CHECK(path.ttls() == Ttls{1, 2, 3, 4, 5});
}

TEST_CASE("path: behind what may be a loop nothing is shown before it is known to be none") {
  Path path;
  path.send({1, 2, 3, 4, 5, 6, 7, 8}).router(1);
  const auto from = [&path](int ttl, std::string_view who) {
    path.add(test::path_error(probe_at(ttl, static_cast<std::uint64_t>(ttl)), who, 5ms));
  };
  for (const int ttl : {2, 4, 6}) {
    from(ttl, "10.0.0.2");
    from(ttl + 1, "10.0.0.3");
  }
  CHECK(path.ttls() == Ttls{1, 2, 3, 4, 5, 6});
  SUBCASE("a loop") {
    from(8, "10.0.0.2");
    CHECK(path.ttls() == Ttls{1, 2, 3, 4, 5, 6});
    path.add(test::path_ended(PathEnd::loop, 6, 2s));
    CHECK(path.ttls() == Ttls{1, 2, 3, 4, 5, 6});
  }
  SUBCASE("it goes on") {
    from(8, "10.0.0.8");
    CHECK(path.ttls() == Ttls{1, 2, 3, 4, 5, 6, 7, 8});
  }
}

TEST_CASE("path: who refuses to go on is the last hop, unless the path is seen to go on") {
  Path path;
  path.send({1, 2, 3, 4}).router(1);
  path.add(test::path_error(probe_at(2, 2), "10.0.0.2", 5ms, {3, 13}));
  path.add(test::path_error(probe_at(3, 3), "10.0.0.2", 5ms, {3, 13}));
  CHECK(path.ttls() == Ttls{1, 2});
  path.router(4);
  CHECK(path.ttls() == Ttls{1, 2, 3, 4});
}

TEST_CASE("path: a hop that refuses some and passes others on does not end the path") {
  Path path(2);
  path.add(test::path_sent(probe_at(1, 1, 1))).add(test::path_sent(probe_at(1, 2, 2)));
  path.add(test::path_error(probe_at(1, 1, 1), "10.0.0.1", 5ms, {3, 13}));
  path.add(test::path_sent(probe_at(2, 3, 1)));
  path.add(test::path_error(probe_at(2, 3, 1), "10.0.0.1", 5ms, {3, 13}));
  CHECK(path.ttls() == Ttls{1});
  path.add(test::path_error(probe_at(1, 2, 2), "10.0.0.2", 5ms));
  CHECK(path.ttls() == Ttls{1, 2});
}

TEST_CASE("path: a hop is complete when every query has its outcome, and stays so") {
  Path path(2);
  path.add(test::path_sent(probe_at(1, 1, 1))).add(test::path_sent(probe_at(1, 2, 2)));
  path.add(test::path_error(probe_at(1, 1, 1), "10.0.0.1", 5ms));
  CHECK(path.stats.find(net::Ttl(1))->complete == false);
  path.add(test::path_timeout(probe_at(1, 2, 2), 1s));
  CHECK(path.stats.find(net::Ttl(1))->complete);
  path.add(test::path_sent(probe_at(1, 3, 0)));  // for the MTU
  CHECK(path.stats.find(net::Ttl(1))->complete);
  CHECK(path.stats.find(net::Ttl(1))->stats.counts().sent == 2);
  CHECK(path.stats.find(net::Ttl(1))->probes.size() == 3);
}

TEST_CASE("path: a send for which there was no room is no outcome, one that is refused is") {
  Path path;
  probe::Event failed = test::path_event(EventKind::send_failed, probe_at(1, 1), 0ms);
  failed.send_error = probe::SendError{.failure = probe::SendFailure::no_buffer};
  path.add(failed);
  CHECK(!path.stats.find(net::Ttl(1))->complete);
  failed.probe.sequence = 2;
  failed.send_error->failure = probe::SendFailure::unreachable;
  path.add(failed);
  CHECK(path.stats.find(net::Ttl(1))->complete);
  CHECK(path.total.counts().send_failures == 2);
}

TEST_CASE("path: an answer after the time-out is late, and leaves the lost") {
  Path path;
  path.send({1}).silent(1);
  probe::Event late = test::path_error(probe_at(1, 1), "10.0.0.1", 1500ms);
  late.replaces = probe::Replaced::timeout;
  path.add(late);
  const Counts& counts = path.stats.hops()[0].stats.counts();
  CHECK(counts.late == 1);
  CHECK(counts.lost == 0);
  CHECK(path.stats.hops()[0].probes[0].answered());
}

TEST_CASE("path: a reply that takes an error back is the only answer that counts") {
  Path path;
  path.send({1});
  path.add(test::path_error(probe_at(1, 1), "10.6.6.6", 1ms));
  probe::Event reply = test::path_reply(probe_at(1, 1), 9ms);
  reply.replaces = probe::Replaced::error;
  path.add(reply);
  const Hop& hop = path.stats.hops()[0];
  CHECK(hop.stats.counts().received == 1);
  CHECK(hop.stats.rtt().count() == 1);
  CHECK(hop.stats.rtt().min() == 9ms);
  CHECK(path.total.counts().received == 1);
  CHECK(path.total.counts().errors == 0);
  CHECK(path.stats.reached());
}

TEST_CASE("path: a reply behind the destination's own error does not count twice") {
  Path path;
  path.send({1});
  path.add(test::path_error(probe_at(1, 1), "198.51.100.9", 1ms, {3, 13}));
  probe::Event reply = test::path_reply(probe_at(1, 1), 9ms);
  reply.replaces = probe::Replaced::error;
  path.add(reply);
  CHECK(path.total.counts().received == 1);
  CHECK(path.total.counts().errors == 0);
  CHECK(path.total.counts().duplicate == 1);
  CHECK(path.total.counts().in_flight == 0);
}

TEST_CASE("path: duplicates belong to their probe") {
  Path path;
  path.send({1}).router(1);
  probe::Event again = test::path_error(probe_at(1, 1), "10.0.0.7", 7ms);
  again.kind = EventKind::duplicate;
  path.add(again);
  CHECK(path.stats.hops()[0].probes[0].duplicates == 1);
  CHECK(path.stats.hops()[0].stats.counts().duplicate == 1);
  CHECK(path.stats.hops()[0].probes[0].last.observation.responder == test::at("10.0.0.1"));
}

TEST_CASE("path: the path MTU is the smallest of the hops, and the nearest of those") {
  Path path;
  path.send({1, 2, 3, 4}).router(1).router(2).router(3).arrives(4);
  CHECK(!path.stats.mtu());
  path.add(test::path_mtu(1, 1500, probe::MtuEvidence::passed, 1s))
      .add(test::path_mtu(2, 1400, probe::MtuEvidence::reported, 1s))
      .add(test::path_mtu(3, 1400, probe::MtuEvidence::passed, 1s));
  CHECK_MESSAGE(!path.stats.mtu(), "a small packet reached hop 4, no more is known");
  REQUIRE(path.stats.mtu_unknown_at() != nullptr);
  CHECK(path.stats.mtu_unknown_at()->ttl == net::Ttl(4));
  path.add(test::path_mtu(4, 1400, probe::MtuEvidence::passed, 1s));
  CHECK(path.stats.mtu_unknown_at() == nullptr);
  REQUIRE(path.stats.narrowest() != nullptr);
  CHECK(path.stats.narrowest()->ttl == net::Ttl(2));
  CHECK(path.stats.mtu()->evidence == probe::MtuEvidence::reported);
}

TEST_CASE("path: a router that refuses has no say in the path MTU") {
  Path path;
  path.send({1, 2}).router(1);
  path.add(test::path_error(probe_at(2, 2), "10.0.0.2", 5ms, {3, 13}));
  path.add(test::path_mtu(1, 1500, probe::MtuEvidence::passed, 1s));
  CHECK(path.stats.mtu_unknown_at() == nullptr);
  CHECK(path.stats.mtu()->mtu == net::Mtu(1500));
}

TEST_CASE("path: the weakest clock of all hops is the path's") {
  Path path;
  path.send({1, 2}).router(1);
  CHECK(path.stats.clock() == probe::RttClock::kernel_tx_rx);
  probe::Event slow = test::path_error(probe_at(2, 2), "10.0.0.2", 5ms);
  slow.clock = probe::RttClock::steady;
  path.add(slow);
  CHECK(path.stats.clock() == probe::RttClock::steady);
}

}  // namespace sonde::stats
