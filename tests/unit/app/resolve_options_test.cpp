// Typed options become configurations, or one clear refusal.
#include "app/resolve_options.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "app/cli.hpp"
#include "app/header_options.hpp"
#include "app/options.hpp"

namespace sonde::app {
namespace {

using Words = std::vector<std::string>;

std::expected<PingPlan, UsageError> plan(const Words& words, bool trusted = true) {
  const auto line = read_command_line(Mode::ping, words);
  if (!line) {
    return std::unexpected(line.error());
  }
  const auto options = read_ping_options(*line);
  if (!options) {
    return std::unexpected(options.error());
  }
  SeededRng rng(1);
  return resolve_ping(*options, {.trusted = trusted}, rng);
}

std::string refusal(const Words& words, bool trusted = true) {
  const auto made = plan(words, trusted);
  REQUIRE_FALSE(made.has_value());
  return made.error().message;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("plan: the defaults are ping's") {
  const PingPlan made = plan({"192.0.2.1"}).value();
  CHECK_FALSE(made.engine.count.has_value());
  CHECK(made.engine.interval == Duration(1s));
  CHECK(made.engine.timeout == Duration(1s));
  CHECK(made.engine.preload == 1);
  CHECK(made.engine.pace == engine::PingPace::regular);
  CHECK(made.engine.payload.size() == 56);
  CHECK(made.engine.payload[17] == std::byte{17});
  CHECK_FALSE(made.engine.ip.ttl.has_value());
  CHECK(made.format == Format::text);
  CHECK(made.transport.path_mtu == transport::PathMtu::dont);
  CHECK(made.run.payload_bytes == 56);
  CHECK(engine::PingEngine::make(made.engine).has_value());
}

TEST_CASE("plan: a machine format ends by itself, unless something else ends it") {
  for (const char* format : {"-j", "-J", "--format=json", "--format=ndjson"}) {
    CHECK(plan({format, "192.0.2.1"})->engine.count == 4);
    CHECK(plan({format, "-c9", "192.0.2.1"})->engine.count == 9);
  }
  CHECK_FALSE(plan({"-j", "-w9", "192.0.2.1"})->engine.count.has_value());
  CHECK_FALSE(plan({"-j", "--endless", "192.0.2.1"})->engine.count.has_value());
  CHECK_FALSE(plan({"--endless", "-c3", "192.0.2.1"}).has_value());
  CHECK_FALSE(plan({"-j", "-o", "192.0.2.1"})->engine.count.has_value());
  CHECK_FALSE(plan({"--format=text", "192.0.2.1"})->engine.count.has_value());
}

TEST_CASE("plan: only the families that can be needed are opened") {
  const auto families = [](const Words& words) {
    const PingPlan made = plan(words).value();
    return std::pair(made.transport.v4, made.transport.v6);
  };
  CHECK(families({"192.0.2.1"}) == std::pair(true, false));
  CHECK(families({"2001:db8::1"}) == std::pair(false, true));
  CHECK(families({"192.0.2.1", "2001:db8::1"}) == std::pair(true, true));
  CHECK(families({"host.example"}) == std::pair(true, true));
  CHECK(families({"-4", "host.example"}) == std::pair(true, false));
  CHECK(families({"-6", "host.example"}) == std::pair(false, true));
  CHECK(families({"-S", "192.0.2.9", "host.example"}) == std::pair(true, false));
  CHECK(families({"-R", "host.example"}) == std::pair(true, false));
  CHECK(plan({"-R", "host.example"})->family == resolve::FamilyWanted::v4);
}

TEST_CASE("plan: options that exclude each other are both named") {
  const std::vector<Words> pairs{{"-4", "-6"},
                                 {"-f", "-A"},
                                 {"-p", "ff", "--random-payload"},
                                 {"-o", "--until-replies=2"},
                                 {"-Q", "1", "--dscp=1"},
                                 {"-Q", "1", "--ecn=1"},
                                 {"--df", "-M", "dont"},
                                 {"-R", "-T", "tsonly"},
                                 {"-R", "-6"},
                                 {"-F", "1", "-4"},
                                 {"-n", "-H"},
                                 {"-j", "-J"},
                                 {"-j", "--format=ndjson"},
                                 {"-J", "--format=text"}};
  for (Words words : pairs) {
    words.emplace_back("h");
    CAPTURE(words.front());
    CHECK(contains(refusal(words), "exclude each other"));
  }
  CHECK(plan({"--df", "-M", "do", "192.0.2.1"}).has_value());
  CHECK(plan({"-j", "--format=json", "192.0.2.1"}).has_value());
}

TEST_CASE("plan: what needs another option says so") {
  CHECK(contains(refusal({}), "no target"));
  CHECK(contains(refusal({"--output=f", "h"}), "machine format"));
  CHECK(contains(refusal({"--port=9", "h"}), "no meaning"));
  CHECK(contains(refusal({"-P", "udp", "h"}), "not in this version"));
  CHECK(plan({"-j", "--output=f", "192.0.2.1"})->output == "f");
  CHECK_FALSE(plan({"-j", "--output=-", "192.0.2.1"})->output.has_value());
}

TEST_CASE("plan: addresses of the wrong kind") {
  CHECK(contains(refusal({"-4", "::1"}), "IPv6"));
  CHECK(plan({"-4", "::1"}).error().hint == "leave out -4");
  CHECK(contains(refusal({"-6", "127.0.0.1"}), "IPv4"));
  CHECK(contains(refusal({"::ffff:192.0.2.1"}), "v4-mapped"));
  CHECK(contains(refusal({"255.255.255.255"}), "broadcast"));
  CHECK(plan({"-b", "255.255.255.255"}).has_value());
  CHECK(contains(refusal({"0.0.0.0"}), "unspecified"));
  // "-n 4 HOST", as another ping has it, must not send to 0.0.0.4.
  CHECK(contains(refusal({"-n", "4", "192.0.2.1"}), "'4': 0.0.0.4 is no host's address"));
  CHECK(contains(refusal({"-n", "1000", "host.example"}), "0.0.3.232 is no host's address"));
  CHECK(contains(refusal({"0x40"}), "'0x40': 0.0.0.64 is no host's address"));
  CHECK(contains(refusal({"0.0.0.4"}), "no host's address"));
  CHECK(plan({"4.example"}).has_value());
  CHECK(plan({"2130706433"}).has_value());  // 127.0.0.1, as in ping
  CHECK(contains(refusal({"0.255.255.255"}), "no host's address"));
  CHECK(plan({"1.0.0.0"}).has_value());
  CHECK(contains(refusal({"fe80::1"}), "interface"));
  CHECK(plan({"fe80::1%1"}).has_value());
  CHECK(plan({"-I", "eth0", "fe80::1"}).has_value());
  CHECK(contains(refusal({"-S", "192.0.2.9", "::1"}), "IPv4 only"));
  CHECK(contains(refusal({"-6", "-S", "192.0.2.9", "h"}), "192.0.2.9"));
  CHECK(contains(refusal({"-S", "eth0", "h"}), "no address"));
  CHECK(contains(refusal({"-R", "::1"}), "IPv4 only"));
  CHECK(contains(refusal({"-F", "7", "192.0.2.1"}), "IPv6 only"));
  CHECK(contains(refusal({"-F", "7", "-R", "host.example"}), "exclude each other"));
  CHECK(plan({"-F", "7", "host.example"})->family == resolve::FamilyWanted::v6);
}

TEST_CASE("plan: -I is an interface or an address") {
  CHECK(plan({"-I", "eth0", "192.0.2.1"})->transport.interface == "eth0");
  CHECK_FALSE(plan({"-I", "eth0", "192.0.2.1"})->transport.source.has_value());
  CHECK(plan({"-I", "192.0.2.9", "192.0.2.1"})->transport.source ==
        net::Address::parse("192.0.2.9"));
  CHECK_FALSE(plan({"-I", "192.0.2.9", "-S", "192.0.2.8", "192.0.2.1"}).has_value());
}

TEST_CASE("plan: payloads end where the packet does") {
  CHECK(plan({"-s", "65507", "192.0.2.1"}).has_value());
  CHECK(contains(refusal({"-s", "65508", "192.0.2.1"}), "do not fit"));
  CHECK(contains(refusal({"-s", "65508", "-4", "host.example"}), "do not fit"));
  CHECK(contains(refusal({"-R", "-s", "65468", "host.example"}), "do not fit"));
  CHECK(plan({"-s", "65527", "2001:db8::1"}).has_value());
  CHECK(plan({"-s", "65527", "host.example"}).has_value());
  CHECK(plan({"-s", "0", "192.0.2.1"})->engine.payload.empty());
}

TEST_CASE("plan: limits of speed hold for everyone but root, and not for loopback") {
  const std::vector<Words> fast{{"-i", "1.9ms"}, {"-f"}, {"-l", "4"}};
  const std::vector<std::pair<const char*, const char*>> far_and_here{{"192.0.2.1", "127.0.0.1"},
                                                                      {"2001:db8::1", "::1"}};
  for (const auto& [far, here] : far_and_here) {
    CAPTURE(far);
    for (Words words : fast) {
      CAPTURE(words.front());
      words.emplace_back(far);
      CHECK(contains(refusal(words, false), "for root"));
      CHECK(plan(words, true).has_value());
      words.back() = here;
      CHECK(plan(words, false).has_value());
      words.emplace_back(far);
      CHECK_FALSE(plan(words, false).has_value());
    }
    CHECK(plan({"-i", "2ms", far}, false).has_value());
    CHECK(plan({"-f", "-i", "2ms", far}, false).has_value());
  }
  for (const char* group : {"224.0.0.1", "ff05::1"}) {
    CAPTURE(group);
    CHECK(contains(refusal({"-i", "0.9", group}, false), "many hosts"));
    CHECK(plan({"-i", "1", group}, false).has_value());
  }
  CHECK(contains(refusal({"-b", "-i", "0.9", "255.255.255.255"}, false), "many hosts"));
}

TEST_CASE("plan: limits of speed are a host's, however often it is given") {
  const auto copies = [](Words words, std::size_t count, const std::string& target) {
    words.insert(words.end(), count, target);
    return words;
  };
  const Words fast{"-i", "2ms"};
  CHECK(plan(copies(fast, 1, "192.0.2.1"), false).has_value());
  const auto refused = plan(copies(fast, 200, "192.0.2.1"), false);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message ==
        "'192.0.2.1': an interval below 400ms to one host that is given 200 times is for root");
  CHECK(refused.error().hint == "try -i 400ms, or give it once");
  CHECK(plan(copies({"-i", "400ms"}, 200, "192.0.2.1"), false).has_value());
  CHECK(plan(copies(fast, 200, "192.0.2.1"), true).has_value());
  CHECK(plan(copies(fast, 200, "127.0.0.1"), false).has_value());
  CHECK(plan({"-i", "2ms", "192.0.2.1", "192.0.2.2", "2001:db8::1"}, false).has_value());
  CHECK(plan({"-i", "2ms", "fe80::1%1", "fe80::1%2"}, false).has_value());  // two hosts
  CHECK_FALSE(plan({"-i", "2ms", "fe80::1%1", "fe80::1%1"}, false).has_value());
  CHECK(plan(copies({}, 500, "192.0.2.1"), false).has_value());
  CHECK_FALSE(plan(copies({}, 501, "192.0.2.1"), false).has_value());
  CHECK(contains(refusal(copies({"-l", "2"}, 2, "192.0.2.1"), false), "a preload above 3 to one"));
  CHECK(plan(copies({"-l", "3"}, 1, "192.0.2.1"), false).has_value());
  CHECK(contains(refusal(copies({"-i", "1"}, 2, "224.0.0.1"), false), "an interval below 2s to"));
  // Answers clock it: it is slowed down, not refused.
  CHECK(plan(copies({"-A"}, 5, "192.0.2.1"), false)->engine.shortest_gap == Duration(10ms));
  CHECK(plan({"-A", "192.0.2.1", "192.0.2.2"}, false)->engine.shortest_gap == Duration(2ms));
  CHECK(plan({"-A", "127.0.0.1", "127.0.0.1", "h"}, false)->engine.shortest_gap == Duration(2ms));
}

TEST_CASE("plan: with -b any address of IPv4 may be a broadcast address") {
  const auto refused = plan({"-b", "-i", "2ms", "10.5.0.255"}, false);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message ==
        "'10.5.0.255': an interval below 1s to many hosts at once is for root");
  CHECK(refused.error().hint ==
        "with -b this may be a broadcast address: try -i 1, or leave out -b");
  CHECK(plan({"-b", "-i", "2ms", "255.255.255.255"}, false).error().hint == "try -i 1");
  CHECK(plan({"-b", "-i", "1", "10.5.0.255"}, false).has_value());
  CHECK(plan({"-b", "-i", "2ms", "10.5.0.255"}, true).has_value());
  CHECK(plan({"-b", "-i", "2ms", "127.255.255.255"}, false).has_value());
  CHECK(plan({"-b", "-i", "2ms", "2001:db8::1"}, false).has_value());
  for (const char* group : {"224.0.0.1", "255.255.255.255", "10.5.0.255"}) {
    CAPTURE(group);
    CHECK(contains(refusal({"-A", "-b", group}, false), "-A to many hosts"));
    CHECK(plan({"-A", "-b", group}, true).has_value());
  }
}

TEST_CASE("plan: flood and adaptive are clocked by replies") {
  const PingPlan flood = plan({"-f", "127.0.0.1"}).value();
  CHECK(flood.engine.pace == engine::PingPace::self_clocked);
  CHECK(flood.engine.interval == Duration(10ms));
  const PingPlan steady = plan({"-f", "-i", "0.2", "127.0.0.1"}).value();
  CHECK(steady.engine.pace == engine::PingPace::regular);
  CHECK(steady.engine.interval == Duration(200ms));
  CHECK(plan({"-A", "192.0.2.1"}, true)->engine.shortest_gap == Duration(0));
  CHECK(plan({"-A", "192.0.2.1"}, false)->engine.shortest_gap == Duration(2ms));
  CHECK(plan({"-A", "127.0.0.1"}, false)->engine.shortest_gap == Duration(0));
}

TEST_CASE("plan: header fields") {
  CHECK(plan({"-Q", "0xb8", "192.0.2.1"})->engine.ip.tos == net::Tos(0xb8));
  CHECK(plan({"--dscp=ef", "--ecn=ce", "192.0.2.1"})->engine.ip.tos == net::Tos(0xbb));
  CHECK(plan({"-t", "7", "192.0.2.1"})->engine.ip.ttl == net::Ttl(7));
  CHECK(plan({"--df", "192.0.2.1"})->transport.path_mtu == transport::PathMtu::do_df);
  CHECK(plan({"-M", "probe", "192.0.2.1"})->transport.path_mtu == transport::PathMtu::probe);
  CHECK(plan({"-M", "probe", "192.0.2.1"})->run.dont_fragment);
  CHECK(plan({"-e", "7", "192.0.2.1"})->transport.ident == net::IcmpIdent(7));
  CHECK(plan({"-m", "0x10", "192.0.2.1"})->transport.mark == 16);
  CHECK_FALSE(plan({"-L", "192.0.2.1"})->transport.multicast_loop);
  CHECK(plan({"-r", "192.0.2.1"})->transport.bypass_routing);
}

TEST_CASE("plan: what fills the payload") {
  const PingPlan pattern = plan({"-p", "0102", "-s", "5", "192.0.2.1"}).value();
  const std::vector wanted{std::byte{1}, std::byte{2}, std::byte{1}, std::byte{2}, std::byte{1}};
  CHECK(pattern.engine.payload == wanted);
  CHECK(plan({"--random-payload", "192.0.2.1"})->engine.payload !=
        plan({"192.0.2.1"})->engine.payload);
}

TEST_CASE("plan: options of ping without effect are accepted") {
  CHECK(plan({"-O", "-U", "-d", "-B", "192.0.2.1"}).has_value());
  CHECK(plan({"-OUdB", "192.0.2.1"}).has_value());
}

TEST_CASE("header options: as RFC 791 has them") {
  const probe::HeaderOptions option = record_route_option(9);
  const Bytes route = option.bytes();
  CHECK(route.size() == 40);
  CHECK(route[0] == std::byte{1});
  CHECK(route[1] == std::byte{7});
  CHECK(route[2] == std::byte{39});
  CHECK(route[3] == std::byte{4});
  const probe::HeaderOptions two = record_route_option(2);
  CHECK(two.bytes().size() == 12);
  CHECK(two.bytes()[2] == std::byte{11});
  const probe::HeaderOptions three =
      timestamp_header_option({.what = TimestampOption::and_address, .slots = 3});
  CHECK(three.bytes().size() == 28);
  CHECK(three.bytes()[1] == std::byte{28});
  const probe::HeaderOptions stamps = timestamp_header_option({.what = TimestampOption::only});
  CHECK(stamps.bytes().size() == 40);
  CHECK(stamps.bytes()[0] == std::byte{68});
  CHECK(stamps.bytes()[1] == std::byte{40});
  CHECK(stamps.bytes()[2] == std::byte{5});
  CHECK(stamps.bytes()[3] == std::byte{0});
  const probe::HeaderOptions pairs =
      timestamp_header_option({.what = TimestampOption::and_address});
  CHECK(pairs.bytes().size() == 36);
  CHECK(pairs.bytes()[1] == std::byte{36});
  CHECK(pairs.bytes()[3] == std::byte{1});
}

TEST_CASE("options: closed lists name their members") {
  CHECK(contains(refusal({"-M", "maybe", "h"}), "do, want, probe, dont"));
  CHECK(contains(refusal({"--format=xml", "h"}), "text, json, ndjson"));
  CHECK(contains(refusal({"--stats=jitter,", "h"}), "percentiles, jitter"));
  CHECK(contains(refusal({"--timestamps=utc", "h"}), "epoch"));
  CHECK(contains(refusal({"--transport=tcp", "h"}), "auto, dgram, raw"));
  CHECK(plan({"--stats=jitter,percentiles", "192.0.2.1"}).has_value());
}

}  // namespace
}  // namespace sonde::app
