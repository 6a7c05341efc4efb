// trace_scenarios.cpp: every file trace_*.json of tests/sim/scenarios becomes a test case for each
// address family and kind of socket that it names (as scenarios.cpp does for pings).
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <deque>
#include <string>
#include <utility>

#include "tests/sim/trace_run.hpp"
#include "tests/support/sim_rules.hpp"
#include "tests/support/sim_trace_scenario.hpp"

namespace sonde::test {
namespace {

using nlohmann::json;
using probe::Event;
using probe::EventKind;

struct Case {
  std::string name;
  TraceScenario scenario;
  net::Family family;
  SimSocket socket;
};

std::deque<Case> read_cases() {
  std::deque<Case> cases;
  for (const TraceScenario& scenario :
       load_trace_scenarios(SONDE_SOURCE_DIR "/tests/sim/scenarios")) {
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

double ms(Duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

void check_number(const std::string& what, double actual, const json& wanted) {
  CAPTURE(what);
  CAPTURE(actual);
  if (wanted.is_array()) {
    CHECK(actual >= wanted.at(0).get<double>());
    CHECK(actual <= wanted.at(1).get<double>());
  } else {
    CHECK(actual == wanted.get<double>());
  }
}

// "d" for the destination, "r3" for the third router of the file, else the address.
std::string name_of(const net::Address& address, const net::Address& destination) {
  if (address.same_host(destination)) {
    return "d";
  }
  std::string text = address.to_text();
  for (const std::string prefix : {"198.51.100.", "2001:db8:ff::"}) {
    if (text.starts_with(prefix)) {
      return "r" + text.substr(prefix.size());
    }
  }
  return text;
}

// "r3", "d", "*", "r3!3.13" (ICMP type and code), "x" (not sent), "?" (still out).
std::string word_for(const Event& last, const net::Address& destination) {
  switch (last.kind) {
    case EventKind::timeout:
      return "*";
    case EventKind::send_failed:
      return "x";
    case EventKind::sent:
      return "?";
    default:
      break;
  }
  const probe::Observation& seen = last.observation;
  std::string word = name_of(seen.responder, destination);
  const bool exceeded = seen.icmp.type == (destination.is_v4() ? 11 : 3);
  if (seen.kind == probe::ObservationKind::icmp_error && !exceeded) {
    word += "!" + std::to_string(seen.icmp.type) + "." + std::to_string(seen.icmp.code);
  }
  return word;
}

std::vector<std::string> hop_lines(const TraceRan& ran) {
  std::vector<std::string> lines;
  for (const auto& [ttl, probes] : probes_by_hop(ran)) {
    if (ttl > end_of(ran).step.ttl.value) {
      break;
    }
    std::string line = std::to_string(ttl) + ":";
    std::uint16_t flow = 0;
    for (const ProbeEnd& probe : probes) {
      if (ttl > last_of(ran, probe.last.step.flow).value) {
        continue;
      }
      line += std::exchange(flow, probe.last.step.flow) == flow ? " " : " | ";
      line += word_for(probe.last, ran.destination);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

void check_lines(const std::vector<std::string>& actual, const json& expect) {
  const auto wanted = expect.get<std::vector<std::string>>();
  for (std::size_t i = 0; i < std::max(actual.size(), wanted.size()); ++i) {
    CHECK((i < actual.size() ? actual[i] : "nothing") ==
          (i < wanted.size() ? wanted[i] : "nothing"));
  }
}

std::string name_of(probe::PathEnd end) {
  constexpr std::array<const char*, 7> kNames{"reached", "unreachable", "gap",     "max_ttl",
                                              "loop",    "silent",      "rationed"};
  return kNames.at(static_cast<std::size_t>(end));
}

// By flow, where there are several: how it ended, and where.
std::vector<std::string> flow_lines(const TraceRan& ran) {
  std::vector<std::string> lines;
  for (const Event& event : ran.events) {
    if (event.kind == EventKind::flow_end) {
      lines.push_back(name_of(event.path_end) + " " + std::to_string(event.step.ttl.value));
    }
  }
  return lines;
}

std::vector<std::string> mtu_lines(const TraceRan& ran) {
  constexpr std::array<const char*, 4> kEvidence{"passed", "reported", "plateau", "searched"};
  std::vector<std::string> lines;
  for (const Event& event : ran.events) {
    if (event.path_mtu) {
      lines.push_back(std::to_string(event.step.ttl.value) + ": " +
                      std::to_string(event.path_mtu->mtu.value) + " " +
                      kEvidence.at(static_cast<std::size_t>(event.path_mtu->evidence)));
    }
  }
  return lines;
}

// The first answer of a hop.
const Event* answer_of(const TraceRan& ran, unsigned ttl) {
  const auto at = std::ranges::find_if(ran.events, [=](const Event& event) {
    return event.step.ttl.value == ttl && event.rtt.has_value();
  });
  return at == ran.events.end() ? nullptr : &*at;
}

std::string extension_text(const Event& answer) {
  std::string text;
  if (!answer.observation.extras) {
    return text;
  }
  for (const auto& object : answer.observation.extras->extensions.objects) {
    for (const auto& label : object.labels) {
      text += (text.empty() ? "" : " ") + std::to_string(label.label);
    }
    if (object.interface_info) {
      text += (text.empty() ? "" : " ") + object.interface_info->name.raw();
    }
  }
  return text;
}

// By TTL, of the hop's first answer.
void check_answers(const TraceRan& ran, const json& expect) {
  for (const auto& [ttl, wanted] : expect.items()) {
    CAPTURE(ttl);
    allow_only(wanted, {"rtt_ms", "reply_ttl", "quoted_ttl", "quoted_tos", "extensions"});
    const Event* const answer = answer_of(ran, static_cast<unsigned>(std::stoul(ttl)));
    REQUIRE(answer != nullptr);
    const probe::Observation& seen = answer->observation;
    if (wanted.contains("rtt_ms")) {
      check_number("rtt_ms", ms(*answer->rtt), wanted.at("rtt_ms"));
    }
    if (wanted.contains("reply_ttl")) {
      CHECK(seen.ttl == net::Ttl(wanted.at("reply_ttl").get<std::uint8_t>()));
    }
    if (wanted.contains("quoted_ttl")) {
      REQUIRE(seen.quoted.has_value());
      CHECK(seen.quoted->ttl.value == wanted.at("quoted_ttl").get<unsigned>());
    }
    if (wanted.contains("quoted_tos")) {
      REQUIRE(seen.quoted.has_value());
      CHECK(seen.quoted->tos.value == wanted.at("quoted_tos").get<unsigned>());
    }
    if (wanted.contains("extensions")) {
      CHECK(extension_text(*answer) == wanted.at("extensions").get<std::string>());
    }
  }
}

void check_counts(const TraceRan& ran, const json& expect) {
  static const std::array<std::pair<const char*, EventKind>, 6> kKinds{
      {{"sent", EventKind::sent},
       {"send_failures", EventKind::send_failed},
       {"timeouts", EventKind::timeout},
       {"late", EventKind::late},
       {"duplicates", EventKind::duplicate},
       {"errors", EventKind::error}}};
  for (const auto& [name, kind] : kKinds) {
    if (expect.contains(name)) {
      const auto actual = std::ranges::count(ran.events, kind, &Event::kind);
      check_number(name, static_cast<double>(actual), expect.at(name));
    }
  }
}

void check_rejects(const TraceRan& ran, const json& wanted) {
  for (std::size_t cause = 0; cause < probe::kRejectCauses; ++cause) {
    const std::string name(probe::reject_name(static_cast<probe::Reject>(cause)));
    check_number("rejects: " + name, static_cast<double>(ran.rejects.by_cause.at(cause)),
                 wanted.value(name, json(0)));
  }
}

void check_trace_expected(const TraceRan& ran, const json& expect, bool raw) {
  allow_only(expect, {"end", "hops", "ended_ms", "mtu", "answers", "sent", "send_failures",
                      "timeouts", "late", "duplicates", "errors", "rejects", "flows"});
  CHECK(name_of(end_of(ran).path_end) == expect.at("end").get<std::string>());
  check_lines(hop_lines(ran), expect.at("hops"));
  if (expect.contains("flows")) {
    check_lines(flow_lines(ran), expect.at("flows"));
  }
  check_number("ended_ms", ms(ran.ended - ran.started), expect.at("ended_ms"));
  check_lines(mtu_lines(ran), expect.value("mtu", json::array()));
  check_answers(ran, expect.value("answers", json::object()));
  check_counts(ran, expect);
  if (raw) {
    check_rejects(ran, expect.value("rejects", json::object()));
  }
}

template <std::size_t N>
void run_case() {
  const Case& c = cases().at(N);
  INFO(c.scenario.about);
  const TraceRan ran = run_trace({.engine = trace_of(c.scenario, c.family),
                                  .transport = transport_of(c.scenario, c.socket),
                                  .path = path_of(c.scenario),
                                  .family = c.family});
  check_trace_invariants(ran);
  check_trace_expected(ran, expectation_of(c.scenario, c.family, c.socket),
                       c.socket == SimSocket::raw);
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

TEST_CASE("sim: there are scenarios of traces, and each has a case") {
  CHECK(kRegistered == 0);
  CHECK(cases().size() >= 60);
}

}  // namespace sonde::test
