// Golden texts: those of CLI.md and of iputils 20221126 (measured), byte by byte.
#include "sonde/report/text_ping.hpp"

#include <doctest/doctest.h>

#include "tests/unit/report/run_script.hpp"

namespace sonde::report {
namespace {

using probe::EventKind;

// What a script writes to stdout.
template <typename Play>
std::string output(const TextPingOptions& options, const Play& play) {
  StringSink out;
  TextPing text(out, options);
  RunScript script({&text});
  play(script);
  return out.text();
}

// The lines behind the header of one target 10.9.2.2.
template <typename Play>
std::string lines(const TextPingOptions& options, const Play& play) {
  const std::string all = output(options, [&](RunScript& run) {
    run.start().target("10.9.2.2");
    play(run);
  });
  return all.substr(all.find('\n') + 1);
}

TEST_CASE("text: three replies, iputils to the letter") {
  CHECK(output({},
               [](RunScript& run) {
                 run.start({.count = 3, .interval = 200ms, .timeout = 1s, .payload_bytes = 56});
                 run.target("127.0.0.1");
                 run.sent(1, 0ms).reply(1, 30us, 30us);
                 run.sent(2, 202ms).reply(2, 202ms + 32us, 32us);
                 run.sent(3, 404ms).reply(3, 404ms + 37us, 37us);
                 run.end(404ms + 37us);
               }) ==
        "PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.\n"
        "64 bytes from 127.0.0.1: icmp_seq=1 ttl=64 time=0.030 ms\n"
        "64 bytes from 127.0.0.1: icmp_seq=2 ttl=64 time=0.032 ms\n"
        "64 bytes from 127.0.0.1: icmp_seq=3 ttl=64 time=0.037 ms\n"
        "\n"
        "--- 127.0.0.1 ping statistics ---\n"
        "3 packets transmitted, 3 received, 0% packet loss, time 404ms\n"
        "rtt min/avg/max/mdev = 0.030/0.033/0.037/0.003 ms\n");
}

TEST_CASE("text: IPv6 says data bytes") {
  CHECK(output({}, [](RunScript& run) { run.start().target("::1"); }) ==
        "PING ::1 (::1) 56 data bytes\n");
}

TEST_CASE("text: a chosen source or interface stands in the header") {
  const stats::Target target{.input = "x",
                             .address = RunScript::address("10.9.2.2"),
                             .source = RunScript::address("10.9.1.1")};
  const auto header = [&](const TextPingOptions& options) {
    return output(options, [&](RunScript& run) { run.start().target(target); });
  };
  CHECK(header({.show_source = true}) ==
        "PING x (10.9.2.2) from 10.9.1.1 : 56(84) bytes of data.\n");
  CHECK(header({.show_source = true, .interface = "v1"}) ==
        "PING x (10.9.2.2) from 10.9.1.1 v1: 56(84) bytes of data.\n");
  CHECK(header({.header_option_bytes = 40}) == "PING x (10.9.2.2) 56(124) bytes of data.\n");
}

TEST_CASE("text: a flow label stands in the IPv6 header line") {
  const TextPingOptions options{.flow_label = net::FlowLabel::from(5)};
  CHECK(output(options, [](RunScript& run) { run.start().target("::1"); }) ==
        "PING ::1 (::1) , flow 0x00005, 56 data bytes\n");
}

TEST_CASE("text: the header comes once, however often a target is told") {
  CHECK(output({}, [](RunScript& run) {
          stats::Target target{.input = "a", .address = RunScript::address("192.0.2.1")};
          run.start().target(target);
          StringSink ignored;
          TextPing again(ignored, {});
          again.on_start({});
          again.on_target(target);
          again.on_target(target);
          CHECK(ignored.text() == "PING a (192.0.2.1) 0(28) bytes of data.\n");
        }) == "PING a (192.0.2.1) 56(84) bytes of data.\n");
}

TEST_CASE("text: nothing received means no rtt line") {
  CHECK(lines({},
              [](RunScript& run) {
                run.sent(1, 0ms).add(run.icmp_error(1, 1ms, "10.9.1.2", {11, 0})).end(1ms);
              }) ==
        "From 10.9.1.2 icmp_seq=1 Time to live exceeded\n"
        "\n"
        "--- 10.9.2.2 ping statistics ---\n"
        "1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n");
}

TEST_CASE("text: one lost of three is 33.3333 per cent") {
  CHECK(lines({},
              [](RunScript& run) {
                run.sent(1, 0ms).reply(1, 1ms, 1ms).sent(2, 1000ms).reply(2, 1001ms, 1ms);
                run.sent(3, 2000ms).timeout(3, 3000ms).end(3000ms);
              }) ==
        "64 bytes from 10.9.2.2: icmp_seq=1 ttl=64 time=1.00 ms\n"
        "64 bytes from 10.9.2.2: icmp_seq=2 ttl=64 time=1.00 ms\n"
        "no answer yet for icmp_seq=3\n"
        "\n"
        "--- 10.9.2.2 ping statistics ---\n"
        "3 packets transmitted, 2 received, 33.3333% packet loss, time 2000ms\n"
        "rtt min/avg/max/mdev = 1.000/1.000/1.000/0.000 ms\n");
}

TEST_CASE("text: a late reply says so, and is no loss") {
  CHECK(lines({},
              [](RunScript& run) {
                run.sent(1, 0ms).timeout(1, 1000ms).late(1, 1503ms, 1503ms).end(1503ms);
              }) ==
        "no answer yet for icmp_seq=1\n"
        "64 bytes from 10.9.2.2: icmp_seq=1 ttl=64 time=1503 ms (late)\n"
        "\n"
        "--- 10.9.2.2 ping statistics ---\n"
        "1 packets transmitted, 1 received, 0% packet loss, time 0ms, 1 late\n"
        "rtt min/avg/max/mdev = 1503.000/1503.000/1503.000/0.000 ms\n");
}

TEST_CASE("text: iputils' own words stand in the middle, ours at the end of the line") {
  CHECK(lines({.quiet = true},
              [](RunScript& run) {
                run.sent(1, 0ms).reply(1, 1ms, 1ms);
                run.add(run.answer(EventKind::duplicate, 1, 2ms, 2ms));
                probe::Event bad = run.sent(2, 10ms).answer(EventKind::reply, 2, 11ms, 1ms);
                bad.observation.corruption =
                    probe::Corruption{.offset = 17, .expected = 16, .actual = 17};
                bad.reordered = true;
                run.add(bad).sent(3, 20ms).add(run.icmp_error(3, 21ms, "10.9.1.2", {3, 1}));
                run.sent(4, 30ms).timeout(4, 40ms).late(4, 50ms, 20ms).sent(5, 60ms);
                run.send_failed(6, 70ms, {.failure = probe::SendFailure::unreachable}).end(80ms);
              }) ==
        "\n"
        "--- 10.9.2.2 ping statistics ---\n"
        "6 packets transmitted, 3 received, +1 duplicates, +1 corrupted, +1 errors, "
        "40% packet loss, time 70ms, 1 late, 1 in flight, 1 send failures, 1 reordered\n"
        "rtt min/avg/max/mdev = 1.000/7.333/20.000/8.957 ms\n");
}

TEST_CASE("text: probes in flight alone are no loss") {
  CHECK(lines({}, [](RunScript& run) { run.sent(1, 0ms).end(1ms); }) ==
        "\n"
        "--- 10.9.2.2 ping statistics ---\n"
        "1 packets transmitted, 0 received, time 0ms, 1 in flight\n");
}

// The reply line of an event that `change` made special.
template <typename Change>
std::string special_reply(const TextPingOptions& options, const Change& change) {
  return lines(options, [&](RunScript& run) {
    probe::Event event = run.sent(1, 0ms).answer(EventKind::reply, 1, 1ms, 500us);
    change(event);
    run.add(event);
  });
}
constexpr std::string_view kPlain = "64 bytes from 10.9.2.2: icmp_seq=1 ttl=64 time=0.500 ms";

TEST_CASE("text: each suffix") {
  const std::string line(kPlain);
  CHECK(special_reply({}, [](probe::Event& e) { e.kind = EventKind::duplicate; }) ==
        line + " (DUP!)\n");
  CHECK(special_reply({}, [](probe::Event& e) { e.observation.truncated = true; }) ==
        line + " (truncated)\n");
  CHECK(special_reply({}, [](probe::Event& e) { e.reordered = true; }) == line + " (reordered)\n");
  CHECK(special_reply({}, [](probe::Event& e) {
          e.observation.corruption =
              probe::Corruption{.offset = 17, .expected = 0x10, .actual = 0x11};
        }) == line + " (corrupt at byte 17: 0x11 instead of 0x10)\n");
}

TEST_CASE("text: unverified is said only under -v") {
  const auto unverified = [](probe::Event& e) { e.observation.verified = false; };
  CHECK(special_reply({}, unverified) == std::string(kPlain) + "\n");
  CHECK(special_reply({.verbose = true}, unverified) == std::string(kPlain) + " (unverified)\n");
}

TEST_CASE("text: a reply without a ttl or a time leaves them out") {
  CHECK(special_reply({}, [](probe::Event& e) {
          e.observation.ttl.reset();
          e.rtt.reset();
        }) == "64 bytes from 10.9.2.2: icmp_seq=1\n");
}

TEST_CASE("text: the bell rings at the end of the line, as ping's") {
  CHECK(special_reply({.bell = true}, [](probe::Event&) {}) == std::string(kPlain) + "\a\n");
}

TEST_CASE("text: a recorded route follows its reply") {
  constexpr std::array<std::uint8_t, 12> kRoute{1, 7, 11, 12, 10, 9, 1, 1, 10, 9, 2, 2};
  probe::ObservationExtras extras;
  extras.header_options = *probe::HeaderOptions::from(std::as_bytes(std::span(kRoute)));
  const auto shared = std::make_shared<const probe::ObservationExtras>(extras);
  CHECK(lines({},
              [&](RunScript& run) {
                for (const std::uint64_t seq : {1U, 2U}) {
                  probe::Event event = run.sent(seq, 0ms).answer(EventKind::reply, seq, 1ms, 500us);
                  event.observation.extras = shared;
                  run.add(event);
                }
              }) ==
        "64 bytes from 10.9.2.2: icmp_seq=1 ttl=64 time=0.500 ms\n"
        "RR: \t10.9.1.1\n"
        "\t10.9.2.2\n"
        "\n"
        "64 bytes from 10.9.2.2: icmp_seq=2 ttl=64 time=0.500 ms\t(same route)\n");
}

TEST_CASE("text: stamps stand in front of replies, errors and time-outs") {
  const auto play = [](RunScript& run) {
    run.sent(1, 0ms).reply(1, 1ms, 500us);
    run.sent(2, 0ms).add(run.icmp_error(2, 2ms, "10.9.1.2", {3, 13}));
    run.sent(3, 0ms).timeout(3, 1s);
  };
  CHECK(lines({.stamps = Stamps::epoch}, play) ==
        "[1795289186.809472] 64 bytes from 10.9.2.2: icmp_seq=1 ttl=64 time=0.500 ms\n"
        "[1795289186.810472] From 10.9.1.2 icmp_seq=2 Packet filtered\n"
        "[1795289187.808472] no answer yet for icmp_seq=3\n");
  const auto paris = [](WallTime) -> std::chrono::seconds { return 1h; };
  const std::string local = lines({.stamps = Stamps::rfc3339, .utc_offset = paris}, play);
  CHECK(local.starts_with("[2026-11-21T20:26:26.809472+01:00] 64 bytes from"));
  CHECK(lines({.stamps = Stamps::rfc3339}, play).starts_with("[2026-11-21T19:26:26.809472Z] 64"));
}

TEST_CASE("text: a name is used once it is known, and only then") {
  CHECK(lines({},
              [](RunScript& run) {
                run.sent(1, 0ms).reply(1, 1ms, 500us);
                run.name("10.9.2.2", "two.example").name("10.9.1.2", "r1.example");
                run.sent(2, 0ms).reply(2, 1ms, 500us);
                run.sent(3, 0ms).add(run.icmp_error(3, 2ms, "10.9.1.2", {11, 0}));
              }) ==
        "64 bytes from 10.9.2.2: icmp_seq=1 ttl=64 time=0.500 ms\n"
        "64 bytes from two.example (10.9.2.2): icmp_seq=2 ttl=64 time=0.500 ms\n"
        "From r1.example (10.9.1.2) icmp_seq=3 Time to live exceeded\n");
}

TEST_CASE("text: a hostile name cannot reach the terminal") {
  CHECK(lines({},
              [](RunScript& run) {
                run.name("10.9.2.2", "\x1b]0;owned\x07").name("10.9.1.2", ".");
                run.sent(1, 0ms).reply(1, 1ms, 500us);
                run.sent(2, 0ms).add(run.icmp_error(2, 2ms, "10.9.1.2", {11, 0}));
              }) ==
        "64 bytes from \\x1b]0;owned\\x07 (10.9.2.2): icmp_seq=1 ttl=64 time=0.500 ms\n"
        "From 10.9.1.2 icmp_seq=2 Time to live exceeded\n");
}

TEST_CASE("text: several targets interleave, time-outs name theirs, each has a summary") {
  CHECK(output({.several = true},
               [](RunScript& run) {
                 run.start().target("127.0.0.1").target("127.0.0.2");
                 run.on(0).sent(1, 0ms).on(1).sent(1, 0ms).reply(1, 1ms, 500us);
                 run.on(0).timeout(1, 1s).end(1s);
               }) ==
        "PING 127.0.0.1 (127.0.0.1) 56(84) bytes of data.\n"
        "PING 127.0.0.2 (127.0.0.2) 56(84) bytes of data.\n"
        "64 bytes from 127.0.0.2: icmp_seq=1 ttl=64 time=0.500 ms\n"
        "no answer yet for icmp_seq=1 from 127.0.0.1\n"
        "\n"
        "--- 127.0.0.1 ping statistics ---\n"
        "1 packets transmitted, 0 received, 100% packet loss, time 0ms\n"
        "\n"
        "--- 127.0.0.2 ping statistics ---\n"
        "1 packets transmitted, 1 received, 0% packet loss, time 0ms\n"
        "rtt min/avg/max/mdev = 0.500/0.500/0.500/0.000 ms\n");
}

TEST_CASE("text: a target whose look-up failed has neither header nor summary") {
  CHECK(output({}, [](RunScript& run) {
          run.start().target({.input = "nosuch.example", .error = stats::TargetError{}}).end(1s);
        }) == "");
}

TEST_CASE("text: flood draws a dot for each probe and takes it back for each reply") {
  CHECK(lines({.flood = true, .summary = {.ipg = true}},
              [](RunScript& run) {
                run.sent(1, 0ms).reply(1, 1ms, 1ms).sent(2, 2ms);
                run.add(run.icmp_error(2, 3ms, "10.9.1.2", {3, 1})).sent(3, 4ms).end(4ms);
              }) ==
        ".\b \b.\bE."
        "\n--- 10.9.2.2 ping statistics ---\n"
        "3 packets transmitted, 1 received, +1 errors, 50% packet loss, time 4ms, 1 in flight\n"
        "rtt min/avg/max/mdev = 1.000/1.000/1.000/0.000 ms, ipg/ewma 2.000/1.000 ms\n");
}

TEST_CASE("text: quiet leaves header and summary, also of a flood") {
  CHECK(lines({.quiet = true, .flood = true}, [](RunScript& run) {
          run.sent(1, 0ms).reply(1, 1ms, 1ms).sent(2, 2ms).timeout(2, 1s);
        }) == "");
}

TEST_CASE("text: percentiles and jitter are a third line on request") {
  const auto third = [](const PingSummaryOptions& options) {
    const std::string text = lines({.quiet = true, .summary = options}, [](RunScript& run) {
      run.sent(1, 0ms).reply(1, 1ms, 1ms).sent(2, 10ms).reply(2, 13ms, 3ms).end(13ms);
    });
    return text.substr(text.find(" ms\n") + 4);
  };
  CHECK(third({.percentiles = true, .jitter = true}) ==
        "rtt median/p90/p95/p99 = 1.000/3.000/3.000/3.000 ms, jitter 0.125 ms\n");
  CHECK(third({.percentiles = true}) == "rtt median/p90/p95/p99 = 1.000/3.000/3.000/3.000 ms\n");
  CHECK(third({.jitter = true}) == "rtt jitter 0.125 ms\n");
  CHECK(third({}) == "");
}

TEST_CASE("text: colour is off unless asked for, and marks only what went wrong") {
  const auto play = [](RunScript& run) {
    run.sent(1, 0ms).reply(1, 1ms, 500us).sent(2, 0ms).timeout(2, 1s).end(1s);
  };
  CHECK(lines({}, play).find('\x1b') == std::string::npos);
  const std::string text = lines({.summary = {.colour = true}}, play);
  CHECK(text.starts_with(std::string(kPlain) + "\n"));
  CHECK(text.find("\x1b[31mno answer yet for icmp_seq=2\x1b[0m\n") != std::string::npos);
  CHECK(text.find(", \x1b[31m50% packet loss\x1b[0m, time") != std::string::npos);
}

}  // namespace
}  // namespace sonde::report
