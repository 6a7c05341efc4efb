// trace_json.cpp: a trace in the document and in event lines, each checked against the schema
// table.
#include <doctest/doctest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sonde/report/json.hpp"
#include "sonde/report/ndjson.hpp"
#include "tests/unit/report/schema_check.hpp"
#include "tests/unit/report/trace_script.hpp"

namespace sonde::report {
namespace {

using nlohmann::json;
using probe::PathEnd;

struct Told {
  json document;
  std::vector<json> lines;

  [[nodiscard]] const json& target() const { return document["targets"][0]; }
  [[nodiscard]] std::vector<json> of(std::string_view event) const {
    std::vector<json> out;
    for (const json& line : lines) {
      if (line["event"] == event) {
        out.push_back(line);
      }
    }
    return out;
  }
};

template <typename Play>
Told told(const Play& play) {
  StringSink document;
  StringSink lines;
  JsonReporter json_reporter(document, "0.1.0");
  NdjsonReporter ndjson_reporter(lines, "0.1.0");
  TraceScript script({&json_reporter, &ndjson_reporter});
  play(script);
  Told out{.document = json::parse(document.text()), .lines = {}};
  SchemaCheck check;
  check.object(out.document, "document");
  std::istringstream in(lines.text());
  for (std::string line; std::getline(in, line);) {
    out.lines.push_back(json::parse(line));
    check.event_line(out.lines.back());
  }
  CHECK(check.wrongs == std::vector<std::string>{});
  return out;
}

}  // namespace

TEST_CASE("trace json: hops with their probes, responders and figures") {
  const Told run = told([](TraceScript& script) {
    script.options.trace->queries = 2;
    script.start().target();
    script.hop(1, "10.0.0.1", {1ms, 3ms}).name("10.0.0.1", "r1.example");
    script.hop(2, "", {0ms, 0ms}).hop(3, "destination", {9ms, 0ms});
    script.ended(PathEnd::reached, 3).end();
  });
  const json& target = run.target();
  CHECK(target["reached"] == true);
  CHECK(target["end_reason"] == "reached");
  CHECK(target["distance"] == 3);
  CHECK(target["pmtu"].is_null());
  CHECK(target["state"] == "degraded");
  CHECK(target["loss_ratio"] == 0.5);
  CHECK(target["rtt_ms"]["min"] == 9.0);
  CHECK(target["counts"]["sent"] == 6);
  CHECK(target["counts"]["errors"] == 2);
  CHECK(target["outages"].empty());
  CHECK(!target.contains("probes"));
  CHECK(!target.contains("paths"));
  REQUIRE(target["hops"].size() == 3);
  const json& hop = target["hops"][0];
  CHECK(hop["ttl"] == 1);
  CHECK(hop["complete"] == true);
  CHECK(hop["loss_ratio"] == 0.0);
  CHECK(hop["rtt_ms"]["avg"] == 2.0);
  CHECK(hop["nat"].is_null());
  CHECK(hop["responders"] ==
        json::parse(R"([{"address":"10.0.0.1","name":"r1.example","probes":[1,2]}])"));
  CHECK(hop["probes"][1]["outcome"] == "error");
  CHECK(hop["probes"][1]["icmp"]["name"] == "time-exceeded-in-transit");
  CHECK(hop["probes"][1]["hop"] == 1);
  CHECK(hop["probes"][1]["query"] == 2);
  CHECK(hop["probes"][1]["flow"] == 0);
  CHECK(hop["probes"][1]["return_hops"] == 1);
  CHECK(target["hops"][1]["loss_ratio"] == 1.0);
  CHECK(target["hops"][1]["responders"].empty());
  CHECK(target["hops"][1]["rtt_ms"].is_null());
  CHECK(target["hops"][2]["probes"][1]["outcome"] == "timeout");
  CHECK(run.document["options"]["trace"]["flow_style"] == "constant");
  CHECK(run.document["options"]["trace"]["port"].is_null());
}

TEST_CASE("trace json: what an answer quotes and carries") {
  const Told run = told([](TraceScript& script) {
    script.options.trace->port = net::Port(33434);
    script.start().target();
    const auto probe = script.next(1, 1);
    probe::Event event = test::path_error(probe, "10.0.0.1", 1ms);
    event.observation.quoted =
        probe::QuotedHeader{.ttl = net::Ttl(1), .tos = net::Tos(0xb8), .rewritten = true};
    event.observation.extras = everything();
    script.add(test::path_sent(probe)).add(event).end();
  });
  const json& hop = run.target()["hops"][0];
  CHECK(hop["nat"] == true);
  CHECK(hop["probes"][0]["quoted"] == json::parse(R"({"ttl":1,"tos":184,"nat":true})"));
  CHECK(hop["probes"][0]["extensions"] == json::parse(R"([
    {"class":1,"type":1,"mpls":[{"label":16010,"tc":3,"s":true,"ttl":1}]},
    {"class":2,"type":0,"interface":{"role":"outgoing","index":7,"address":"192.0.2.1",
      "name":"ge\ufffd","name_hex":"6765ff","mtu":1500}},
    {"class":9,"type":3,"raw_hex":"ab01"}])"));
  CHECK(run.of("error")[0]["quoted"] == hop["probes"][0]["quoted"]);
  CHECK(run.of("error")[0]["extensions"] == hop["probes"][0]["extensions"]);
}

TEST_CASE("trace json: the path MTU, its evidence, and the hop where it begins") {
  const Told run = told([](TraceScript& script) {
    script.options.trace->find_mtu = true;
    script.start().target();
    script.hop(1, "10.0.0.1", {1ms}).hop(2, "destination", {2ms});
    script.add(test::path_mtu(1, 1500, probe::MtuEvidence::passed, 5ms));
    script.add(test::path_mtu(2, 1400, probe::MtuEvidence::reported, 6ms));
    script.ended(PathEnd::reached, 2).end();
  });
  CHECK(run.target()["pmtu"] ==
        json::parse(R"({"mtu":1400,"evidence":"reported","hop":2,"at_least":false})"));
  CHECK(run.target()["hops"][0]["mtu"] == json::parse(R"({"mtu":1500,"evidence":"passed"})"));
  // Each hop's line came again with its MTU.
  REQUIRE(run.of("hop").size() == 4);
  CHECK(run.of("hop")[2]["mtu"]["mtu"] == 1500);
  CHECK(run.of("hop")[3]["ttl"] == 2);
  CHECK(run.of("summary")[0]["pmtu"]["mtu"] == 1400);
}

TEST_CASE("trace json: a path MTU as large as the largest probe is a lower bound") {
  const Told run = told([](TraceScript& script) {
    script.options.trace->find_mtu = true;
    script.start().target().hop(1, "destination", {1ms});
    script.add(test::path_mtu(1, 60, probe::MtuEvidence::passed, 5ms));
    script.ended(PathEnd::reached, 1).end();
  });
  CHECK(run.target()["pmtu"]["at_least"] == true);
}

TEST_CASE("trace json: of a path that does not arrive no MTU is known, but those of its hops") {
  const Told run = told([](TraceScript& script) {
    script.options.trace->find_mtu = true;
    script.start().target().hop(1, "10.0.0.1", {1ms}).hop(2, "", {0ms});
    script.add(test::path_mtu(1, 1500, probe::MtuEvidence::passed, 5ms));
    script.ended(PathEnd::gap, 2).end();
  });
  CHECK(run.target()["pmtu"].is_null());
  CHECK(run.target()["hops"][0]["mtu"]["mtu"] == 1500);
}

TEST_CASE("trace json: what answers the search for the MTU is no part of a flow's path") {
  const Told run = told([](TraceScript& script) {
    script.options.trace->flows = 2;
    script.options.trace->find_mtu = true;
    script.start().target();
    for (std::uint16_t flow = 0; flow < 2; ++flow) {
      const auto probe = script.next(1, 1, flow);
      script.add(test::path_sent(probe)).add(test::path_reply(probe, 1ms));
    }
    const auto large = script.next(1, 0, 1);
    script.add(test::path_sent(large)).add(test::path_error(large, "10.0.0.9", 1ms, {3, 4}));
    script.ended(PathEnd::reached, 1).end();
  });
  CHECK(run.target()["paths"][1]["hops"] ==
        json::parse(R"([{"ttl":1,"addresses":["198.51.100.9"]}])"));
}

TEST_CASE("trace json: a quote that shows no NAT says nothing of one") {
  const Told run = told([](TraceScript& script) {
    script.start().target();
    for (int ttl = 1; ttl <= 2; ++ttl) {
      const auto probe = script.next(ttl, 1);
      probe::Event event = test::path_error(probe, "10.0.0.1", 1ms);
      event.observation.quoted = probe::QuotedHeader{.ttl = net::Ttl(1), .tos = net::Tos(0)};
      event.observation.quoted->rewritten = ttl == 2;
      script.add(test::path_sent(probe)).add(event);
    }
    script.end();
  });
  CHECK(run.target()["hops"][0]["nat"].is_null());
  CHECK(run.target()["hops"][0]["probes"][0]["quoted"]["nat"].is_null());
  CHECK(run.target()["hops"][1]["nat"] == true);
}

TEST_CASE("trace json: the way of each flow, if there are several") {
  const Told run = told([](TraceScript& script) {
    script.options.trace->flows = 2;
    script.start().target();
    for (std::uint16_t flow = 0; flow < 2; ++flow) {
      const auto first = script.next(1, 1, flow);
      script.add(test::path_sent(first));
      script.add(test::path_error(first, flow == 0 ? "10.0.0.1" : "10.0.0.2", 1ms));
      const auto last = script.next(2, 1, flow);
      script.add(test::path_sent(last));
      script.add(flow == 0 ? test::path_reply(last, 2ms) : test::path_timeout(last, 3ms));
    }
    script.flow_ended(0, probe::PathEnd::reached, 2)
        .flow_ended(1, probe::PathEnd::silent, 2)
        .ended(PathEnd::reached, 2)
        .end();
  });
  CHECK(run.target()["paths"] == json::parse(R"([
    {"flow":0,"reached":true,"end_reason":"reached","hops":[{"ttl":1,"addresses":["10.0.0.1"]},
                                     {"ttl":2,"addresses":["198.51.100.9"]}]},
    {"flow":1,"reached":false,"end_reason":"silent","hops":[{"ttl":1,"addresses":["10.0.0.2"]},
                                      {"ttl":2,"addresses":[]}]}])"));
}

TEST_CASE("trace json: whether a flow arrives is not known where the destination rations answers") {
  const Told run = told([](TraceScript& script) {
    script.options.trace->flows = 2;
    script.start().target();
    for (std::uint16_t flow = 0; flow < 2; ++flow) {
      const auto probe = script.next(1, 1, flow);
      script.add(test::path_sent(probe));
      script.add(flow == 0 ? test::path_reply(probe, 2ms) : test::path_timeout(probe, 3ms));
    }
    script.flow_ended(0, probe::PathEnd::reached, 1)
        .flow_ended(1, probe::PathEnd::rationed, 1)
        .ended(PathEnd::reached, 1)
        .end();
  });
  CHECK(run.target()["paths"][1]["reached"].is_null());
  CHECK(run.target()["paths"][1]["end_reason"] == "rationed");
}

TEST_CASE("trace ndjson: a hop has its line when it and all before it are complete") {
  const Told run = told([](TraceScript& script) {
    script.start().target();
    const auto first = script.next(1, 1);
    script.add(test::path_sent(first)).hop(2, "10.0.0.2", {2ms});
    script.add(test::path_error(first, "10.0.0.1", 3ms)).hop(3, "destination", {4ms});
    script.ended(PathEnd::reached, 3).end();
  });
  std::vector<int> order;
  for (const json& line : run.of("hop")) {
    order.push_back(line["ttl"]);
  }
  CHECK(order == std::vector<int>{1, 2, 3});
  CHECK(run.of("summary")[0]["reached"] == true);
  CHECK(run.of("state").empty());
}

TEST_CASE(
    "trace ndjson: a hop has another line when an answer comes late, and open ones at the end") {
  const Told run = told([](TraceScript& script) {
    script.start().target();
    const auto probe = script.next(1, 1);
    script.add(test::path_sent(probe)).add(test::path_timeout(probe, 500ms));
    probe::Event late = test::path_error(probe, "10.0.0.1", 600ms);
    late.replaces = probe::Replaced::timeout;
    script.add(late);
    const auto answered = script.next(3, 1);
    script.add(test::path_sent(script.next(2, 1))).add(test::path_sent(answered));
    script.add(test::path_error(answered, "10.0.0.3", 5ms)).end();
  });
  const auto hops = run.of("hop");
  REQUIRE(hops.size() == 4);
  CHECK(hops[0]["counts"]["lost"] == 1);
  CHECK(hops[1]["ttl"] == 1);
  CHECK(hops[1]["counts"]["late"] == 1);
  CHECK(hops[2]["ttl"] == 2);
  CHECK(hops[2]["complete"] == false);
  CHECK(hops[2]["counts"]["in_flight"] == 1);
  CHECK(run.target()["end_reason"].is_null());
  CHECK(run.target()["state"] == "down");
  CHECK(run.target()["loss_ratio"].is_null());
}

}  // namespace sonde::report
