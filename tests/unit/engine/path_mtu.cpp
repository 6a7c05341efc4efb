// path_mtu.cpp: the search for a path's MTU, over links that a function describes.
#include "sonde/engine/path_mtu.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <functional>

namespace sonde::engine {
namespace {

using probe::MtuEvidence;

enum class Drop : std::uint8_t { named, unnamed, silent };

struct Link {  // into hop n + 1
  std::uint32_t mtu = 1500;
  Drop drop = Drop::named;
  bool deaf = false;  // the hop answers nothing at all any more
};

struct Result {
  std::vector<PathMtuSearch::Found> found;
  unsigned probes = 0;
};

std::vector<net::Ttl> ttls(std::size_t count) {
  std::vector<net::Ttl> hops;
  for (std::size_t i = 1; i <= count; ++i) {
    hops.emplace_back(static_cast<std::uint8_t>(i));
  }
  return hops;
}

void answer(PathMtuSearch& search, const PathMtuSearch::Probe& probe,
            const std::vector<Link>& links) {
  search.back(probe);
  for (std::size_t hop = 0; hop < probe.ttl.value; ++hop) {
    if (probe.size.value <= links[hop].mtu) {
      continue;
    }
    switch (links[hop].drop) {
      case Drop::named:
        return search.too_big(probe, net::Mtu(links[hop].mtu));
      case Drop::unnamed:
        return search.too_big(probe, std::nullopt);
      case Drop::silent:
        return search.silent(probe);
    }
  }
  if (links[probe.ttl.value - 1U].deaf) {
    return search.silent(probe);
  }
  search.passed(probe);
}

Result search_over(const std::vector<Link>& links, std::uint32_t largest = 1500) {
  PathMtuSearch search(net::Family::v4, {.smallest = net::Mtu(60), .largest = net::Mtu(largest)},
                       ttls(links.size()));
  Result result;
  std::deque<PathMtuSearch::Probe> out;
  while (!search.done()) {
    while (const auto next = search.next()) {
      search.issued(*next);
      out.push_back(*next);
      REQUIRE(++result.probes < 5000);
    }
    REQUIRE_FALSE(out.empty());
    answer(search, out.front(), links);
    out.pop_front();
    while (const auto found = search.take()) {
      result.found.push_back(*found);
    }
  }
  while (const auto found = search.take()) {
    result.found.push_back(*found);
  }
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
}

TEST_CASE("path_mtu: a black hole behind a named MTU, and the other way round") {
  const Result one = search_over({{.mtu = 1400}, {}, {.mtu = 1350, .drop = Drop::silent}, {}});
  check(one, 1, 1400, MtuEvidence::reported);
  check(one, 3, 1350, MtuEvidence::searched);
  const Result other = search_over({{}, {.mtu = 1400, .drop = Drop::silent}, {.mtu = 1350}, {}});
  check(other, 1, 1400, MtuEvidence::searched);
  check(other, 3, 1350, MtuEvidence::reported);
}

TEST_CASE("path_mtu: a router that names nonsense is not believed") {
  PathMtuSearch search(net::Family::v4, {.smallest = net::Mtu(60), .largest = net::Mtu(1500)},
                       ttls(1));
  const auto first = search.next().value();
  search.issued(first);
  search.back(first);
  search.too_big(first, net::Mtu(9000));
  const auto second = search.next().value();
  CHECK(second.size.value == 1492);
  search.issued(second);
  search.back(second);
  search.too_big(second, net::Mtu(20));
  CHECK(search.next().value().size.value == 1280);
}

TEST_CASE("path_mtu: a probe that was only slow takes the black hole back") {
  PathMtuSearch search(net::Family::v4, {.smallest = net::Mtu(60), .largest = net::Mtu(1500)},
                       ttls(1));
  const PathMtuSearch::Probe large{.ttl = net::Ttl(1), .size = net::Mtu(1500)};
  for (int i = 0; i < 3; ++i) {
    const auto next = search.next().value();
    CHECK(next == large);
    search.issued(next);
    search.back(next);
    search.silent(next);
  }
  CHECK(search.next().value().size.value == 60);
  search.passed(large);
  CHECK(search.done());
  CHECK(search.take().value().mtu.mtu.value == 1500);
}

}  // namespace sonde::engine
