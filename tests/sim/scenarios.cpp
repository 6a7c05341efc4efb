// scenarios.cpp: every file of tests/sim/scenarios becomes a test case for each address family and
// kind of socket that it names, without a line of C++.
// doctest takes plain functions, so case n is the n-th instance of a template that looks up its
// scenario by number; the registry below hands them to doctest before main() begins.
#include <doctest/doctest.h>

#include <array>
#include <cstdio>
#include <deque>
#include <string>
#include <utility>

#include "tests/sim/checks.hpp"

namespace sonde::test {
namespace {

struct Case {
  std::string name;
  Scenario scenario;
  net::Family family;
  SimSocket socket;
};

std::deque<Case> read_cases() {
  std::deque<Case> cases;
  for (const Scenario& scenario : load_scenarios(SONDE_SOURCE_DIR "/tests/sim/scenarios")) {
    for (const net::Family family : scenario.families) {
      for (const SimSocket socket : scenario.sockets) {
        const std::string kind = std::string(family == net::Family::v4 ? "v4" : "v6") +
                                 (socket == SimSocket::raw ? " raw" : " dgram");
        cases.push_back({"sim: " + scenario.name + " (" + kind + ")", scenario, family, socket});
      }
    }
  }
  return cases;
}

const std::deque<Case>& cases() {
  static const std::deque<Case> kAll = read_cases();
  return kAll;
}

template <std::size_t N>
void run_case() {
  const Case& c = cases().at(N);
  INFO(c.scenario.about);
  const Ran ran = run_scenario(c.scenario, c.family, c.socket);
  check_invariants(ran);
  check_expected(ran, expectation_of(c.scenario, c.family, c.socket), c.socket == SimSocket::raw);
}

constexpr std::size_t kMostCases = 400;

template <std::size_t... N>
constexpr std::array<void (*)(), sizeof...(N)> runners(std::index_sequence<N...>) {
  return {run_case<N>...};
}

int register_cases() {
  constexpr auto kRunners = runners(std::make_index_sequence<kMostCases>());
  try {
    for (std::size_t n = 0; n < cases().size(); ++n) {
      doctest::detail::TestCase test(kRunners.at(n), __FILE__, __LINE__,
                                     doctest::detail::TestSuite());
      doctest::detail::regTest(test * cases()[n].name.c_str());
    }
  } catch (const std::exception& error) {
    // No case can tell: end loudly.
    std::fprintf(stderr, "tests/sim/scenarios: %s\n", error.what());
    std::_Exit(1);
  }
  return 0;
}

const int kRegistered = register_cases();

}  // namespace

TEST_CASE("sim: there are scenarios, and each has a case") {
  CHECK(kRegistered == 0);
  CHECK(cases().size() >= 30);
}

}  // namespace sonde::test
