#include "sonde/report/schema.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sonde/report/json.hpp"
#include "sonde/report/json_sweep.hpp"
#include "sonde/report/ndjson.hpp"
#include "sonde/report/ndjson_sweep.hpp"
#include "tests/unit/report/run_script.hpp"
#include "tests/unit/report/schema_check.hpp"
#include "tests/unit/report/sweep_script.hpp"
#include "tests/unit/report/trace_script.hpp"

namespace sonde::report {
namespace {

using nlohmann::json;
using probe::EventKind;

// Everything that can be written, at least once.
void play_everything(RunScript& run) {
  run.start({.count = 9,
             .interval = 1s,
             .timeout = 1s,
             .deadline = 9s,
             .payload_bytes = 56,
             .ttl = net::Ttl(9)});
  run.target({.input = "a\xff",
              .address = RunScript::address("10.9.2.2"),
              .name = Untrusted("n\xff"),
              .source = RunScript::address("10.9.1.1"),
              .label = "l\xff"});
  run.target({.input = "b", .error = stats::TargetError{.message = "no"}});
  run.name("10.9.2.2", "n\xff");
  probe::Event reply = run.sent(1, 0ms).answer(EventKind::reply, 1, 1ms, 1ms);
  reply.observation.api_ms = 1;
  reply.observation.corruption = probe::Corruption{.offset = 3, .expected = 1, .actual = 2};
  run.add(reply).add(run.answer(EventKind::duplicate, 1, 2ms, 2ms));
  run.sent(2, 1s).timeout(2, 2s).late(2, 2500ms, 1500ms);
  probe::Event error = run.sent(3, 3s).icmp_error(3, 3001ms, "10.9.1.2", {3, 4});
  error.observation.next_hop_mtu = net::Mtu(1400);
  run.add(error);
  run.send_failed(4, 4s,
                  {.failure = probe::SendFailure::too_big, .os_code = 90, .mtu = net::Mtu(1400)});
  run.send_failed(5, 5s, {.failure = probe::SendFailure::other});
  run.result(0).checks = {{.metric = "loss_ratio", .op = "<=", .limit = 0.1, .actual = 0.5}};
  run.interim(5s);
  run.end(6s, {.engine = {.backend = "sim"},
               .error = "a system error",
               .verdict = {.pass = false, .exit_code = 4, .reasons = {"one"}}});
}

// Every line of a sweep's events, and its document.
void play_sweeps(SchemaCheck& check) {
  StringSink document;
  StringSink lines;
  JsonSweep json_reporter(document, "0.1.0", true);
  NdjsonSweep ndjson_reporter(lines, "0.1.0", true);
  SweepScript run({&json_reporter, &ndjson_reporter});
  run.start();
  run.fail("n\xff", "not found");
  run.name(0, "host.example").name(1, "h\xff");
  run.answer(probe::SweepEventKind::reply, 0, 0, 1ms).settle(0, probe::SweepState::alive);
  run.answer(probe::SweepEventKind::late, 1, 0, 700ms).error(1, 1, "10.9.1.2");
  run.answer(probe::SweepEventKind::duplicate, 0, 0, 2ms).timeout(1, 2).send_failed(1, 3);
  run.settle(1, probe::SweepState::unreachable);
  run.interim().slower(500).end();
  check.object(json::parse(document.text()), "sweep_document");
  std::istringstream in(lines.text());
  for (std::string line; std::getline(in, line);) {
    check.event_line(json::parse(line));
  }
}

// What only a merge that lacks shards has.
void play_merge(SchemaCheck& check) {
  StringSink lines;
  NdjsonSweep reporter(lines, "0.1.0", true);
  stats::SweepOptions options{.shards = 3};
  options.merged = stats::SweepOptions::Merged{.targets = 2, .shards = {1, 3}};
  SweepScript run({&reporter}, options);
  run.start().end();
  std::istringstream in(lines.text());
  for (std::string line; std::getline(in, line);) {
    check.event_line(json::parse(line));
  }
}

// Every line and member that only a trace has.
void play_trace(SchemaCheck& check) {
  StringSink document;
  StringSink lines;
  JsonReporter json_reporter(document, "0.1.0");
  NdjsonReporter ndjson_reporter(lines, "0.1.0");
  TraceScript run({&json_reporter, &ndjson_reporter});
  run.options.trace->flows = 2;
  run.start().target().name("10.0.0.1", "n\xff");
  const auto probe = run.next(1, 1);
  probe::Event event = test::path_error(probe, "10.0.0.1", 1ms);
  event.observation.quoted = probe::QuotedHeader{.ttl = net::Ttl(1), .tos = net::Tos(0)};
  event.observation.extras = everything();
  const auto other = run.next(1, 1, 1);
  run.add(test::path_sent(probe)).add(event);
  run.add(test::path_sent(other)).add(test::path_reply(other, 2ms));
  run.add(test::path_mtu(1, 1500, probe::MtuEvidence::passed, 5ms));
  run.ended(probe::PathEnd::reached, 1).end();
  check.object(json::parse(document.text()), "document");
  std::istringstream in(lines.text());
  for (std::string line; std::getline(in, line);) {
    check.event_line(json::parse(line));
  }
}

TEST_CASE("schema: every row of the table is written, and nothing else") {
  StringSink document;
  StringSink lines;
  JsonReporter json_reporter(document, "0.1.0");
  NdjsonReporter ndjson_reporter(lines, "0.1.0");
  RunScript run({&json_reporter, &ndjson_reporter});
  play_everything(run);
  SchemaCheck check;
  check.object(json::parse(document.text()), "document");
  std::istringstream in(lines.text());
  for (std::string line; std::getline(in, line);) {
    check.event_line(json::parse(line));
  }
  play_sweeps(check);
  play_merge(check);
  play_trace(check);
  CHECK(check.wrongs == std::vector<std::string>{});
  for (const Field& field : kFields) {
    CAPTURE(SchemaCheck::path(field));
    CHECK(check.seen.contains(SchemaCheck::path(field)));
  }
}

TEST_CASE("schema: a key stands once in its shape, and every shape that is named exists") {
  for (const Shape& shape : kShapes) {
    const auto members = members_of(shape);
    std::set<std::string_view> keys;
    for (const Field* field : members) {
      CAPTURE(SchemaCheck::path(*field));
      CHECK(keys.insert(field->key).second);
    }
    for (const std::string_view included : shape.includes) {
      CHECK((included.empty() || find_shape(included) != nullptr));
    }
  }
  for (const Field& field : kFields) {
    CAPTURE(SchemaCheck::path(field));
    CHECK(find_shape(field.shape) != nullptr);
    CHECK((field.of.empty() || find_shape(field.of) != nullptr));
    CHECK((field.type != Type::object || !field.of.empty()));
    CHECK((field.type == Type::object || !field.doc.empty()));
  }
}

TEST_CASE("schema: keys are snake_case and enumerations lower-case") {
  const auto lower = [](std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
  };
  for (const Field& field : kFields) {
    CAPTURE(SchemaCheck::path(field));
    CHECK(lower(field.key));
    CHECK(lower(field.values));
    CHECK(field.key.find('-') == std::string_view::npos);
  }
}

TEST_CASE("schema: it is JSON, covers every event, and only the strict one forbids new members") {
  const json open = json::parse(json_schema());
  const json strict = json::parse(json_schema(Strict::yes));
  CHECK(open["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  CHECK_FALSE(open["$defs"]["document"].contains("additionalProperties"));
  CHECK(strict["$defs"]["document"]["additionalProperties"] == false);
  for (const Shape& shape : kShapes) {
    if (shape.event) {
      CAPTURE(shape.name);
      CHECK(open["$defs"][std::string(shape.name)]["properties"]["event"]["const"] == shape.name);
    }
  }
}

TEST_CASE("schema: every reference in it leads somewhere") {
  const json schema = json::parse(json_schema());
  const std::string text = schema.dump();
  constexpr std::string_view kReference = "\"#/$defs/";
  std::size_t found = 0;
  for (auto at = text.find(kReference); at != std::string::npos;
       at = text.find(kReference, at + 1)) {
    const std::size_t start = at + kReference.size();
    const std::string name = text.substr(start, text.find('"', start) - start);
    CAPTURE(name);
    CHECK(schema["$defs"].contains(name));
    ++found;
  }
  CHECK(found > 30);
}

// Is the file in the repository what is generated now? SONDE_UPDATE=1 in the environment renews it.
bool in_step(const std::string& path, const std::string& generated) {
  const std::string full = SONDE_SOURCE_DIR "/" + path;
  if (std::getenv("SONDE_UPDATE") != nullptr) {
    std::ofstream(full) << generated;
  }
  std::ifstream file(full);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  INFO(path, " is out of step: run unit_report with SONDE_UPDATE=1");
  CHECK((text == generated));
  return text == generated;
}

TEST_CASE("schema: man/sonde-json.5 is what the table generates") {
  CHECK(in_step("man/sonde-json.5", json_man_page()));
}

TEST_CASE("schema: schema/sonde-1.schema.json is what --print-schema prints") {
  CHECK(in_step("schema/sonde-1.schema.json", json_schema()));
}

TEST_CASE("schema: the manual page tells every key") {
  const std::string page = json_man_page();
  for (const Field& field : kFields) {
    CAPTURE(SchemaCheck::path(field));
    CHECK(page.find(".It Cm " + std::string(field.key) + "\n") != std::string::npos);
  }
}

}  // namespace
}  // namespace sonde::report
