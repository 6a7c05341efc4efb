// text_sweep.cpp: fping's words, and when they are said.
#include "sonde/report/text_sweep.hpp"

#include <doctest/doctest.h>

#include "sonde/report/sweep_notes.hpp"
#include "sonde/report/sweep_progress.hpp"
#include "tests/unit/report/sweep_script.hpp"

namespace sonde::report {
namespace {

using probe::SweepEventKind;
using probe::SweepState;

const stats::SweepOptions kUntilAnswer{.mode = probe::SweepMode::until_answer, .retries = 3};
const stats::SweepOptions kCount{.mode = probe::SweepMode::count};

template <typename Play>
std::string text_of(const TextSweepOptions& options, const stats::SweepOptions& sweep, Play play) {
  StringSink out;
  TextSweep reporter(out, options);
  SweepScript run({&reporter}, sweep);
  run.start();
  play(run);
  run.end();
  return out.text();
}

void one_of_two(SweepScript& run) {
  run.answer(SweepEventKind::reply, 0, 0, 30us).settle(0, SweepState::alive);
  run.timeout(1, 0).settle(1, SweepState::unreachable);
  run.fail("nosuch.example", "Name or service not known");
}

TEST_CASE("text sweep: a line a target, alive or unreachable") {
  CHECK(text_of({}, kUntilAnswer, one_of_two) == "127.0.0.1 is alive\n127.0.0.2 is unreachable\n");
  CHECK(text_of({.show = SweepShow::alive}, kUntilAnswer, one_of_two) == "127.0.0.1\n");
  CHECK(text_of({.show = SweepShow::unreachable}, kUntilAnswer, one_of_two) == "127.0.0.2\n");
  CHECK(text_of({.elapsed = true}, kUntilAnswer, one_of_two) ==
        "127.0.0.1 is alive (0.030 ms)\n127.0.0.2 is unreachable\n");
  CHECK(text_of({.quiet = true}, kUntilAnswer, one_of_two).empty());
  CHECK(text_of({.stamps = Stamps::epoch}, kUntilAnswer, one_of_two) ==
        "[1795289186.838472] 127.0.0.1 is alive\n[1795289186.868472] 127.0.0.2 is unreachable\n");
}

TEST_CASE("text sweep: a target that could not be sent to is not told as a silent one") {
  const auto play = [](SweepScript& run) {
    run.send_failed(0, 0).settle(0, SweepState::unreachable);
    run.timeout(1, 0).settle(1, SweepState::unreachable);
  };
  CHECK(text_of({}, kUntilAnswer, play) ==
        "127.0.0.1 is unreachable (send failed)\n127.0.0.2 is unreachable\n");
  CHECK(text_of({.show = SweepShow::unreachable}, kUntilAnswer, play) == "127.0.0.1\n127.0.0.2\n");
}

TEST_CASE("text sweep: a line a probe, and a summary of each target") {
  const auto play = [](SweepScript& run) {
    run.answer(SweepEventKind::reply, 0, 0, 30us).timeout(1, 0);
    run.answer(SweepEventKind::late, 0, 1, 90us).error(1, 1, "10.9.1.2").send_failed(1, 2);
    run.answer(SweepEventKind::duplicate, 0, 1, 95us);
  };
  const std::string lines =
      "127.0.0.1 : [0], 64 bytes, 0.030 ms (0.030 avg, 0% loss)\n"
      "127.0.0.2 : [0], timed out (NaN avg, 100% loss)\n"
      "127.0.0.1 : [1], 64 bytes, 0.090 ms (0.060 avg, 0% loss) (late)\n"
      "127.0.0.2 : [1], ICMP Destination Host Unreachable from 10.9.1.2 (NaN avg, 100% loss)\n"
      "127.0.0.2 : [2], not sent: Network is unreachable (NaN avg, 100% loss)\n"
      "127.0.0.1 : duplicate for [1], 64 bytes, 0.095 ms\n\n";
  const std::string first =
      "127.0.0.1 : xmt/rcv/%loss = 2/2/0%, min/avg/max = 0.030/0.060/0.090, 1 late\n";
  const std::string second = "127.0.0.2 : xmt/rcv/%loss = 3/0/100%\n";
  CHECK(text_of({}, kCount, play) == lines + first + second);
  CHECK(text_of({.quiet = true}, kCount, play) == first + second);
  CHECK(text_of({.quiet = true, .list_rounds = true}, kCount, play) ==
        "127.0.0.1 : 0.030 0.090\n127.0.0.2 : - - -\n");
}

TEST_CASE("text sweep: names of addresses stand before them, cleaned, and -n leaves them out") {
  const auto play = [](SweepScript& run) {
    run.name(0, "r1.example").name(1, "x\x1b[31m\n.example");
    one_of_two(run);
  };
  CHECK(text_of({}, kUntilAnswer, play) ==
        "r1.example (127.0.0.1) is alive\nx\\x1b[31m\\x0a.example (127.0.0.2) is unreachable\n");
  CHECK(text_of({.show = SweepShow::alive}, kUntilAnswer, play) == "r1.example (127.0.0.1)\n");
  CHECK(text_of({.numeric = true}, kUntilAnswer, play) ==
        "127.0.0.1 is alive\n127.0.0.2 is unreachable\n");
  CHECK(text_of({}, kUntilAnswer, [](SweepScript& run) {
          run.name(0, "").answer(SweepEventKind::reply, 0, 0, 30us).settle(0, SweepState::alive);
        }) == "127.0.0.1 is alive\n");
}

TEST_CASE("text sweep: with rounds, targets are padded to one width as fping does") {
  CHECK(text_of({}, kCount,
                [](SweepScript& run) {
                  run.fail("a-longer-name", "not found");
                  run.answer(SweepEventKind::reply, 0, 0, 30us);
                }) ==
        "127.0.0.1     : [0], 64 bytes, 0.030 ms (0.030 avg, 0% loss)\n\n"
        "127.0.0.1     : xmt/rcv/%loss = 1/1/0%, min/avg/max = 0.030/0.030/0.030\n");
}

TEST_CASE("text sweep: names that come while the run goes on leave the columns where they are") {
  const auto play = [](SweepScript& run) {
    run.answer(SweepEventKind::reply, 0, 0, 30us);
    run.name(1, "router-two.example").answer(SweepEventKind::reply, 1, 0, 30us);
  };
  CHECK(
      text_of({.named = true}, kCount, play) ==
      "127.0.0.1                        : [0], 64 bytes, 0.030 ms (0.030 avg, 0% loss)\n"
      "router-two.example (127.0.0.2)   : [0], 64 bytes, 0.030 ms (0.030 avg, 0% loss)\n\n"
      "127.0.0.1                        : xmt/rcv/%loss = 1/1/0%, min/avg/max = 0.030/0.030/0.030\n"
      "router-two.example (127.0.0.2)   : xmt/rcv/%loss = 1/1/0%, min/avg/max = "
      "0.030/0.030/0.030\n");
  CHECK(
      text_of({.quiet = true, .named = true}, kCount, play) ==
      "127.0.0.1                      : xmt/rcv/%loss = 1/1/0%, min/avg/max = 0.030/0.030/0.030\n"
      "router-two.example (127.0.0.2) : xmt/rcv/%loss = 1/1/0%, min/avg/max = 0.030/0.030/0.030\n");
}

TEST_CASE("text sweep: a payload that is not what was sent is told") {
  const auto play = [](SweepScript& run) { run.corrupt(0, 0).settle(0, SweepState::alive); };
  CHECK(text_of({}, kUntilAnswer, play) == "127.0.0.1 is alive (corrupt)\n");
  CHECK(text_of({.show = SweepShow::alive}, kUntilAnswer, play) == "127.0.0.1\n");
  CHECK(text_of({}, kCount, play)
            .starts_with("127.0.0.1 : [0], 64 bytes, 1.00 ms (1.00 avg, 0% loss) "
                         "(corrupt at byte 17: 0x11 instead of 0x10)\n"));
}

TEST_CASE("text sweep: behind intervals the last summary has a heading of its own") {
  const auto play = [](SweepScript& run) {
    run.answer(SweepEventKind::reply, 0, 0, 30us).interim();
  };
  const std::string sums = "127.0.0.1 : xmt/rcv/%loss = 1/1/0%, min/avg/max = 0.030/0.030/0.030\n";
  const std::string text = text_of({.quiet = true}, kCount, play);
  CHECK(text.ends_with("]\n" + sums + "[total]\n" + sums));
  CHECK(text_of({.quiet = true}, kCount,
                [](SweepScript& run) { run.answer(SweepEventKind::reply, 0, 0, 30us); }) == sums);
}

TEST_CASE("text sweep: what could not be sent is no ICMP that was received") {
  const auto play = [](SweepScript& run) { run.failed_later(0, 0).failed_later(1, 0); };
  const std::string text = text_of({.quiet = true, .totals = true}, kUntilAnswer, play);
  CHECK(text.contains("       0 ICMP Echos sent\n"));
  CHECK(text.contains("       0 other ICMP received\n       2 could not be sent\n"));
  CHECK(text_of({}, kCount, play)
            .starts_with(
                "127.0.0.1 : [0], not sent: general failure (error 11050) (NaN avg, 100% loss)\n"));
}

TEST_CASE("text sweep: a duplicate is an echo reply too") {
  const auto play = [](SweepScript& run) {
    run.answer(SweepEventKind::reply, 0, 0, 30us).answer(SweepEventKind::duplicate, 0, 0, 40us);
  };
  const std::string text = text_of({.quiet = true, .totals = true}, kUntilAnswer, play);
  CHECK(text.contains("       2 ICMP Echo Replies received\n       0 other ICMP received\n"));
}

TEST_CASE("text sweep: the totals are fping's block, with NaN for what was not measured") {
  const std::string text = text_of({.quiet = true, .totals = true, .percentiles = true},
                                   kUntilAnswer, [](SweepScript& run) { run.timeout(1, 0); });
  CHECK(text ==
        "\n       2 targets\n       0 alive\n       0 unreachable\n       0 unknown addresses\n"
        "\n       1 timeouts (waiting for response)\n       1 ICMP Echos sent\n"
        "       0 ICMP Echo Replies received\n       0 other ICMP received\n"
        "\n NaN ms (min round trip time)\n NaN ms (avg round trip time)\n"
        " NaN ms (max round trip time)\n NaN ms (median round trip time)\n"
        " NaN ms (p90 round trip time)\n NaN ms (p95 round trip time)\n"
        " NaN ms (p99 round trip time)\n        0.020 sec (elapsed real time)\n\n");
}

TEST_CASE("text sweep: enough hosts, or not") {
  stats::SweepOptions options = kUntilAnswer;
  options.min_reachable = 1;
  CHECK(text_of({.quiet = true}, options, one_of_two) ==
        "Enough hosts reachable (required: 1, reachable: 1)\n");
  options.min_reachable = 2;
  CHECK(text_of({.quiet = true}, options, one_of_two) ==
        "Not enough hosts reachable (required: 2, reachable: 1)\n");
}

TEST_CASE("text sweep: while all probes are under way, nothing is known of loss") {
  const auto play = [](SweepScript& run) { run.sent(0, 0).sent(0, 1); };
  CHECK(text_of({}, kCount, play) == "127.0.0.1 : xmt/rcv/%loss = 2/0/NaN%, 2 in flight\n");
  CHECK(text_of({.show = SweepShow::unreachable}, kCount, play).empty());
}

TEST_CASE("text sweep: what comes after a target was finished changes its summary no more") {
  const auto play = [](SweepScript& run) {
    run.timeout(0, 0).settle(0, SweepState::unreachable);
    run.too_late(0, 0, 900ms);
  };
  CHECK(text_of({}, kCount, play) ==
        "127.0.0.1 : [0], timed out (NaN avg, 100% loss)\n"
        "127.0.0.1 : [0], 64 bytes, 900 ms (NaN avg, 100% loss) (late)\n\n"
        "127.0.0.1 : xmt/rcv/%loss = 1/0/100%\n");
}

TEST_CASE("text sweep: with rounds, -a and -u are summaries of one kind of target") {
  const auto play = [](SweepScript& run) {
    run.answer(SweepEventKind::reply, 0, 0, 30us).timeout(1, 0);
  };
  CHECK(text_of({.show = SweepShow::alive}, kCount, play) ==
        "127.0.0.1 : xmt/rcv/%loss = 1/1/0%, min/avg/max = 0.030/0.030/0.030\n");
  CHECK(text_of({.show = SweepShow::unreachable}, kCount, play) ==
        "127.0.0.2 : xmt/rcv/%loss = 1/0/100%\n");
}

TEST_CASE("text sweep: intervals within a second have headings of their own") {
  stats::SweepOptions options = kCount;
  options.summary_every = 100ms;
  const std::string text =
      text_of({.quiet = true, .utc_offset = [](WallTime) { return std::chrono::seconds(0); }},
              options, [](SweepScript& run) {
                run.answer(SweepEventKind::reply, 0, 0, 30us).interim();
                run.answer(SweepEventKind::reply, 0, 1, 30us).interim();
              });
  CHECK(text.starts_with("[19:26:26.828]\n"));
  CHECK(text.contains("[19:26:26.848]\n"));
}

TEST_CASE("sweep notes: look-ups that failed are named, and a flood of errors is not") {
  StringSink err;
  SweepNotes notes(err, {});
  SweepScript run({&notes}, kUntilAnswer);
  run.start();
  one_of_two(run);
  for (std::uint32_t i = 0; i < 20; ++i) {
    run.error(1, 1, "10.9.1.2");
  }
  run.slower(500).end();
  const std::string line = "sonde: 127.0.0.2: Destination Host Unreachable, says 10.9.1.2\n";
  std::string wanted = "sonde: nosuch.example: Name or service not known\n";
  for (std::uint32_t i = 0; i < SweepNotes::kLinesASecond; ++i) {
    wanted += line;
  }
  CHECK(err.text() == wanted +
                          "sonde: many answers are \"administratively prohibited\": slowing down "
                          "to 500 probes a second\nsonde: 10 more ICMP errors not shown\n");
}

TEST_CASE("sweep notes: with rounds, what stdout has no line for is told") {
  for (const bool lines : {true, false}) {
    StringSink err;
    SweepNotes notes(err, {.lines = lines});
    SweepScript run({&notes}, kCount);
    run.start().error(1, 0, "10.9.1.2").end();
    CHECK(err.text() ==
          (lines ? "" : "sonde: 127.0.0.2: Destination Host Unreachable, says 10.9.1.2\n"));
  }
}

TEST_CASE("sweep progress: nothing for 2 s, then one line that makes way for others") {
  StringSink err;
  StringSink out;
  SweepProgress progress(err, out);
  SweepScript run({&progress}, kUntilAnswer);
  run.start().progress(1s, 2);
  CHECK(err.text().empty());
  run.answer(SweepEventKind::reply, 0, 0, 30us).settle(0, SweepState::alive).progress(3s, 2);
  const std::string line = "\r\x1b[Ksonde: 50% of 2 targets, 1 alive, 0/s, 0:03 left";
  CHECK(err.text() == line);
  run.end();
  CHECK(err.text() == line + "\r\x1b[K");
}

TEST_CASE("sweep progress: a narrow terminal gets what fits, and no half of a number") {
  const auto line_at = [](std::size_t columns) {
    StringSink err;
    StringSink out;
    SweepProgress progress(err, out, [columns] { return columns; });
    SweepScript run({&progress}, kUntilAnswer);
    run.start().answer(SweepEventKind::reply, 0, 0, 30us).settle(0, SweepState::alive);
    run.progress(3s, 2);
    return err.text().substr(std::string_view("\r\x1b[K").size());
  };
  CHECK(line_at(49) == "sonde: 50% of 2 targets, 1 alive, 0/s, 0:03 left");
  CHECK(line_at(48) == "sonde: 50% of 2 targets, 1 alive, 0/s");
  CHECK(line_at(24) == "sonde: 50% of 2 targets");
  CHECK(line_at(23) == "sonde: 50% of 2");
  CHECK(line_at(5).empty());
  CHECK(line_at(0).empty());
}

TEST_CASE("sweep progress: with rounds what is done is what was sent") {
  StringSink err;
  StringSink out;
  SweepProgress progress(err, out);
  SweepScript run({&progress}, kCount);  // 4 rounds of 2 targets
  run.start().answer(SweepEventKind::reply, 0, 0, 30us).answer(SweepEventKind::reply, 1, 0, 30us);
  run.progress(3s, 2);
  CHECK(err.text() == "\r\x1b[Ksonde: 25% of 2 targets, 2 alive, 0/s, 0:09 left");
}

}  // namespace
}  // namespace sonde::report
