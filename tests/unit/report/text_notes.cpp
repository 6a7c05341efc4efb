#include "sonde/report/text_notes.hpp"

#include <doctest/doctest.h>

#include "tests/unit/report/run_script.hpp"

namespace sonde::report {
namespace {

template <typename Play>
std::string notes(const TextNotesOptions& options, const Play& play) {
  StringSink err;
  TextNotes text(err, options);
  RunScript script({&text});
  script.start();
  play(script);
  return err.text();
}

constexpr probe::SendError kUnreachable{.failure = probe::SendFailure::unreachable};

TEST_CASE("notes: an undisturbed run says nothing") {
  CHECK(
      notes({.verbose = true}, [](RunScript& run) {
        run.target("127.0.0.1").sent(1, 0ms).reply(1, 1ms, 1ms).sent(2, 1s).timeout(2, 2s).end(2s);
      }) == "");
}

TEST_CASE("notes: a packet that is too long for the path") {
  CHECK(notes({},
              [](RunScript& run) {
                run.target("10.9.2.2");
                run.send_failed(
                    1, 0ms,
                    {.failure = probe::SendFailure::too_big, .os_code = 90, .mtu = net::Mtu(1400)});
                run.send_failed(2, 2s, {.failure = probe::SendFailure::too_big});
              }) ==
        "sonde: local error: message too long, mtu=1400\n"
        "sonde: local error: message too long\n");
}

TEST_CASE("notes: send errors come at most once a second, with how many were left out") {
  const auto fifteen_failures = [](RunScript& run) {
    run.target("10.9.2.2");
    for (std::uint64_t seq = 1; seq <= 15; ++seq) {
      run.send_failed(seq, (seq - 1) * 100ms, kUnreachable);
    }
    run.end(2s);
  };
  CHECK(notes({}, fifteen_failures) ==
        "sonde: send to 10.9.2.2 failed: Network is unreachable\n"
        "sonde: send to 10.9.2.2 failed: Network is unreachable (9 more send errors not shown)\n"
        "sonde: 4 more send errors not shown\n");
}

TEST_CASE("notes: one send error that was left out is one error") {
  const auto three_failures = [](RunScript& run) {
    run.target("10.9.2.2");
    for (const Duration at : {0ms, 900ms, 1100ms}) {
      run.send_failed(1, at, kUnreachable);
    }
    run.end(2s);
  };
  CHECK(notes({}, three_failures) ==
        "sonde: send to 10.9.2.2 failed: Network is unreachable\n"
        "sonde: send to 10.9.2.2 failed: Network is unreachable (1 more send error not shown)\n");
}

TEST_CASE("notes: what may not be sent says what stands in the way") {
  // The system's own number for it.
  const auto number_of = [](std::errc wanted) {
    int code = 1;
    while (std::error_code(code, std::system_category()) != wanted) {
      ++code;
    }
    return code;
  };
  const auto refused_with = [](int os_code) {
    return notes({}, [os_code](RunScript& run) {
      run.target("10.9.2.2")
          .send_failed(1, 0ms, {.failure = probe::SendFailure::prohibited, .os_code = os_code});
    });
  };
  CHECK(
      refused_with(EPERM) ==
      "sonde: send to 10.9.2.2 failed: Operation not permitted (a firewall on this computer drops "
      "it)\n");
  CHECK(refused_with(number_of(std::errc::permission_denied)) ==
        "sonde: send to 10.9.2.2 failed: Permission denied (if it is a broadcast address, add "
        "-b)\n");
}

TEST_CASE("notes: a local error that the system reports later is one as well") {
  CHECK(notes({}, [](RunScript& run) {
          run.target("10.9.2.2").sent(1, 0ms).failed_later(1, 1ms, kUnreachable);
        }) == "sonde: send to 10.9.2.2 failed: Network is unreachable\n");
}

TEST_CASE("notes: a trace says once why it cannot send, and what may be done") {
  const auto failing = [](probe::SendError error) {
    return notes({}, [error](RunScript& run) {
      run.target("10.9.2.2").target("::1");
      for (std::uint64_t seq = 1; seq <= 3; ++seq) {
        probe::Event event = run.event(probe::EventKind::send_failed, seq, seq * 1ms);
        event.send_error = error;
        event.step = {.ttl = net::Ttl(static_cast<std::uint8_t>(seq)), .query = 1};
        run.add(event);
        event.probe.target = 1;
        run.add(event);
      }
      run.end(1s);
    });
  };
  CHECK(failing(kUnreachable) ==
        "sonde: send to 10.9.2.2 failed: Network is unreachable (no route leads there: is the "
        "network up?)\n"
        "sonde: send to ::1 failed: Network is unreachable (no route leads there: is the network "
        "up?)\n");
  CHECK(failing({.failure = probe::SendFailure::too_big, .mtu = net::Mtu(1500)}) ==
        "sonde: local error: message too long, mtu=1500 (-s 1472 fits, or leave out --df and "
        "-M)\n"
        "sonde: local error: message too long, mtu=1500 (-s 1452 fits, or leave out --df and "
        "-M)\n");
}

TEST_CASE("notes: a failed look-up names its target once") {
  const auto failed = [](std::string message) {
    return notes({}, [&](RunScript& run) {
      run.target(
          {.input = "nosuch.example", .error = stats::TargetError{.message = std::move(message)}});
    });
  };
  CHECK(failed("Name or service not known") ==
        "sonde: nosuch.example: Name or service not known\n");
  CHECK(failed("nosuch.example: no such name") == "sonde: nosuch.example: no such name\n");
}

TEST_CASE("notes: a target's control characters do not reach the terminal") {
  CHECK(notes({}, [](RunScript& run) {
          run.target({.input = "a\x1b[2J", .error = stats::TargetError{.message = "no\nsuch"}});
        }) == "sonde: a\\x1b[2J: no\\x0asuch\n");
}

TEST_CASE("notes: the interim line is iputils'") {
  CHECK(notes({}, [](RunScript& run) {
          run.target("127.0.0.1");
          run.sent(1, 0ms).reply(1, 1ms, 44us).sent(2, 1s).reply(2, 2s, 67us);
          run.sent(3, 2s).reply(3, 3s, 66us).interim(3s);
        }) == "\r3/3 packets, 0% loss, min/avg/ewma/max = 0.044/0.059/0.049/0.067 ms\n");
  CHECK(notes({}, [](RunScript& run) {
          run.target("127.0.0.1").sent(1, 0ms).timeout(1, 1s).interim(1s);
        }) == "\r0/1 packets, 100% loss\n");
}

TEST_CASE("notes: the interim line's loss is of what has ended, rounded down") {
  const auto so_far = [](std::uint64_t answered, std::uint64_t lost) {
    return notes({}, [&](RunScript& run) {
      run.target("127.0.0.1");
      for (std::uint64_t seq = 1; seq <= answered + lost; ++seq) {
        const Duration at = seq * 1ms;
        seq <= lost ? run.sent(seq, at).timeout(seq, at + 1ms)
                    : run.sent(seq, at).reply(seq, at + 1ms, 66us);
      }
      run.interim(1s);
    });
  };
  CHECK(so_far(71, 29).starts_with("\r71/100 packets, 29% loss, "));
  CHECK(so_far(43, 57).starts_with("\r43/100 packets, 57% loss, "));
  CHECK(so_far(1, 299).starts_with("\r1/300 packets, 99% loss, "));
}

TEST_CASE("notes: with several targets the interim lines are named") {
  CHECK(notes({},
              [](RunScript& run) {
                run.target("127.0.0.1").target("::1");
                run.target(
                    {.input = "nosuch", .error = stats::TargetError{.message = "nosuch: gone"}});
                run.sent(1, 0ms).interim(1s);
              }) ==
        "sonde: nosuch: gone\n"
        "\r127.0.0.1: 0/1 packets\n"
        "\r::1: 0/0 packets\n");
}

TEST_CASE("notes: answers that could not be told apart explain a silence") {
  stats::RunEnd end;
  end.rejects.emplace().add(probe::Reject::quote);
  end.rejects->add(probe::Reject::token);
  const auto told = [&](std::uint16_t flows, const std::string& protocol) {
    StringSink err;
    TextNotes notes(err, {});
    notes.on_start(
        {.options = {.protocol = protocol, .trace = stats::TraceRunOptions{.flows = flows}}});
    std::vector<stats::TargetResult> results(1);
    results[0].path.emplace(net::Address::v4(0x0a000001), stats::PathLimits{});
    notes.on_end(end, results);
    return err.text();
  };
  CHECK(told(2, "icmp") == "");
  CHECK(told(2, "udp") ==
        "sonde: 2 answers did not say which probe they were for, so hops that look silent may be "
        "none; root or -P icmp can tell, and one flow, without --flows\n");
  end.engine.privileged = true;
  CHECK(told(1, "udp") ==
        "sonde: 1 answer did not say which probe it was for, so hops that look silent may be none; "
        "-P icmp can tell\n");
  end.constant_flows = false;
  CHECK(told(1, "udp") == "");
}

TEST_CASE("notes: under -v the end tells what was ignored, and why") {
  stats::RunEnd end;
  end.rejects.emplace().add(probe::Reject::stranger);
  end.rejects->add(probe::Reject::stranger);
  end.rejects->add(probe::Reject::token);
  CHECK(notes({.verbose = true}, [&](RunScript& run) { run.end(1s, end); }) ==
        "sonde: ignored 3 packets: 2 stranger, 1 token\n");
  CHECK(notes({}, [&](RunScript& run) { run.end(1s, end); }) == "");
}

}  // namespace
}  // namespace sonde::report
