// stats_path.cpp: whatever the order in which answers come, and whichever are lost, a path is the
// same: hops ascend, none lies behind the destination, and every probe is in exactly one bucket.
#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/stats/path_stats.hpp"
#include "tests/support/path_script.hpp"

namespace sonde::stats {
namespace {

struct World {
  std::vector<test::PathProbe> probes;
  std::vector<probe::Event> outcomes;
  int distance = 0;
};

// A path of random length; each probe is answered, lost, or in flight for ever.
World random_world(Rng& rng) {
  World world{.probes = {}, .outcomes = {}, .distance = static_cast<int>(1 + rng.next() % 8)};
  std::uint64_t sequence = 0;
  for (int ttl = 1; ttl <= 12; ++ttl) {
    for (int query = 1; query <= 3; ++query) {
      const test::PathProbe probe{.sequence = ++sequence,
                                  .step = {.ttl = net::Ttl(static_cast<std::uint8_t>(ttl)),
                                           .query = static_cast<std::uint8_t>(query)}};
      world.probes.push_back(probe);
      const auto fate = rng.next() % 10;
      if (fate == 0) {
        continue;
      }
      if (fate < 3) {
        world.outcomes.push_back(test::path_timeout(probe, 1s));
      } else if (ttl >= world.distance) {
        world.outcomes.push_back(test::path_reply(probe, 9ms));
      } else {
        world.outcomes.push_back(test::path_error(probe, "10.0.0.1", 5ms));
      }
    }
  }
  return world;
}

PathStats told(const World& world) {
  PathStats path(test::kDestination, {.queries = 3});
  for (const test::PathProbe& probe : world.probes) {
    path.apply(test::path_sent(probe));
  }
  for (const probe::Event& event : world.outcomes) {
    path.apply(event);
  }
  return path;
}

void check_shape(const PathStats& path) {
  int before = 0;
  for (const Hop& hop : path.hops()) {
    CHECK(hop.ttl.value > before);
    before = hop.ttl.value;
    const Counts& c = hop.stats.counts();
    CHECK(c.sent == hop.probes.size());
    CHECK(c.sent == c.received + c.late + c.lost + c.errors + c.send_failures + c.in_flight);
    CHECK((!path.distance() || hop.ttl <= *path.distance()));
  }
}

}  // namespace

TEST_CASE("path: any order of the outcomes gives the same hops") {
  SeededRng rng(20261122);
  for (int round = 0; round < 300; ++round) {
    World world = random_world(rng);
    const PathStats once = told(world);
    check_shape(once);
    for (std::size_t i = world.outcomes.size(); i > 1; --i) {
      std::swap(world.outcomes[i - 1], world.outcomes[rng.next() % i]);
    }
    const PathStats again = told(world);
    check_shape(again);
    REQUIRE(once.hops().size() == again.hops().size());
    CHECK(once.distance() == again.distance());
    for (std::size_t i = 0; i < once.hops().size(); ++i) {
      const Hop& a = once.hops()[i];
      const Hop& b = again.hops()[i];
      CHECK(a.complete == b.complete);
      CHECK(a.stats.counts().received == b.stats.counts().received);
      CHECK(a.stats.counts().lost == b.stats.counts().lost);
    }
  }
}

}  // namespace sonde::stats
