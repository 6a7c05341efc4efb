// path_mtu.cpp: the search for a path's MTU, over links that a function describes.
#include "sonde/engine/path_mtu.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace sonde::engine {
namespace {

using probe::MtuEvidence;

enum class Drop : std::uint8_t { named, unnamed, silent };

// As Linux has it (icmp_ratelimit): so many answers in a row, then one in each interval.
struct Limit {
  double left = 6;
  Duration interval = 1s;
  Instant last{};
  [[nodiscard]] bool take(Instant now) {
    constexpr double kBurst = 6;
    left = std::min(kBurst, left + std::chrono::duration<double>(now - last) / interval);
    last = now;
    if (left < 1) {
      return false;
    }
    left -= 1;
    return true;
  }
};

struct Link {  // into hop n + 1
  std::uint32_t mtu = 1500;
  Drop drop = Drop::named;
  bool deaf = false;             // the hop answers nothing at all any more
  std::optional<Limit> limit{};  // how often it answers
};

struct Result {
  std::vector<PathMtuSearch::Found> found;
  unsigned probes = 0;
  Duration took{};
};

std::vector<net::Ttl> ttls(std::size_t count) {
  std::vector<net::Ttl> hops;
  for (std::size_t i = 1; i <= count; ++i) {
    hops.emplace_back(static_cast<std::uint8_t>(i));
  }
  return hops;
}

constexpr Duration kAnswer = 10ms;
constexpr Duration kSilence = 250ms;
constexpr Duration kSlot = 2500us;

enum class Fate : std::uint8_t { passed, named, unnamed, silent };

struct Back {
  PathMtuSearch::Probe probe;
  Fate fate;
  std::uint32_t mtu = 0;  // that is named
};

// What becomes of a probe.
Back fate_of(const PathMtuSearch::Probe& probe, std::vector<Link>& links, Instant now) {
  for (std::size_t hop = 0; hop < probe.ttl.value; ++hop) {
    const Link& link = links[hop];
    if (probe.size.value > link.mtu) {
      const Fate fate = link.drop == Drop::named     ? Fate::named
                        : link.drop == Drop::unnamed ? Fate::unnamed
                                                     : Fate::silent;
      return {.probe = probe, .fate = fate, .mtu = link.mtu};
    }
  }
  Link& last = links[probe.ttl.value - 1U];
  const bool mute = last.deaf || (last.limit && !last.limit->take(now));
  return {.probe = probe, .fate = mute ? Fate::silent : Fate::passed};
}

void tell(PathMtuSearch& search, const Back& back, Instant now) {
  search.back(back.probe);
  switch (back.fate) {
    case Fate::passed:
      return search.passed(back.probe, now);
    case Fate::named:
      return search.too_big(back.probe, net::Mtu(back.mtu));
    case Fate::unnamed:
      return search.too_big(back.probe, std::nullopt);
    case Fate::silent:
      return search.silent(back.probe, now);
  }
}

Result search_over(std::vector<Link> links, std::uint32_t largest = 1500) {
  PathMtuSearch search(net::Family::v4, {.smallest = net::Mtu(60), .largest = net::Mtu(largest)},
                       ttls(links.size()));
  Result result;
  const Instant start{100s};
  Instant now = start;
  std::multimap<Instant, Back> out;
  while (!search.done()) {
    if (const auto next = search.next(now)) {
      search.issued(*next);
      const Back back = fate_of(*next, links, now);
      out.emplace(now + (back.fate == Fate::silent ? kSilence : kAnswer), back);
      now += kSlot;
      REQUIRE(++result.probes < 5000);
    } else {
      Instant then = search.due().value_or(Instant::max());
      then = out.empty() ? then : std::min(then, out.begin()->first);
      REQUIRE(then < Instant::max());
      now = std::max(now, then);
    }
    while (!out.empty() && out.begin()->first <= now) {
      tell(search, out.extract(out.begin()).mapped(), now);
    }
    while (const auto found = search.take()) {
      result.found.push_back(*found);
    }
  }
  while (const auto found = search.take()) {
    result.found.push_back(*found);
  }
  result.took = now - start;
  return result;
}

void check(const Result& result, std::size_t hop, std::uint32_t mtu, MtuEvidence evidence) {
  REQUIRE(result.found.size() > hop);
  CHECK(result.found[hop].mtu.mtu.value == mtu);
  CHECK(result.found[hop].mtu.evidence == evidence);
}

}  // namespace

TEST_CASE("path_mtu: one probe a hop where all pass") {
  const Result result = search_over(std::vector<Link>(5));
  CHECK(result.found.size() == 5);
  CHECK(result.probes == 5);
  check(result, 4, 1500, MtuEvidence::passed);
}

TEST_CASE("path_mtu: named MTUs are believed, link after link") {
  const Result result = search_over({{}, {.mtu = 1400}, {}, {.mtu = 1300}, {}});
  check(result, 0, 1500, MtuEvidence::passed);
  check(result, 1, 1400, MtuEvidence::reported);
  check(result, 2, 1400, MtuEvidence::reported);
  check(result, 3, 1300, MtuEvidence::reported);
  check(result, 4, 1300, MtuEvidence::reported);
  CHECK(result.probes <= 12);
}

TEST_CASE("path_mtu: an MTU of 0 leads to the plateau that passes") {
  const Result result = search_over({{}, {.mtu = 1100, .drop = Drop::unnamed}, {}});
  check(result, 0, 1500, MtuEvidence::passed);
  check(result, 1, 1006, MtuEvidence::plateau);
  check(result, 2, 1006, MtuEvidence::plateau);
}

TEST_CASE("path_mtu: a black hole is found to the byte") {
  for (const std::uint32_t mtu : {61U, 68U, 576U, 1280U, 1399U, 1400U, 1401U, 1498U, 1499U}) {
    CAPTURE(mtu);
    const Result result = search_over({{}, {.mtu = mtu, .drop = Drop::silent}, {}, {}});
    REQUIRE(result.found.size() == 4);
    check(result, 0, 1500, MtuEvidence::passed);
    check(result, 1, mtu, MtuEvidence::searched);
    check(result, 3, mtu, MtuEvidence::searched);
    CHECK(result.probes <= 120);
  }
}

TEST_CASE("path_mtu: what reaches the hop behind has passed one that fell silent") {
  const Result result = search_over({{}, {.deaf = true}, {}});
  REQUIRE(result.found.size() == 3);
  check(result, 1, 1500, MtuEvidence::passed);
  check(result, 2, 1500, MtuEvidence::passed);
}

TEST_CASE("path_mtu: a path that closes behind a hop is no black hole") {
  const Result result = search_over({{}, {.deaf = true}, {.deaf = true}, {.deaf = true}});
  REQUIRE(result.found.size() == 1);
  check(result, 0, 1500, MtuEvidence::passed);
  CHECK(result.took <= 5s);
}

TEST_CASE("path_mtu: a black hole behind a named MTU, and the other way round") {
  const Result one = search_over({{.mtu = 1400}, {}, {.mtu = 1350, .drop = Drop::silent}, {}});
  check(one, 1, 1400, MtuEvidence::reported);
  check(one, 3, 1350, MtuEvidence::searched);
  const Result other = search_over({{}, {.mtu = 1400, .drop = Drop::silent}, {.mtu = 1350}, {}});
  check(other, 1, 1400, MtuEvidence::searched);
  check(other, 3, 1350, MtuEvidence::reported);
}

TEST_CASE("path_mtu: a hop that answers only so often is no black hole") {
  for (const double left : {0.0, 0.5, 0.99, 1.0, 1.9, 2.0, 3.0, 6.0}) {
    CAPTURE(left);
    const Limit limit{.left = left, .last = Instant{100s}};
    const Result result = search_over({{}, {}, {.limit = limit}});
    REQUIRE(result.found.size() == 3);
    check(result, 2, 1500, MtuEvidence::passed);
    CHECK(result.took <= 3s);
  }
}

TEST_CASE("path_mtu: the limit of a hop does not move what a black hole takes") {
  for (const double left : {0.0, 0.99, 3.0}) {
    CAPTURE(left);
    const Limit limit{.left = left, .last = Instant{100s}};
    const Result result =
        search_over({{}, {.mtu = 1399, .drop = Drop::silent, .limit = limit}, {.limit = limit}});
    REQUIRE(result.found.size() == 3);
    check(result, 1, 1399, MtuEvidence::searched);
    check(result, 2, 1399, MtuEvidence::searched);
    CHECK(result.took <= 30s);
  }
}

TEST_CASE("path_mtu: of a hop that answers hardly ever nothing is said") {
  const Limit limit{.left = 0, .interval = 60s, .last = Instant{100s}};
  const Result result = search_over({{}, {.limit = limit}});
  REQUIRE(result.found.size() == 1);
  check(result, 0, 1500, MtuEvidence::passed);
  CHECK(result.took <= 5s);
}

TEST_CASE("path_mtu: silence about a size means nothing when small packets are not answered") {
  PathMtuSearch search(net::Family::v4, {.smallest = net::Mtu(60), .largest = net::Mtu(1500)},
                       ttls(1));
  Instant now{100s};
  const auto silent_round = [&] {
    std::vector<std::uint32_t> sizes;
    while (const auto next = search.next(now)) {
      search.issued(*next);
      sizes.push_back(next->size.value);
      search.back(*next);
      search.silent(*next, now);
    }
    return sizes;
  };
  using Sizes = std::vector<std::uint32_t>;
  CHECK(silent_round() == Sizes{1500, 1500, 1500, 60});
  CHECK(search.due() == now + 1s);
  now += 1s;
  CHECK(silent_round() == Sizes{1500, 1500, 60});
  CHECK(search.due() == now + 2s);
  now += 2s;
  CHECK(silent_round() == Sizes{1500, 1500, 60});
  CHECK(search.done());
  CHECK_FALSE(search.take());
}

TEST_CASE("path_mtu: at most three probes are out at a hop") {
  PathMtuSearch search(net::Family::v4, {.smallest = net::Mtu(60), .largest = net::Mtu(1500)},
                       ttls(1));
  const Instant now{100s};
  std::vector<PathMtuSearch::Probe> out;
  for (int turn = 0; turn < 40 && !search.done(); ++turn) {
    while (const auto next = search.next(now)) {
      search.issued(*next);
      out.push_back(*next);
      REQUIRE(out.size() <= 3);
    }
    for (const auto& probe : std::exchange(out, {})) {
      search.back(probe);
      probe.size.value <= 1400 ? search.passed(probe, now) : search.silent(probe, now);
    }
  }
  REQUIRE(search.done());
  CHECK(search.take().value().mtu.mtu.value == 1400);
}

TEST_CASE("path_mtu: a router that names nonsense is not believed") {
  PathMtuSearch search(net::Family::v4, {.smallest = net::Mtu(60), .largest = net::Mtu(1500)},
                       ttls(1));
  const auto first = search.next(Instant{100s}).value();
  search.issued(first);
  search.back(first);
  search.too_big(first, net::Mtu(9000));
  const auto second = search.next(Instant{100s}).value();
  CHECK(second.size.value == 1492);
  search.issued(second);
  search.back(second);
  search.too_big(second, net::Mtu(20));
  CHECK(search.next(Instant{100s}).value().size.value == 1280);
}

TEST_CASE("path_mtu: a probe that was only slow takes the black hole back") {
  PathMtuSearch search(net::Family::v4, {.smallest = net::Mtu(60), .largest = net::Mtu(1500)},
                       ttls(1));
  const Instant now{100s};
  const PathMtuSearch::Probe large{.ttl = net::Ttl(1), .size = net::Mtu(1500)};
  for (int i = 0; i < 3; ++i) {
    const auto next = search.next(now).value();
    CHECK(next == large);
    search.issued(next);
    search.back(next);
    search.silent(next, now);
  }
  const auto control = search.next(now).value();
  CHECK(control.size.value == 60);
  search.issued(control);
  search.back(control);
  search.passed(control, now);
  CHECK(search.next(now).value().size.value == 780);
  search.passed(large, now);
  CHECK(search.done());
  CHECK(search.take().value().mtu.mtu.value == 1500);
}

}  // namespace sonde::engine
