#include "sonde/report/json.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/report/run_script.hpp"
#include "tests/unit/report/schema_check.hpp"

namespace sonde::report {
namespace {

using nlohmann::json;
using probe::EventKind;

// The document of a script, held against the schema table.
template <typename Play>
json document(const Play& play) {
  StringSink out;
  JsonReporter reporter(out, "0.1.0");
  RunScript script({&reporter});
  play(script);
  REQUIRE(out.text().ends_with("}\n"));
  REQUIRE(out.text().find('\n') == out.text().size() - 1);  // one line
  const json parsed = json::parse(out.text());
  SchemaCheck check;
  check.object(parsed, "document");
  CHECK(check.wrongs == std::vector<std::string>{});
  return parsed;
}

TEST_CASE("json: a run of three replies") {
  const json doc = document([](RunScript& run) {
    run.start({.count = 3, .interval = 200ms, .timeout = 1s, .payload_bytes = 56});
    run.target("127.0.0.1");
    run.sent(1, 0ms).reply(1, 30us, 30us).sent(2, 202ms).reply(2, 202'032us, 32us);
    run.sent(3, 404ms).reply(3, 404'037us, 37us).end(404'100us);
  });
  CHECK(doc["schema"] == "sonde-result");
  CHECK(doc["schema_version"] == "1.0");
  CHECK(doc["tool"]["version"] == "0.1.0");
  CHECK(doc["started"] == "2026-11-21T19:26:26.808472Z");
  CHECK(doc["ended"] == "2026-11-21T19:26:27.212572Z");
  CHECK(doc["elapsed_ms"] == 404.1);
  CHECK(doc["end_reason"] == "count");
  CHECK(doc["engine"]["clock"] == "kernel-tx-rx");
  CHECK(doc["options"]["count"] == 3);
  CHECK(doc["options"]["interval_ms"] == 200);
  const json& target = doc["targets"][0];
  CHECK(target["state"] == "up");
  CHECK(target["family"] == 4);
  CHECK(target["counts"]["received"] == 3);
  CHECK(target["loss_ratio"] == 0.0);
  CHECK(target["rtt_ms"]["min"] == 0.03);
  CHECK(target["rtt_ms"]["avg"] == 0.033);
  CHECK(target["probes"].size() == 3);
  CHECK(target["probes"][1]["rtt_ms"] == 0.032);
  CHECK(target["probes"][1]["sent_at"] == "2026-11-21T19:26:27.010472Z");
  CHECK(target["probes"][1]["icmp"]["name"] == "echo-reply");
  CHECK(target["probes_truncated"] == 0);
}

TEST_CASE("json: without an answer everything measured is null") {
  const json doc = document(
      [](RunScript& run) { run.start().target("127.0.0.1").sent(1, 0ms).timeout(1, 1s).end(1s); });
  const json& target = doc["targets"][0];
  CHECK(target["state"] == "down");
  CHECK(target["loss_ratio"] == 1.0);
  CHECK(target["rtt_ms"].is_null());
  CHECK(target["clock"].is_null());
  const json& probe = target["probes"][0];
  CHECK(probe["outcome"] == "timeout");
  for (const std::string key : {"from", "rtt_ms", "clock", "ttl", "tos", "bytes", "icmp",
                                "verified", "corrupt_at", "send_error"}) {
    CAPTURE(key);
    CHECK(probe[key].is_null());
  }
}

TEST_CASE("json: a probe in flight is told as such, and the loss is not known") {
  const json doc =
      document([](RunScript& run) { run.start().target("127.0.0.1").sent(1, 0ms).end(1ms); });
  CHECK(doc["targets"][0]["probes"][0]["outcome"] == "in_flight");
  CHECK(doc["targets"][0]["loss_ratio"].is_null());
}

TEST_CASE("json: a name that does not resolve still has a document") {
  const json doc = document([](RunScript& run) {
    run.start().target(
        {.input = "nosuch.example", .error = stats::TargetError{.message = "no such name"}});
    run.end(1s, {.reason = stats::EndReason::error,
                 .verdict = {.pass = false, .exit_code = 2, .reasons = {"nosuch.example: gone"}}});
  });
  const json& target = doc["targets"][0];
  CHECK(target["state"] == "error");
  CHECK(target["address"].is_null());
  CHECK(target["family"].is_null());
  CHECK(target["error"] == json({{"kind", "resolve"}, {"message", "no such name"}}));
  CHECK(doc["verdict"]["exit_code"] == 2);
  CHECK(doc["verdict"]["reasons"][0] == "nosuch.example: gone");
}

TEST_CASE("json: a run that never started still has a document") {
  const json doc = document([](RunScript& run) {
    run.end(0s, {.reason = stats::EndReason::error, .error = "no privilege"});
  });
  CHECK(doc["error"] == "no privilege");
  CHECK(doc["engine"]["backend"].is_null());
  CHECK(doc["engine"]["clock"].is_null());
  CHECK(doc["targets"].empty());
}

TEST_CASE("json: each outcome, with what belongs to it") {
  const json doc = document([](RunScript& run) {
    run.start().target("10.9.2.2");
    run.sent(1, 0ms).timeout(1, 1s).late(1, 1500ms, 1500ms);
    probe::Event error = run.sent(2, 2s).icmp_error(2, 2001ms, "10.9.1.2", {3, 4});
    error.observation.next_hop_mtu = net::Mtu(1400);
    run.add(error);
    run.send_failed(3, 3s,
                    {.failure = probe::SendFailure::too_big, .os_code = 90, .mtu = net::Mtu(1300)});
    run.sent(4, 4s).failed_later(4, 4001ms, {.os_code = 11050}).end(5s);
  });
  const json& target = doc["targets"][0];
  CHECK(target["state"] == "degraded");
  CHECK(target["counts"]["send_failures"] == 2);
  CHECK(target["probes"].size() == 4);
  CHECK(target["probes"][3]["outcome"] == "send_failed");
  CHECK(target["probes"][3]["send_error"]["os_code"] == 11050);
  CHECK(target["counts"]["late"] == 1);
  const json& probes = target["probes"];
  CHECK(probes[0]["outcome"] == "late");
  CHECK(probes[0]["rtt_ms"] == 1500.0);
  CHECK(probes[1]["outcome"] == "error");
  CHECK(probes[1]["from"] == "10.9.1.2");
  CHECK(probes[1]["bytes"].is_null());
  CHECK(probes[1]["icmp"]["type"] == 3);
  CHECK(probes[1]["icmp"]["mtu"] == 1400);
  CHECK(probes[2]["outcome"] == "send_failed");
  CHECK(probes[2]["send_error"]["failure"] == "too_big");
  CHECK(probes[2]["send_error"]["os_code"] == 90);
  CHECK(probes[2]["send_error"]["mtu"] == 1300);
}

TEST_CASE(
    "json: what the system's call measured stands beside the RTT, where there is such a call") {
  const json doc = document([](RunScript& run) {
    run.start().target("127.0.0.1").sent(1, 0ms).reply(1, 30us, 30us).sent(2, 1s);
    probe::Event reply = run.answer(probe::EventKind::reply, 2, 1002ms, 2500us);
    reply.observation.api_ms = 2;
    run.add(reply).end(2s);
  });
  const json& probes = doc["targets"][0]["probes"];
  CHECK_FALSE(probes[0].contains("api_rtt_ms"));
  CHECK(probes[1]["api_rtt_ms"] == 2);
  CHECK(probes[1]["rtt_ms"] == 2.5);
}

TEST_CASE("json: a reply that replaces an error leaves nothing of it") {
  const json doc = document([](RunScript& run) {
    probe::Event error =
        run.start().target("10.9.2.2").sent(1, 0ms).icmp_error(1, 1ms, "10.9.1.2", {3, 4});
    error.observation.next_hop_mtu = net::Mtu(1400);
    probe::Event reply = run.add(error).answer(EventKind::reply, 1, 2ms, 2ms);
    reply.replaces = probe::Replaced::error;
    run.add(reply).end(1s);
  });
  const json& probe = doc["targets"][0]["probes"][0];
  CHECK(probe["outcome"] == "reply");
  CHECK(probe["from"] == "10.9.2.2");
  CHECK(probe["icmp"]["mtu"].is_null());
}

TEST_CASE("json: duplicates, corruption and truncation stand at their probe") {
  const json doc = document([](RunScript& run) {
    probe::Event reply =
        run.start().target("10.9.2.2").sent(1, 0ms).answer(EventKind::reply, 1, 1ms, 1ms);
    reply.observation.corruption = probe::Corruption{.offset = 0, .expected = 1, .actual = 2};
    reply.observation.truncated = true;
    reply.observation.verified = false;
    run.add(reply).add(run.answer(EventKind::duplicate, 1, 2ms, 2ms)).end(3ms);
  });
  const json& probe = doc["targets"][0]["probes"][0];
  CHECK(probe["corrupt_at"] == 0);
  CHECK(probe["truncated"] == true);
  CHECK(probe["verified"] == false);
  CHECK(probe["duplicates"] == 1);
  CHECK(probe["rtt_ms"] == 1.0);
}

TEST_CASE("json: an ICMP code that has no name keeps its numbers") {
  const json doc = document([](RunScript& run) {
    run.start().target("10.9.2.2").sent(1, 0ms);
    run.add(run.icmp_error(1, 1ms, "10.9.1.2", {3, 99})).end(1s);
  });
  CHECK(doc["targets"][0]["probes"][0]["icmp"]["name"] == "type-3-code-99");
}

TEST_CASE("json: hostile names and inputs read back as valid text, with their bytes as hex") {
  const json doc = document([](RunScript& run) {
    run.start().target({.input = "a\xff",
                        .address = RunScript::address("192.0.2.1"),
                        .name = Untrusted("x\x1b[2J\xc3\"\n"),
                        .label = "l\xfe"});
    run.target({.input = "b", .address = RunScript::address("192.0.2.2"), .name = Untrusted(".")});
    run.end(1s);
  });
  const json& first = doc["targets"][0];
  CHECK(first["input"] == "a\ufffd");
  CHECK(first["input_hex"] == "61ff");
  CHECK(first["name"] == "x\x1b[2J\ufffd\"\n");
  CHECK(first["name_hex"] == "781b5b324ac3220a");
  CHECK(first["label_hex"] == "6cfe");
  CHECK(doc["targets"][1]["name"].is_null());
  CHECK_FALSE(doc["targets"][1].contains("name_hex"));
}

TEST_CASE("json: the text itself has no control byte but its last line feed") {
  StringSink out;
  JsonReporter reporter(out, "0.1.0");
  RunScript run({&reporter});
  run.start().target({.input = "\x1b\x07\x7f\xc2\x9b", .address = RunScript::address("::1")});
  run.end(1s);
  for (const char c : out.text().substr(0, out.text().size() - 1)) {
    CHECK(static_cast<unsigned char>(c) >= 0x20);
    CHECK(c != '\x7f');
  }
}

TEST_CASE("json: outages carry wall-clock labels") {
  const json doc = document([](RunScript& run) {
    run.start().target("127.0.0.1");
    run.sent(1, 0s).sent(2, 1s).timeout(1, 1s).sent(3, 2s).timeout(2, 2s).reply(3, 2001ms, 1ms);
    run.end(3s);
  });
  const json& outage = doc["targets"][0]["outages"][0];
  CHECK(outage["from_seq"] == 1);
  CHECK(outage["to_seq"] == 2);
  CHECK(outage["started"] == "2026-11-21T19:26:26.808472Z");
  CHECK(outage["duration_ms"] == 2000.0);
  CHECK(outage["open"] == false);
}

TEST_CASE("json: checks that were not measured have no actual value, and NaN is none") {
  const json doc = document([](RunScript& run) {
    run.start().target("127.0.0.1");
    run.result(0).checks = {{.metric = "p95_ms", .op = "<=", .limit = 50, .pass = false},
                            {.metric = "x", .op = "<=", .limit = 1, .actual = 0.0 / 0.0}};
    run.end(1s);
  });
  CHECK(doc["targets"][0]["checks"][0]["actual"].is_null());
  CHECK(doc["targets"][0]["checks"][0]["limit"] == 50.0);
  CHECK(doc["targets"][0]["checks"][1]["actual"].is_null());
}

TEST_CASE("json: beyond the limit probes are counted and not listed") {
  constexpr std::uint64_t kSent = ProbeLog::kMaxProbes + 1234;
  StringSink out;
  JsonReporter reporter(out, "0.1.0");
  RunScript run({&reporter});
  run.start().target("127.0.0.1");
  for (std::uint64_t seq = 1; seq <= kSent; ++seq) {
    run.sent(seq, seq * 1us).reply(seq, seq * 1us, 1us);
  }
  run.end(1s);
  REQUIRE(json::accept(out.text()));
  std::size_t listed = 0;
  for (auto at = out.text().find("\"outcome\""); at != std::string::npos;
       at = out.text().find("\"outcome\"", at + 1)) {
    ++listed;
  }
  CHECK(listed == ProbeLog::kMaxProbes);
  CHECK(out.text().find("\"probes_truncated\":1234}") != std::string::npos);
  CHECK(out.text().find("\"received\":101234,") != std::string::npos);
}

TEST_CASE("json: two targets keep their own probes") {
  const json doc = document([](RunScript& run) {
    run.start().target("127.0.0.1").target("::1");
    run.on(0).sent(1, 0ms).on(1).sent(1, 1ms).reply(1, 2ms, 1ms).on(0).timeout(1, 1s).end(1s);
  });
  CHECK(doc["targets"][0]["probes"][0]["outcome"] == "timeout");
  CHECK(doc["targets"][1]["probes"][0]["outcome"] == "reply");
  CHECK(doc["targets"][1]["family"] == 6);
}

}  // namespace
}  // namespace sonde::report
