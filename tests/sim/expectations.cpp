// expectations.cpp: the `expect` part of a scenario. Counts and rejects that it does not name must
// be 0; everything else it does not name is not looked at.
#include <doctest/doctest.h>

#include <map>
#include <stdexcept>

#include "tests/sim/checks.hpp"
#include "tests/support/sim_rules.hpp"

namespace sonde::test {
namespace {

using nlohmann::json;
using probe::Event;
using probe::EventKind;

constexpr double kPerMillisecond = 1e6;

double ms(Duration d) { return static_cast<double>(d.count()) / kPerMillisecond; }

// A number, or [least, most].
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

void check_counts(const Ran& ran, const json& expect) {
  const std::size_t targets = ran.listener.results.size();
  for (std::size_t target = 0; target < targets; ++target) {
    const json& wanted = expect.is_array() ? expect.at(target) : expect;
    allow_only(wanted, {"sent", "received", "lost", "late", "in_flight", "duplicate", "reordered",
                        "corrupt", "errors", "send_failures"});
    const stats::Counts& c = ran.listener.results[target].stats.counts();
    const std::map<std::string, std::uint64_t> actual{
        {"sent", c.sent},           {"received", c.received},
        {"lost", c.lost},           {"late", c.late},
        {"in_flight", c.in_flight}, {"duplicate", c.duplicate},
        {"reordered", c.reordered}, {"corrupt", c.corrupt},
        {"errors", c.errors},       {"send_failures", c.send_failures}};
    CAPTURE(target);
    for (const auto& [name, value] : actual) {
      check_number(name, static_cast<double>(value), wanted.value(name, json(0)));
    }
  }
}

void check_rejects(const Ran& ran, const json& expect) {
  const json wanted = expect.value("rejects", json::object());
  allow_only(wanted, {"malformed", "checksum", "stranger", "source", "token", "quote"});
  for (std::size_t cause = 0; cause < probe::kRejectCauses; ++cause) {
    const std::string name(probe::reject_name(static_cast<probe::Reject>(cause)));
    check_number("rejects: " + name,
                 static_cast<double>(ran.listener.end.rejects.value().by_cause.at(cause)),
                 wanted.value(name, json(0)));
  }
}

std::string event_line(const Event& event, bool several) {
  const std::string target = several ? std::to_string(event.probe.target + 1) + ": " : "";
  const std::string reordered = event.reordered ? " reordered" : "";
  return target + kind_name(event.kind) + " " + std::to_string(event.probe.sequence) + reordered;
}

void check_events(const Ran& ran, const json& expect) {
  std::vector<std::string> actual;
  actual.reserve(ran.listener.kept.size());
  for (const Event& event : ran.listener.kept) {
    actual.push_back(event_line(event, ran.ping.targets.size() > 1));
  }
  const auto wanted = expect.get<std::vector<std::string>>();
  for (std::size_t i = 0; i < std::max(actual.size(), wanted.size()); ++i) {
    CAPTURE(i);
    CHECK((i < actual.size() ? actual[i] : "nothing") ==
          (i < wanted.size() ? wanted[i] : "nothing"));
  }
}

// "1 from 198.51.100.1 type 3 code 4 mtu 1400"
void check_errors(const Ran& ran, const json& expect) {
  std::vector<std::string> actual;
  for (const Event& event : ran.listener.kept) {
    if (event.kind != EventKind::error) {
      continue;
    }
    const probe::Observation& seen = event.observation;
    actual.push_back(std::to_string(event.probe.sequence) + " from " + seen.responder.to_text() +
                     " type " + std::to_string(seen.icmp.type) + " code " +
                     std::to_string(seen.icmp.code));
    if (seen.next_hop_mtu) {
      actual.back() += " mtu " + std::to_string(seen.next_hop_mtu->value);
    }
  }
  CHECK(json(actual) == expect);
}

std::string name_of(stats::EndReason reason) {
  switch (reason) {
    case stats::EndReason::count:
      return "count";
    case stats::EndReason::deadline:
      return "deadline";
    case stats::EndReason::until:
      return "until";
    case stats::EndReason::signal:
      return "signal";
    case stats::EndReason::error:
      break;
  }
  return "error";
}

std::string name_of(probe::RttClock clock) {
  switch (clock) {
    case probe::RttClock::hardware:
      return "hardware";
    case probe::RttClock::kernel_tx_rx:
      return "kernel-tx-rx";
    case probe::RttClock::kernel_rx:
      return "kernel-rx";
    case probe::RttClock::steady:
      return "steady";
    case probe::RttClock::api_ms:
      break;
  }
  return "api-ms";
}

// By sequence: the RTT in milliseconds, or [least, most].
void check_rtts(const Ran& ran, const json& expect) {
  for (const Event& event : ran.listener.kept) {
    const std::string key = std::to_string(event.probe.sequence);
    if (event.rtt && expect.contains(key)) {
      check_number("rtt of " + key, ms(*event.rtt), expect.at(key));
    }
  }
}

std::vector<Duration> send_times(const Ran& ran) {
  std::vector<Duration> times;
  for (const Event& event : ran.listener.kept) {
    if (event.kind == EventKind::sent || event.kind == EventKind::send_failed) {
      times.push_back(event.at - ran.started);
    }
  }
  return times;
}

// Send n leaves at n * interval, never earlier, and at most `within_ms` later.
void check_grid(const Ran& ran, const json& grid) {
  allow_only(grid, {"interval_ms", "within_ms"});
  const auto times = send_times(ran);
  for (std::size_t n = 0; n < times.size(); ++n) {
    CAPTURE(n);
    const Duration due = static_cast<Duration::rep>(n) * milliseconds(grid, "interval_ms");
    REQUIRE(times[n] >= due);
    REQUIRE(times[n] <= due + milliseconds(grid, "within_ms"));
  }
}

void check_replies(const Ran& ran, const json& expect) {
  for (const Event& event : ran.listener.kept) {
    if (event.kind != EventKind::reply && event.kind != EventKind::late) {
      continue;
    }
    CAPTURE(event.probe.sequence);
    if (expect.contains("verified")) {
      CHECK(event.observation.verified == expect.at("verified").get<bool>());
    }
    if (expect.contains("truncated")) {
      CHECK(event.observation.truncated == expect.at("truncated").get<bool>());
    }
    if (expect.contains("reply_ttl") && event.observation.ttl) {
      CHECK(event.observation.ttl->value == expect.at("reply_ttl").get<int>());
    }
    if (expect.contains("corrupt_at")) {
      REQUIRE(event.observation.corruption.has_value());
      CHECK(event.observation.corruption->offset == expect.at("corrupt_at").get<std::uint32_t>());
    }
  }
}

}  // namespace

void check_expected(const Ran& ran, const json& expect, bool rejects_seen) {
  allow_only(expect,
             {"counts", "rejects", "events", "errors", "end", "rtt_ms", "rtt_clock", "sent_at_ms",
              "sent_grid", "ended_ms", "verified", "truncated", "reply_ttl", "corrupt_at"});
  check_counts(ran, expect.at("counts"));
  CHECK(name_of(ran.listener.end.reason) == expect.value("end", "count"));
  if (rejects_seen) {
    check_rejects(ran, expect);
  }
  if (expect.contains("events")) {
    check_events(ran, expect.at("events"));
  }
  if (expect.contains("errors")) {
    check_errors(ran, expect.at("errors"));
  }
  if (expect.contains("rtt_clock")) {
    CHECK(name_of(ran.listener.end.engine.clock) == expect.at("rtt_clock").get<std::string>());
  }
  check_rtts(ran, expect.value("rtt_ms", json::object()));
  if (expect.contains("sent_at_ms")) {
    std::vector<double> times;
    for (const Duration time : send_times(ran)) {
      times.push_back(ms(time));
    }
    CHECK(times == expect.at("sent_at_ms").get<std::vector<double>>());
  }
  if (expect.contains("sent_grid")) {
    check_grid(ran, expect.at("sent_grid"));
  }
  if (expect.contains("ended_ms")) {
    check_number("ended_ms", ms(ran.listener.end.ended - ran.started), expect.at("ended_ms"));
  }
  check_replies(ran, expect);
}

}  // namespace sonde::test
