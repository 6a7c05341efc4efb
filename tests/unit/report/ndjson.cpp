#include "sonde/report/ndjson.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/unit/report/run_script.hpp"
#include "tests/unit/report/schema_check.hpp"

namespace sonde::report {
namespace {

using nlohmann::json;
using probe::EventKind;

// Keeps each write and counts flushes.
class CountingSink final : public Sink {
 public:
  void write(std::string_view text) noexcept override { writes.emplace_back(text); }
  void flush() noexcept override { ++flushes; }
  [[nodiscard]] bool failed() const noexcept override { return false; }
  std::vector<std::string> writes;
  int flushes = 0;
};

template <typename Play>
std::vector<json> events(const Play& play) {
  CountingSink out;
  NdjsonReporter reporter(out, "0.1.0");
  RunScript script({&reporter});
  play(script);
  std::vector<json> lines;
  SchemaCheck check;
  for (const std::string& text : out.writes) {
    REQUIRE(text.find('\n') == text.size() - 1);  // one write, one line
    lines.push_back(json::parse(text));
    check.event_line(lines.back());
  }
  CHECK(check.wrongs == std::vector<std::string>{});
  return lines;
}

std::string names(const std::vector<json>& lines) {
  std::string out;
  for (const json& line : lines) {
    out += (out.empty() ? "" : " ") + line["event"].get<std::string>();
  }
  return out;
}

TEST_CASE("ndjson: a run is told from start to end, one line an event") {
  const auto lines = events([](RunScript& run) {
    run.start().target("127.0.0.1").sent(1, 0ms).reply(1, 30us, 30us).name("127.0.0.1", "one");
    run.sent(2, 1s).timeout(2, 2s).late(2, 2500ms, 1500ms);
    run.add(run.answer(EventKind::duplicate, 1, 2600ms, 2600ms));
    run.sent(3, 3s).add(run.icmp_error(3, 3001ms, "10.9.1.2", {11, 0}));
    run.send_failed(4, 4s, {.failure = probe::SendFailure::prohibited, .os_code = 1});
    run.interim(4500ms).end(5s);
  });
  CHECK(names(lines) ==
        "start resolve reply name timeout late duplicate error send_failed state interval summary "
        "end");
  CHECK(lines[0]["target"].is_null());
  CHECK(lines[0]["ts"] == "2026-11-21T19:26:26.808472Z");
  CHECK(lines[1]["target"] == 0);
  CHECK(lines[1]["address"] == "127.0.0.1");
  CHECK(lines[2]["rtt_ms"] == 0.03);
  CHECK(lines[2]["ts"] == "2026-11-21T19:26:26.808502Z");
  CHECK(lines[2]["replaces"].is_null());
  CHECK(lines[3]["name"] == "one");
  CHECK(lines[4]["seq"] == 2);
  CHECK(lines[5]["replaces"] == "timeout");
  CHECK(lines[7]["icmp"]["name"] == "time-exceeded-in-transit");
  CHECK(lines[8]["send_error"]["failure"] == "prohibited");
  CHECK(lines[10]["counts"]["sent"] == 4);
  CHECK(lines[11]["state"] == "degraded");
  CHECK(lines[12]["verdict"]["exit_code"] == 0);
}

TEST_CASE(
    "ndjson: a send that failed later says when it was tried, and which outcome it replaces") {
  const probe::SendError error{.failure = probe::SendFailure::other, .os_code = 11050};
  const auto lines = events([&](RunScript& run) {
    run.start().target("127.0.0.1").sent(1, 0ms).failed_later(1, 1ms, error);
    run.sent(2, 1s).timeout(2, 2s).failed_later(2, 3s, error, probe::Replaced::timeout).end(4s);
  });
  CHECK(names(lines) == "start resolve send_failed timeout state send_failed summary end");
  CHECK(lines[2]["replaces"].is_null());
  CHECK(lines[2]["sent_at"] == lines[0]["ts"]);
  CHECK(lines[5]["replaces"] == "timeout");
  CHECK(lines[5]["send_error"]["os_code"] == 11050);
  CHECK(lines[5]["send_error"]["message"] == "general failure (error 11050)");
  CHECK(lines[6]["counts"]["send_failures"] == 2);
  CHECK(lines[6]["counts"]["errors"] == 0);
  CHECK(lines[6]["counts"]["lost"] == 0);
  CHECK(lines[6]["counts"]["in_flight"] == 0);
}

TEST_CASE(
    "ndjson: a target goes down with the second unanswered probe and up with the next reply") {
  const auto lines = events([](RunScript& run) {
    run.start().target("127.0.0.1").sent(1, 0s).reply(1, 1ms, 1ms);
    run.sent(2, 1s).timeout(2, 2s).sent(3, 2s).timeout(3, 3s).sent(4, 3s).timeout(4, 4s);
    run.sent(5, 4s).reply(5, 4001ms, 1ms).sent(6, 5s).reply(6, 5001ms, 1ms).end(6s);
  });
  CHECK(names(lines) ==
        "start resolve reply timeout timeout state timeout reply state reply summary end");
  const json& down = lines[5];
  CHECK(down["state"] == "down");
  CHECK(down["seq"] == 2);
  CHECK(down["since"] == "2026-11-21T19:26:27.808472Z");
  CHECK(down["duration_ms"] == 1000.0);  // it was up that long
  const json& up = lines[8];
  CHECK(up["state"] == "up");
  CHECK(up["seq"] == 5);
  CHECK(up["duration_ms"] == 3000.0);  // it was down that long
}

TEST_CASE("ndjson: a target that never answered has no state before its first outage") {
  const auto lines = events([](RunScript& run) {
    run.start().target("127.0.0.1").sent(1, 0s).timeout(1, 1s).sent(2, 1s).timeout(2, 2s).end(2s);
  });
  CHECK(lines[4]["state"] == "down");
  CHECK(lines[4]["duration_ms"].is_null());
}

TEST_CASE("ndjson: each event is flushed, but not more often than every 100 us") {
  CountingSink out;
  NdjsonReporter reporter(out, "0.1.0");
  RunScript run({&reporter});
  run.start().target("127.0.0.1");
  const int before = out.flushes;
  for (std::uint64_t seq = 1; seq <= 100; ++seq) {
    run.sent(seq, 1ms + seq * 10us).reply(seq, 1ms + seq * 10us, 1us);
  }
  CHECK(out.flushes - before == 10);
  reporter.flush();
  CHECK(out.flushes - before == 11);
  reporter.flush();
  CHECK(out.flushes - before == 11);  // nothing was left
  CHECK(out.writes.size() == 102);    // lines do not wait for a flush
}

TEST_CASE("ndjson: a failed look-up is told in resolve, hostile text included") {
  const auto lines = events([](RunScript& run) {
    run.start().target({.input = "a\xff\n", .error = stats::TargetError{.message = "no\xff"}});
    run.name("192.0.2.1", "\xc3(").name("192.0.2.1", ".").end(1s);
  });
  CHECK(lines[1]["input_hex"] == "61ff0a");
  CHECK(lines[1]["error"]["message"] == "no\ufffd");
  CHECK(lines[2]["name"] == "\ufffd(");
  CHECK(lines[2]["name_hex"] == "c328");
  CHECK(lines[3]["name"].is_null());
  CHECK(lines[4]["state"] == "error");
}

}  // namespace
}  // namespace sonde::report
