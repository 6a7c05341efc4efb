// Exit codes: one table, one case a row.
#include "app/verdict.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "app/sweep_verdict.hpp"

namespace sonde::app {
namespace {

using stats::TargetResult;

probe::Event event(probe::EventKind kind, std::uint64_t sequence) {
  probe::Event made;
  made.kind = kind;
  made.probe = {.target = 0, .sequence = sequence};
  if (kind == probe::EventKind::reply) {
    made.rtt = 1ms;
  }
  return made;
}

TargetResult target(std::uint64_t sent, std::uint64_t replies) {
  TargetResult result;
  result.target.input = "host.example";
  result.target.address = net::Address::v4(0xc0000201);
  for (std::uint64_t i = 1; i <= sent; ++i) {
    result.stats.apply(event(probe::EventKind::sent, i));
    result.stats.apply(
        event(i <= replies ? probe::EventKind::reply : probe::EventKind::timeout, i));
  }
  return result;
}

TargetResult failing(stats::TargetError::Kind kind) {
  TargetResult result;
  result.target.input = "host.example";
  result.target.error = stats::TargetError{.kind = kind, .message = "some reason"};
  return result;
}

int code(const std::vector<TargetResult>& targets,
         std::optional<std::uint64_t> until = std::nullopt) {
  const stats::Verdict verdict = judge_ping(targets, until);
  CHECK(verdict.pass == (verdict.exit_code == 0));
  CHECK(verdict.reasons.empty() == verdict.pass);
  return verdict.exit_code;
}

TEST_CASE("verdict: 0 when every target answered, however seldom") {
  CHECK(code({target(3, 3)}) == 0);
  CHECK(code({target(3, 1)}) == 0);
  CHECK(code({target(1, 1), target(5, 2)}) == 0);
}

TEST_CASE("verdict: 4 when answers could not be read, whatever was counted") {
  const std::vector<TargetResult> targets{target(3, 3)};
  const stats::Verdict verdict = with_failure(judge_ping(targets, std::nullopt), "no answers");
  CHECK_FALSE(verdict.pass);
  CHECK(verdict.exit_code == 4);
  CHECK(verdict.reasons == std::vector<std::string>{"no answers"});
  CHECK(with_failure(judge_ping(targets, std::nullopt), std::nullopt).pass);
}

TEST_CASE("verdict: 1 when a target did not, or had sent nothing yet") {
  CHECK(code({target(3, 0)}) == 1);
  CHECK(code({target(3, 3), target(3, 0)}) == 1);
  CHECK(code({target(0, 0)}) == 1);
}

TEST_CASE("verdict: a target that only errors speak for did not reply") {
  TargetResult result = target(3, 0);
  probe::Event refused = event(probe::EventKind::error, 3);
  refused.replaces = probe::Replaced::timeout;
  result.stats.apply(refused);
  CHECK(code({result}) == 1);
  CHECK(judge_ping(std::vector{result}, std::nullopt).reasons.front() ==
        "host.example: no reply, 1 error");
  CHECK(judge_ping(std::vector{target(3, 0)}, std::nullopt).reasons.front() ==
        "host.example: no answer");
}

TEST_CASE("verdict: --until-replies asks for that many") {
  CHECK(code({target(5, 3)}, 3) == 0);
  CHECK(code({target(5, 2)}, 3) == 1);
  CHECK(judge_ping(std::vector{target(5, 2)}, 3).reasons.front() == "host.example: 2 of 3 replies");
}

TEST_CASE("verdict: the worst cause wins") {
  using enum stats::TargetError::Kind;
  CHECK(code({failing(resolve)}) == 2);
  CHECK(code({target(3, 0), failing(resolve), target(1, 1)}) == 2);
  CHECK(code({failing(system), failing(resolve)}) == 4);
  CHECK(judge_ping(std::vector{target(3, 0), failing(resolve)}, std::nullopt).reasons.size() == 2);
}

TEST_CASE("verdict: a name that was still being looked up did not resolve") {
  TargetResult unknown;
  unknown.target.input = "host.example";
  CHECK(code({unknown}) == 2);
}

TEST_CASE("verdict: a trace of which no probe could be sent is the system's failure") {
  TargetResult unsent = target(0, 0);
  unsent.stats.apply(event(probe::EventKind::send_failed, 1));
  const stats::Verdict verdict = judge_trace(std::vector{unsent, target(3, 0)});
  CHECK(verdict.exit_code == 4);
  CHECK(verdict.reasons == std::vector<std::string>{
                               "host.example: not reached: no probe could be sent",
                               "host.example: not reached",
                           });
  TargetResult partly = target(1, 0);
  partly.stats.apply(event(probe::EventKind::send_failed, 2));
  CHECK(judge_trace(std::vector{partly}).exit_code == 1);
}

TEST_CASE("verdict: of a sweep it says how many probes could not be sent") {
  const stats::SweepTotals totals{
      .alive = 1,
      .unreachable = 2,
      .counts = {.sent = 4, .received = 1, .lost = 1, .send_failures = 2}};
  const stats::Verdict verdict = judge_sweep(totals, 3, {});
  CHECK(verdict.exit_code == 1);
  CHECK(verdict.reasons == std::vector<std::string>{"2 of 3 targets did not answer",
                                                    "2 of 4 probes could not be sent"});
  const stats::SweepTotals reached{.alive = 1,
                                   .counts = {.sent = 2, .received = 1, .send_failures = 1}};
  CHECK(judge_sweep(reached, 1, {}).pass);
}

TEST_CASE("verdict: output that was lost is worse than all else") {
  CHECK(with_failure({}, std::nullopt).pass);
  CHECK(with_failure({}, std::nullopt).exit_code == 0);
  const stats::Verdict lost =
      with_failure({.pass = false, .exit_code = 1, .reasons = {"h: no answer"}}, "cannot write");
  CHECK_FALSE(lost.pass);
  CHECK(lost.exit_code == 4);
  CHECK(lost.reasons == std::vector<std::string>{"h: no answer", "cannot write"});
}

TEST_CASE("verdict: a system failure has its reason") {
  CHECK(system_failure("no socket").exit_code == 4);
  CHECK(system_failure("no socket").reasons == std::vector<std::string>{"no socket"});
}

}  // namespace
}  // namespace sonde::app
