// text_trace.cpp: the text of a trace, line by line, to the letter.
#include "sonde/report/text_trace.hpp"

#include <doctest/doctest.h>

#include <memory>

#include "sonde/report/failure_text.hpp"
#include "tests/unit/report/trace_script.hpp"

namespace sonde::report {
namespace {

using probe::PathEnd;

struct Rig {
  explicit Rig(TextTraceOptions options = {.numeric = true},
               stats::TraceRunOptions trace = {.queries = 3})
      : text(sink, std::move(options)) {
    script.options.trace = trace;
  }
  Rig& begin(std::string input = "198.51.100.9") {
    script.start().target(std::move(input));
    return *this;
  }
  // What was printed since the last time.
  std::string fresh() {
    const std::string out = sink.text().substr(seen);
    seen = sink.text().size();
    return out;
  }

  StringSink sink;
  TextTrace text;
  TraceScript script{{&text}};
  std::size_t seen = 0;
};

constexpr std::string_view kHeader =
    "traceroute to 198.51.100.9 (198.51.100.9), 30 hops max, 60 byte packets\n";

std::shared_ptr<const probe::ObservationExtras> carrying(wire::ExtensionObject object) {
  auto extras = std::make_shared<probe::ObservationExtras>();
  extras->extensions.objects.push_back(std::move(object));
  return extras;
}

}  // namespace

TEST_CASE("trace text: header, hops as they are complete, a silent one as stars") {
  Rig rig;
  rig.begin();
  CHECK(rig.fresh() == kHeader);
  rig.script.hop(1, "10.0.0.1", {137us, 108us, 102us});
  CHECK(rig.fresh() == " 1  10.0.0.1  0.137 ms  0.108 ms  0.102 ms\n");
  rig.script.hop(2, "", {0ms, 0ms, 0ms});
  CHECK(rig.fresh() == " 2  * * *\n");
  rig.script.hop(3, "destination", {9ms, 0ms, 10500us});
  rig.script.ended(PathEnd::reached, 3).end();
  CHECK(rig.fresh() == " 3  198.51.100.9  9.000 ms *  10.500 ms\n");
}

TEST_CASE("trace text: a hop waits for those before it") {
  Rig rig;
  rig.begin().fresh();
  const auto first = rig.script.next(1, 3);
  rig.script.add(test::path_sent(first)).hop(1, "10.0.0.1", {1ms, 1ms});
  rig.script.hop(2, "destination", {2ms, 2ms, 2ms});
  CHECK(rig.fresh().empty());
  rig.script.add(test::path_error(first, "10.0.0.1", 1ms));
  CHECK(rig.fresh() ==
        " 1  10.0.0.1  1.000 ms  1.000 ms  1.000 ms\n"
        " 2  198.51.100.9  2.000 ms  2.000 ms  2.000 ms\n");
}

TEST_CASE("trace text: an address is printed again only where it changes") {
  Rig rig;
  rig.begin().fresh();
  rig.script.hop(1, "10.0.0.1", {1ms});
  const auto second = rig.script.next(1, 2);
  const auto third = rig.script.next(1, 3);
  rig.script.add(test::path_sent(second)).add(test::path_error(second, "10.0.0.2", 2ms));
  rig.script.add(test::path_sent(third)).add(test::path_error(third, "10.0.0.2", 3ms));
  CHECK(rig.fresh() == " 1  10.0.0.1  1.000 ms 10.0.0.2  2.000 ms  3.000 ms\n");
}

TEST_CASE("trace text: marks stand behind the time, as traceroute has them") {
  struct Case {
    std::pair<int, int> icmp;
    std::string_view mark;
  };
  for (const Case& c :
       {Case{{3, 0}, " !N"}, Case{{3, 1}, " !H"}, Case{{3, 2}, " !P"}, Case{{3, 5}, " !S"},
        Case{{3, 9}, " !X"}, Case{{3, 10}, " !X"}, Case{{3, 13}, " !X"}, Case{{3, 14}, " !V"},
        Case{{3, 15}, " !C"}, Case{{3, 42}, " !<42>"}, Case{{12, 0}, " !<12-0>"}, Case{{11, 0}, ""},
        Case{{3, 4}, " !F-0"}, Case{{3, 3}, " !<3>"}}) {
    Rig rig({.numeric = true}, {.queries = 1});
    rig.begin().fresh();
    rig.script.hop(1, "10.0.0.1", {1ms}, c.icmp);
    CHECK(rig.fresh() == " 1  10.0.0.1  1.000 ms" + std::string(c.mark) + "\n");
  }
}

TEST_CASE(
    "trace text: a UDP destination's port unreachable is no failure, its prohibition is one") {
  Rig rig({.numeric = true}, {.queries = 1});
  rig.begin().fresh();
  rig.script.hop(1, "198.51.100.9", {1ms}, {3, 3}).ended(PathEnd::reached, 1);
  CHECK(rig.fresh() == " 1  198.51.100.9  1.000 ms\n");
  Rig other({.numeric = true}, {.queries = 1});
  other.begin().fresh();
  other.script.hop(1, "198.51.100.9", {1ms}, {3, 10}).ended(PathEnd::reached, 1);
  CHECK(other.fresh() == " 1  198.51.100.9  1.000 ms !X\n");
}

TEST_CASE(
    "trace text: names are waited for, but not long, and who has none has its address twice") {
  Rig rig({.numeric = false}, {.queries = 1});
  rig.begin("host.example");
  CHECK(rig.fresh() == "traceroute to host.example (198.51.100.9), 30 hops max, 60 byte packets\n");
  rig.script.hop(1, "10.0.0.1", {1ms}).hop(2, "10.0.0.2", {2ms}).hop(3, "destination", {3ms});
  CHECK(rig.fresh().empty());
  rig.script.name("10.0.0.1", "r1.example", 5ms);
  CHECK(rig.fresh() == " 1  r1.example (10.0.0.1)  1.000 ms\n");
  rig.script.name("10.0.0.2", "", 6ms);
  CHECK(rig.fresh() == " 2  10.0.0.2 (10.0.0.2)  2.000 ms\n");
  CHECK(rig.text.wake_at() == test::kPathStart + 3ms + TextTrace::kNamePatience);
  rig.script.time(1004ms);
  CHECK(rig.fresh() == " 3  198.51.100.9 (198.51.100.9)  3.000 ms\n");
}

TEST_CASE("trace text: MPLS labels always, interfaces and unknown objects on request") {
  const wire::ExtensionObject labels{
      .class_num = 1,
      .c_type = 1,
      .labels = {{.label = 16010, .traffic_class = 0, .bottom_of_stack = false, .ttl = net::Ttl(1)},
                 {.label = 17, .traffic_class = 5, .bottom_of_stack = true, .ttl = net::Ttl(2)}},
      .interface_info = std::nullopt,
      .raw = {}};
  const wire::ExtensionObject link{
      .class_num = 2,
      .c_type = 0,
      .labels = {},
      .interface_info = wire::InterfaceInformation{.role = wire::InterfaceRole::incoming,
                                                   .index = 7,
                                                   .address = test::at("192.0.2.1"),
                                                   .name = Untrusted("ge 0/0>\x1b"),
                                                   .mtu = net::Mtu(1500)},
      .raw = {}};
  const wire::ExtensionObject other{.class_num = 9,
                                    .c_type = 3,
                                    .labels = {},
                                    .interface_info = std::nullopt,
                                    .raw = {std::byte{0xab}}};
  for (const auto& [detail, object, shown] :
       {std::tuple{ExtensionDetail::labels, labels, " <MPLS:L=16010,E=0,S=0,T=1/L=17,E=5,S=1,T=2>"},
        std::tuple{ExtensionDetail::labels, link, ""},
        std::tuple{ExtensionDetail::labels, other, ""},
        std::tuple{ExtensionDetail::all, link,
                   " <INC:index=7,addr=192.0.2.1,name=ge_0/0_\\x1b,mtu=1500>"},
        std::tuple{ExtensionDetail::all, other, " <9/3:ab>"}}) {
    Rig rig({.numeric = true, .detail = detail}, {.queries = 1});
    rig.begin().fresh();
    const auto probe = rig.script.next(1, 1);
    probe::Event event = test::path_error(probe, "10.0.0.1", 1ms);
    event.observation.extras = carrying(object);
    rig.script.add(test::path_sent(probe)).add(event);
    CHECK(rig.fresh() == " 1  10.0.0.1" + std::string(shown) + "  1.000 ms\n");
  }
}

TEST_CASE("trace text: why the destination was not reached is one line") {
  Rig gap({.numeric = true}, {.queries = 1});
  gap.begin().fresh();
  gap.script.hop(1, "10.0.0.1", {1ms})
      .hop(2, "10.0.0.2", {0ms})
      .hop(3, "", {0ms})
      .ended(PathEnd::gap, 3);
  CHECK(gap.fresh() ==
        " 1  10.0.0.1  1.000 ms\n 2  *\n 3  *\n"
        "not reached: 2 hops in a row are silent behind hop 1\n"
        "a host that is down looks the same: its router says so after 3 s, and -W 4 waits for "
        "that\n");
  Rig refused({.numeric = true}, {.queries = 1});
  refused.begin().fresh();
  refused.script.hop(1, "10.0.0.1", {1ms}, {3, 13}).ended(PathEnd::unreachable, 1);
  CHECK(refused.fresh() ==
        " 1  10.0.0.1  1.000 ms !X\nnot reached: 10.0.0.1 says: Packet filtered\n");
  Rig unsent({.numeric = true}, {.queries = 1});
  unsent.begin().fresh();
  probe::Event failed = test::path_sent(unsent.script.next(1, 1));
  failed.kind = probe::EventKind::send_failed;
  failed.send_error = {.failure = probe::SendFailure::unreachable};
  unsent.script.add(failed).ended(PathEnd::unreachable, 1);
  CHECK(unsent.fresh() ==
        "not reached: it cannot be sent to: " + send_error_text(*failed.send_error) + '\n');
  Rig nobody({.numeric = true}, {.queries = 1});
  nobody.begin().fresh();
  nobody.script.from("192.0.2.7").hop(1, "192.0.2.7", {1ms}, {3, 1});
  nobody.script.ended(PathEnd::unreachable, 1);
  CHECK(
      nobody.fresh() ==
      " 1  192.0.2.7  1.000 ms !H\nnot reached: nobody on the link answers for the next hop; this "
      "computer says: Destination Host Unreachable\n");
  Rig loop({.numeric = true}, {.queries = 1});
  loop.begin().fresh();
  loop.script.hop(1, "10.0.0.1", {1ms}).hop(2, "10.0.0.2", {1ms}).hop(3, "10.0.0.1", {1ms});
  loop.script.hop(4, "10.0.0.2", {1ms}).ended(PathEnd::loop, 4);
  CHECK(loop.fresh().ends_with("not reached: a loop: 10.0.0.1, 10.0.0.2, again and again\n"));
  Rig far({.numeric = true}, {.max_ttl = net::Ttl(1), .queries = 1});
  far.begin().fresh();
  far.script.hop(1, "10.0.0.1", {1ms}).ended(PathEnd::max_ttl, 1);
  CHECK(far.fresh() == " 1  10.0.0.1  1.000 ms\nnot reached: it is more than 1 hop away\n");
  Rig mute({.numeric = true}, {.max_ttl = net::Ttl(2), .queries = 1});
  mute.begin().fresh();
  mute.script.hop(1, "10.0.0.1", {1ms}).hop(2, "10.0.0.2", {0ms}).ended(PathEnd::max_ttl, 2);
  CHECK(mute.fresh().ends_with("not reached: it does not answer within 2 hops\n"));
}

TEST_CASE("trace text: no flow has a path that nothing was sent on") {
  Rig rig({.numeric = true}, {.queries = 1, .flows = 2});
  rig.begin().fresh();
  probe::Event failed = test::path_sent(rig.script.next(1, 1));
  failed.kind = probe::EventKind::send_failed;
  failed.send_error = {.failure = probe::SendFailure::prohibited};
  rig.script.add(failed).ended(PathEnd::unreachable, 1);
  CHECK(rig.fresh().starts_with("not reached: it cannot be sent to: "));
}

TEST_CASE("trace text: -W is no advice to who cannot wait for longer") {
  Rig rig({.numeric = true}, {.queries = 1, .constant_flow = false});
  rig.script.options.protocol = "tcp";
  rig.begin().fresh();
  rig.script.hop(1, "10.0.0.1", {1ms}).hop(2, "", {0ms}).ended(PathEnd::gap, 2);
  CHECK(rig.fresh().ends_with("not reached: 1 hop is silent behind hop 1\n"));
}

TEST_CASE("trace text: hops that nothing was sent to are shown once anything was") {
  Rig rig({.numeric = true}, {.queries = 1});
  rig.begin().fresh();
  probe::Event failed = test::path_sent(rig.script.next(1, 1));
  failed.kind = probe::EventKind::send_failed;
  failed.send_error = {.failure = probe::SendFailure::prohibited};
  rig.script.add(failed);
  CHECK(rig.fresh().empty());
  rig.script.hop(2, "10.0.0.2", {1ms}).ended(PathEnd::max_ttl, 2);
  CHECK(rig.fresh().starts_with(" 1  ?\n 2  10.0.0.2  1.000 ms\nnot reached: "));
}

TEST_CASE("trace text: a run that is stopped shows what is known, and ? where nothing is") {
  Rig rig;
  rig.begin().fresh();
  rig.script.hop(2, "10.0.0.2", {1ms, 0ms});
  rig.script.add(test::path_sent(rig.script.next(2, 3)));
  rig.script.add(test::path_sent(rig.script.next(1, 1)));
  rig.script.end();
  CHECK(rig.fresh() ==
        " 1  ?\n 2  10.0.0.2  1.000 ms * ?\nnot reached: the trace was ended before\n");
}

TEST_CASE("trace text: the path MTU stands behind its hop, and once more at the end") {
  Rig rig({.numeric = true}, {.queries = 1, .find_mtu = true});
  rig.begin().fresh();
  rig.script.hop(1, "10.0.0.1", {1ms}).hop(2, "destination", {2ms});
  CHECK(rig.fresh().empty());
  rig.script.add(test::path_mtu(1, 1500, probe::MtuEvidence::passed, 5ms));
  CHECK(rig.fresh() == " 1  10.0.0.1  1.000 ms F=1500\n");
  rig.script.add(test::path_mtu(2, 1400, probe::MtuEvidence::reported, 6ms));
  rig.script.ended(PathEnd::reached, 2);
  CHECK(rig.fresh() ==
        " 2  198.51.100.9  2.000 ms F=1400\npath MTU 1400, from hop 2 on: a router says so\n");
}

TEST_CASE("trace text: a destination that answers seldom is nearer than where it answered") {
  const auto notes = [](std::uint8_t quoted_ttl, bool router_before) {
    Rig rig({.numeric = true}, {.queries = 1});
    rig.script.options.protocol = "udp";
    rig.begin();
    rig.script.hop(1, "10.0.0.1", {1ms}).hop(2, "10.0.0.2", {0ms});
    rig.script.hop(3, router_before ? "10.0.0.3" : "", {router_before ? 1ms : 0ms});
    const auto probe = rig.script.next(4, 1);
    probe::Event event = test::path_error(probe, "198.51.100.9", 1ms, {3, 3});
    event.observation.quoted = probe::QuotedHeader{.ttl = net::Ttl(quoted_ttl), .tos = net::Tos(0)};
    rig.script.add(test::path_sent(probe)).add(event).ended(PathEnd::reached, 4);
    const std::string text = rig.fresh();
    return text.substr(text.find("198.51.100.9  1.000"));
  };
  const std::string row = "198.51.100.9  1.000 ms\n";
  CHECK(notes(3, false) == row +
                               "by the TTL that it quotes the destination is at hop 2: it does not "
                               "answer every probe\n");
  CHECK(notes(1, false) == row);
  CHECK(notes(2, true) == row);
  CHECK(notes(4, false) == row);
  const std::string doubt = "the destination is at hop 4 at most: hops 2 to 3 are silent\n";
  CHECK(notes(64, false) == row + doubt);  // it quotes what nobody sent
}

TEST_CASE("trace text: what quotes no TTL is at most where it answered first") {
  const auto notes = [](const char* protocol, int first, int silent, int distance) {
    Rig rig({.numeric = true},
            {.first_ttl = net::Ttl(static_cast<std::uint8_t>(first)), .queries = 1});
    rig.script.options.protocol = protocol;
    rig.begin();
    for (int ttl = first; ttl < distance; ++ttl) {
      rig.script.hop(ttl, "10.0.0.1", {ttl < silent ? 1ms : 0ms}, {11, ttl == 0 ? 1 : 0});
    }
    rig.script.hop(distance, "destination", {1ms}).ended(PathEnd::reached, distance);
    const std::string text = rig.fresh();
    return text.substr(text.find("198.51.100.9  1.000 ms\n") + 23);
  };
  CHECK(notes("udp", 1, 2, 2).empty());
  CHECK(notes("udp", 1, 1, 1).empty());
  CHECK(notes("udp", 1, 2, 3) == "the destination is at hop 3 at most: hop 2 is silent\n");
  CHECK(notes("icmp", 1, 2, 3).empty());  // answers to ICMP are not rationed
  const std::string far = "the destination is at hop 20 at most: hops 1 to 19 were not asked\n";
  CHECK(notes("udp", 20, 20, 20) == far);
  CHECK(notes("tcp", 20, 20, 20) == far);
}

TEST_CASE("trace text: a path MTU that is as large as what was tried is so at least") {
  Rig rig({.numeric = true}, {.queries = 1, .find_mtu = true});
  rig.begin().fresh();
  rig.script.hop(1, "destination", {2ms});
  rig.script.add(test::path_mtu(1, 60, probe::MtuEvidence::passed, 5ms));
  rig.script.ended(PathEnd::reached, 1);
  CHECK(rig.fresh() ==
        " 1  198.51.100.9  2.000 ms F=60\n"
        "path MTU 60 at least: such packets get through, none larger was tried\n");
}

TEST_CASE("trace text: a path MTU that could not be told is none") {
  Rig rig({.numeric = true}, {.queries = 1, .find_mtu = true});
  rig.begin().fresh();
  rig.script.hop(1, "10.0.0.1", {1ms}).hop(2, "destination", {2ms});
  rig.script.add(test::path_mtu(1, 1500, probe::MtuEvidence::passed, 5ms));
  rig.script.ended(PathEnd::reached, 2);
  CHECK(rig.fresh() ==
        " 1  10.0.0.1  1.000 ms F=1500\n 2  198.51.100.9  2.000 ms\n"
        "path MTU unknown, at most 1500: hop 2 answers too seldom to tell\n");
}

TEST_CASE("trace text: NAT and a changed TOS are told once, where they begin") {
  Rig rig({.numeric = true}, {.queries = 1});
  rig.script.options.tos = net::Tos(0xb8);
  rig.begin().fresh();
  for (int ttl = 1; ttl <= 3; ++ttl) {
    const auto probe = rig.script.next(ttl, 1);
    probe::Event event = test::path_error(probe, "10.0.0.1", 1ms);
    event.observation.quoted = probe::QuotedHeader{
        .ttl = net::Ttl(1), .tos = net::Tos(ttl < 2 ? 0xb8 : 0), .rewritten = ttl >= 3};
    rig.script.add(test::path_sent(probe)).add(event);
  }
  rig.fresh();
  rig.script.hop(4, "destination", {4ms}).ended(PathEnd::reached, 4);
  CHECK(rig.fresh() ==
        " 4  198.51.100.9  4.000 ms\n"
        "TOS 0xb8 (DSCP 46, ECN 0) is 0x00 (DSCP 0, ECN 0) from hop 2 on\n"
        "NAT before hop 3: the probe's source or checksum is another one\n"
        "10.0.0.1 answers at hops 1 to 3: perhaps a NAT or a proxy that speaks for those behind "
        "it\n");
}

TEST_CASE("trace text: --back shows where the way back is another one, and its length") {
  Rig rig({.numeric = true, .back = true}, {.queries = 1});
  rig.begin().fresh();
  rig.script.hop(1, "10.0.0.1", {1ms});
  const auto probe = rig.script.next(2, 1);
  probe::Event reply = test::path_reply(probe, 2ms);
  reply.observation.ttl = net::Ttl(62);
  rig.script.add(test::path_sent(probe)).add(reply).ended(PathEnd::reached, 2);
  CHECK(rig.fresh() ==
        " 1  10.0.0.1  1.000 ms\n 2  198.51.100.9 '-3'  2.000 ms\n"
        "path: 2 hops there, 3 back\n");
}

TEST_CASE(
    "trace text: several flows share a hop's line by responder, and have their ways at the end") {
  Rig rig({.numeric = true}, {.queries = 1, .flows = 3});
  rig.begin().fresh();
  for (std::uint16_t flow = 0; flow < 3; ++flow) {
    const auto first = rig.script.next(1, 1, flow);
    rig.script.add(test::path_sent(first));
    rig.script.add(test::path_error(first, flow == 1 ? "10.0.0.2" : "10.0.0.1", 1ms));
    const auto last = rig.script.next(2, 1, flow);
    rig.script.add(test::path_sent(last)).add(test::path_reply(last, 2ms));
  }
  rig.script.ended(PathEnd::reached, 2);
  CHECK(rig.fresh() ==
        " 1  10.0.0.1  1.000 ms  1.000 ms 10.0.0.2  1.000 ms\n"
        " 2  198.51.100.9  2.000 ms  2.000 ms  2.000 ms\n"
        "path of flow 0 2: 10.0.0.1 198.51.100.9\n"
        "path of flow 1: 10.0.0.2 198.51.100.9\n");
}

TEST_CASE("trace text: each flow says how it ended, and shows no hop behind that") {
  Rig rig({.numeric = true}, {.queries = 1, .flows = 3});
  rig.begin().fresh();
  const auto ask = [&](int ttl, std::uint16_t flow) {
    const auto probe = rig.script.next(ttl, 1, flow);
    rig.script.add(test::path_sent(probe));
    return probe;
  };
  for (std::uint16_t flow = 0; flow < 3; ++flow) {
    rig.script.add(test::path_error(ask(1, flow), "10.0.0.1", 1ms));
  }
  rig.script.add(test::path_error(ask(2, 0), "10.0.0.2", 2ms, {3, 13}));
  rig.script.add(test::path_timeout(ask(3, 0), 5ms));
  rig.script.add(test::path_error(ask(2, 1), "10.0.0.3", 2ms));
  rig.script.add(test::path_reply(ask(3, 1), 3ms)).add(test::path_reply(ask(4, 1), 3ms));
  rig.script.add(test::path_timeout(ask(2, 2), 500ms)).add(test::path_timeout(ask(3, 2), 500ms));
  rig.script.flow_ended(0, PathEnd::unreachable, 2)
      .flow_ended(1, PathEnd::reached, 3)
      .flow_ended(2, PathEnd::silent, 3)
      .ended(PathEnd::reached, 3);
  CHECK(rig.fresh() ==
        " 1  10.0.0.1  1.000 ms  1.000 ms  1.000 ms\n"
        " 2  10.0.0.2  2.000 ms !X 10.0.0.3  2.000 ms *\n"
        " 3  198.51.100.9  3.000 ms *\n"
        "path of flow 0: 10.0.0.1 10.0.0.2 (not reached: 10.0.0.2 says: Packet filtered)\n"
        "path of flow 1: 10.0.0.1 10.0.0.3 198.51.100.9\n"
        "path of flow 2: 10.0.0.1 * * (not reached: silent behind hop 1, where others arrive: "
        "answers may be rationed or lost)\n");
}

TEST_CASE("trace text: of a flow that was not asked again no one says that it does not arrive") {
  Rig rig({.numeric = true}, {.queries = 1, .flows = 2});
  rig.script.start().target();
  for (std::uint16_t flow = 0; flow < 2; ++flow) {
    const auto probe = rig.script.next(1, 1, flow);
    rig.script.add(test::path_sent(probe));
    rig.script.add(flow == 0 ? test::path_reply(probe, 2ms) : test::path_timeout(probe, 3ms));
  }
  rig.script.flow_ended(0, PathEnd::reached, 1)
      .flow_ended(1, PathEnd::rationed, 1)
      .ended(PathEnd::reached, 1);
  CHECK(rig.fresh() ==
        "traceroute to 198.51.100.9 (198.51.100.9), 30 hops max, 60 byte packets\n"
        " 1  198.51.100.9  2.000 ms *\n"
        "path of flow 0: 198.51.100.9\n"
        "path of flow 1: * (unknown: the destination rations its answers)\n");
}

TEST_CASE("trace text: several targets follow one another, whichever is ready first") {
  Rig rig({.numeric = true}, {.queries = 1});
  rig.script.start().target().target("other");
  rig.script.current = 1;
  rig.script.hop(1, "destination", {1ms}).ended(PathEnd::reached, 1);
  CHECK(rig.fresh() == kHeader);
  rig.script.current = 0;
  rig.script.hop(1, "destination", {2ms}).ended(PathEnd::reached, 1);
  CHECK(rig.fresh() ==
        " 1  198.51.100.9  2.000 ms\n"
        "traceroute to other (198.51.100.9), 30 hops max, 60 byte packets\n"
        " 1  198.51.100.9  1.000 ms\n");
  rig.script.end();
  CHECK(rig.fresh().empty());
}

TEST_CASE("trace text: -D puts the time in front of each line") {
  Rig rig({.numeric = true, .stamps = Stamps::epoch}, {.queries = 1});
  rig.begin();
  CHECK(rig.fresh() == "[1795289186.808472] " + std::string(kHeader));
}

}  // namespace sonde::report
