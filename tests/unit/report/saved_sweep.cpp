// saved_sweep.cpp: what a sweep wrote is read back as it was.
#include "sonde/report/saved_sweep.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <vector>

#include "sonde/report/ndjson_sweep.hpp"
#include "tests/unit/report/sweep_script.hpp"

namespace sonde::report {
namespace {

using probe::SweepEventKind;
using probe::SweepState;

struct Read {
  std::vector<SavedSweepTarget> targets;
  std::vector<SavedAnswer> answers;
  std::vector<SavedEvent> events;
  std::optional<SavedEnd> end;
  std::string why;

  explicit Read(const std::string& text) {
    SavedSweepSink sink{.on_target =
                            [this](const auto& it) {
                              targets.push_back(it);
                              return SavedSweepSink::Answer();
                            },
                        .on_answer =
                            [this](const auto& it) {
                              answers.push_back(it);
                              return SavedSweepSink::Answer();
                            },
                        .on_event =
                            [this](const auto& it) {
                              events.push_back(it);
                              return SavedSweepSink::Answer();
                            },
                        .on_end =
                            [this](const auto& it) {
                              end = it;
                              return SavedSweepSink::Answer();
                            }};
    std::istringstream in(text);
    for (std::string line; why.empty() && std::getline(in, line);) {
      const auto result = read_saved_line(line, sink);
      why = result ? "" : result.error();
    }
  }
};

std::string written() {
  StringSink lines;
  NdjsonSweep reporter(lines, "0.1.0", true);
  SweepScript run({&reporter});
  run.start().name(0, "host.example").name(1, "x\xff");
  // 4070 ns as milliseconds is no binary number.
  run.answer(SweepEventKind::reply, 0, 0, 4070ns).answer(SweepEventKind::late, 0, 1, 700ms);
  run.corrupt(0, 2).timeout(0, 3).settle(0, SweepState::alive);
  run.error(1, 0, "10.9.1.2").send_failed(1, 1).timeout(1, 2).timeout(1, 3);
  run.settle(1, SweepState::unreachable).end();
  return lines.text();
}

}  // namespace

TEST_CASE("saved sweep: a target comes back with its error, name, clock and times") {
  const Read read(written());
  REQUIRE(read.why.empty());
  REQUIRE(read.targets.size() == 2);
  const stats::SavedTarget& alive = read.targets[0].target;
  CHECK(alive.name == Untrusted("host.example"));
  CHECK(alive.counts.corrupt == 1);
  REQUIRE(alive.rtt);
  CHECK(alive.rtt->max == 700ms);
  CHECK(alive.rtt->clock == probe::RttClock::kernel_rx);
  using stats::ProbeEnd;
  using stats::ProbeSample;
  CHECK(alive.samples == std::vector{ProbeSample::reply(4070ns), ProbeSample::late(700ms),
                                     ProbeSample::reply(1ms), ProbeSample(ProbeEnd::timeout)});
  CHECK_FALSE(alive.icmp_error);
  const stats::SavedTarget& silent = read.targets[1].target;
  CHECK(silent.name == Untrusted("x\xff"));
  CHECK(silent.samples ==
        std::vector{ProbeSample(ProbeEnd::error), ProbeSample(ProbeEnd::send_failed),
                    ProbeSample(ProbeEnd::timeout), ProbeSample(ProbeEnd::timeout)});
  REQUIRE(silent.icmp_error);
  CHECK(silent.icmp_error->icmp == wire::IcmpType{.type = 3, .code = 1});
  CHECK(silent.icmp_error->responder == RunScript::address("10.9.1.2"));
  REQUIRE(read.end);
  CHECK(read.end->counts.corrupt == 1);
}

TEST_CASE("saved sweep: each line of a probe is told again, letter by letter") {
  const std::string text = written();
  const Read read(text);
  REQUIRE(read.events.size() == 8);
  for (const SavedEvent& event : read.events) {
    CHECK(text.contains(event.line + "\n"));
  }
  REQUIRE(read.answers.size() == 8);
  CHECK(read.answers[1].round == 1);
  CHECK(read.answers[1].rtt == 700ms);
  CHECK(read.answers[1].sample.end() == stats::ProbeEnd::late);
  CHECK(read.answers[3].sample.end() == stats::ProbeEnd::timeout);
  CHECK_FALSE(read.answers[3].rtt);
}

TEST_CASE("saved sweep: a line told again is safe to look at, whatever it says") {
  const Read read(
      "{\"event\":\"timeout\",\"target\":0,\"x\":[\"\\u001b[31m\x7f\",-1.5,null,true]}\n");
  REQUIRE(read.events.size() == 1);
  CHECK_FALSE(read.events[0].line.contains('\x1b'));
  CHECK_FALSE(read.events[0].line.contains('\x7f'));
  CHECK(read.events[0].line.ends_with("-1.5,null,true]}"));
  for (const std::string_view bad : {R"({"event":"reply","target":0,"rtt_ms":1})",
                                     R"({"event":"reply","target":0,"seq":0,"rtt_ms":1})",
                                     R"({"event":"timeout","target":4294967295})"}) {
    CHECK_FALSE(Read(std::string(bad)).why.empty());
  }
}

}  // namespace sonde::report
