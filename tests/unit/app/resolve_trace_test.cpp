// Typed options of a trace become configurations, or one clear refusal.
#include "app/resolve_trace.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "app/cli.hpp"
#include "sonde/engine/trace.hpp"

namespace sonde::app {
namespace {

using transport::FlowStyle;
using transport::TraceProtocol;
using Words = std::vector<std::string>;

std::expected<TracePlan, UsageError> plan(const Words& words, bool trusted = true) {
  const auto line = read_command_line(Mode::trace, words);
  if (!line) {
    return std::unexpected(line.error());
  }
  const auto options = read_trace_options(*line);
  if (!options) {
    return std::unexpected(options.error());
  }
  return resolve_trace(*options, {.trusted = trusted});
}

UsageError refused(const Words& words, bool trusted = true) {
  const auto made = plan(words, trusted);
  REQUIRE_FALSE(made.has_value());
  return made.error();
}

std::string refusal(const Words& words, bool trusted = true) {
  return refused(words, trusted).message;
}

}  // namespace

TEST_CASE("trace plan: the defaults are traceroute's, but for ICMP and a constant flow") {
  const TracePlan made = plan({"192.0.2.1"}).value();
  CHECK(made.engine.first_ttl == net::Ttl(1));
  CHECK(made.engine.max_ttl == net::Ttl(30));
  CHECK(made.engine.queries == 3);
  CHECK(made.engine.flows == 1);
  CHECK(made.engine.gap == 8);
  CHECK(made.engine.timeout == Duration(3s));
  CHECK(made.engine.adaptive);
  CHECK_FALSE(made.engine.find_mtu);
  CHECK(made.engine.headers == 8);
  CHECK(made.engine.payload.size() == 32);
  CHECK(made.engine.payload[17] == std::byte{17});
  CHECK(made.transport.protocol == TraceProtocol::icmp);
  CHECK(made.transport.flow_style == FlowStyle::constant);
  CHECK_FALSE(made.transport.port.has_value());
  CHECK(made.transport.common.path_mtu == transport::PathMtu::dont);
  CHECK(made.transport.common.reply_window == Duration(6s));
  CHECK(made.may_fall_back);
  CHECK(made.policy.payload_bytes == 32);
  CHECK(made.format == Format::text);
  CHECK(engine::TraceEngine::make(made.engine).has_value());
}

TEST_CASE("trace plan: what is typed is what the engine gets") {
  const TracePlan made = plan({"-f3", "-m9", "-q2", "--gap=4", "-N5", "--rate=50", "-W", "250ms",
                               "-s", "100", "-Q", "ef", "192.0.2.1"})
                             .value();
  CHECK(made.engine.first_ttl == net::Ttl(3));
  CHECK(made.engine.max_ttl == net::Ttl(9));
  CHECK(made.engine.queries == 2);
  CHECK(made.engine.gap == 4);
  CHECK(made.engine.parallel == 5);
  CHECK(made.engine.rate == doctest::Approx(50));
  CHECK(made.engine.timeout == Duration(250ms));
  CHECK_FALSE(made.engine.adaptive);
  CHECK(made.engine.payload.size() == 100);
  CHECK(made.engine.ip.tos == net::Tos(0xb8));
  CHECK(made.transport.common.reply_window == Duration(500ms));
}

TEST_CASE("trace plan: several flows are asked once each, unless queries are asked for") {
  CHECK(plan({"--flows=5", "192.0.2.1"})->engine.flows == 5);
  CHECK(plan({"--flows=5", "192.0.2.1"})->engine.queries == 1);
  CHECK(plan({"--flows=5", "-q2", "192.0.2.1"})->engine.queries == 2);
  CHECK(plan({"--flows=1", "192.0.2.1"})->engine.queries == 3);
  CHECK(plan({"--dublin", "192.0.2.1"})->engine.flows == 16);
  CHECK(plan({"--classic", "192.0.2.1"})->transport.flow_style == FlowStyle::varying);
  CHECK(plan({"--paris", "--flows=2", "192.0.2.1"})->transport.flow_style == FlowStyle::constant);
}

TEST_CASE("trace plan: a first TTL beyond the usual last one moves that") {
  CHECK(plan({"-f40", "-m50", "192.0.2.1"})->engine.max_ttl == net::Ttl(50));
  CHECK(refusal({"-f40", "192.0.2.1"}) == "-f, --first-ttl is above -m, --max-ttl");
  CHECK(refusal({"-f10", "-m9", "192.0.2.1"}) == "-f, --first-ttl is above -m, --max-ttl");
}

TEST_CASE("trace plan: the search for the MTU has room for the largest packet") {
  const TracePlan made = plan({"--mtu", "192.0.2.1"}).value();
  CHECK(made.engine.find_mtu);
  CHECK(made.engine.payload.size() == 65507);
  CHECK(made.transport.common.path_mtu == transport::PathMtu::probe);
  CHECK(made.run.dont_fragment);
  CHECK(made.run.payload_bytes == 32);
  CHECK(made.run.trace->find_mtu);
  CHECK(plan({"--mtu", "-s", "1000", "192.0.2.1"})->engine.payload.size() == 1000);
}

TEST_CASE("trace plan: a protocol that was asked for is not exchanged for another") {
  const TracePlan udp = plan({"-P", "udp", "-p", "53", "192.0.2.1"}).value();
  CHECK(udp.transport.protocol == TraceProtocol::udp);
  CHECK(udp.transport.port == net::Port(53));
  CHECK(udp.run.trace->port == net::Port(53));
  CHECK_FALSE(udp.may_fall_back);
  const TracePlan tcp = plan({"-P", "tcp", "192.0.2.1"}).value();
  CHECK(tcp.transport.protocol == TraceProtocol::tcp);
  CHECK(tcp.engine.headers == 20);
  CHECK(tcp.engine.payload.empty());
  CHECK(tcp.run.payload_bytes == 0);
  CHECK(tcp.run.trace->port == net::Port(80));
  CHECK_FALSE(plan({"-P", "icmp", "192.0.2.1"})->may_fall_back);
  CHECK_FALSE(plan({"--transport=raw", "192.0.2.1"})->may_fall_back);
}

TEST_CASE("trace plan: UDP instead of ICMP is stated as such") {
  TracePlan made = plan({"192.0.2.1"}).value();
  CHECK(made.run.protocol == "icmp");
  CHECK_FALSE(made.run.trace->port.has_value());
  fall_back_to_udp(made);
  CHECK(made.transport.protocol == TraceProtocol::udp);
  CHECK(made.run.protocol == "udp");
  CHECK(made.run.trace->port == net::Port(33434));
}

TEST_CASE("trace plan: the document states what is done") {
  const TracePlan made = plan({"-f2", "-m9", "-q2", "--flows=3", "-w5", "192.0.2.1"}).value();
  REQUIRE(made.run.trace.has_value());
  CHECK(made.run.trace->first_ttl == net::Ttl(2));
  CHECK(made.run.trace->max_ttl == net::Ttl(9));
  CHECK(made.run.trace->queries == 2);
  CHECK(made.run.trace->flows == 3);
  CHECK(made.run.trace->constant_flow);
  CHECK(made.run.deadline == Duration(5s));
  CHECK(made.run.interval == Duration(2500us));
  CHECK_FALSE(made.run.ttl.has_value());
  CHECK_FALSE(made.run.count.has_value());
  CHECK(plan({"--df", "192.0.2.1"})->run.dont_fragment);
  CHECK_FALSE(plan({"--classic", "192.0.2.1"})->run.trace->constant_flow);
}

TEST_CASE("trace plan: options that do not go together are refused by their names") {
  CHECK(refusal({"--paris", "--classic", "192.0.2.1"}) ==
        "--paris and --classic exclude each other");
  CHECK(refusal({"--dublin", "--classic", "192.0.2.1"}) ==
        "--dublin and --classic exclude each other");
  CHECK(refusal({"--flows=2", "--classic", "192.0.2.1"}) ==
        "--flows and --classic exclude each other");
  CHECK(refusal({"--flows=2", "--dublin", "192.0.2.1"}) ==
        "--flows and --dublin exclude each other");
  CHECK(refusal({"--mtu", "-Mdont", "192.0.2.1"}) == "--mtu and -M, --pmtu exclude each other");
  CHECK(refusal({"-4", "-6", "192.0.2.1"}) == "-4, --ipv4 and -6, --ipv6 exclude each other");
  CHECK(refusal({"-j", "-J", "192.0.2.1"}) == "-j, --json and -J, --ndjson exclude each other");
}

TEST_CASE("trace plan: what a protocol cannot do is refused with what can") {
  const UsageError port = refused({"-p", "53", "192.0.2.1"});
  CHECK(port.message == "-p, --port: ICMP has no ports");
  CHECK(port.hint == "add -P udp or -P tcp");
  CHECK(refusal({"-P", "tcp", "-s", "9", "192.0.2.1"}) == "-s, --size: a SYN carries no payload");
  CHECK(refusal({"-P", "tcp", "--mtu", "192.0.2.1"}) == "--mtu: a SYN carries no payload");
  const UsageError small = refused({"-P", "udp", "-s", "3", "192.0.2.1"});
  CHECK(small.message == "-s, --size: UDP probes of one flow need 4 bytes to be told apart");
  CHECK(small.hint == "try -s 4, or --classic");
  CHECK(plan({"-P", "udp", "-s", "4", "192.0.2.1"}).has_value());
  CHECK(plan({"-P", "udp", "--classic", "-s", "0", "192.0.2.1"}).has_value());
  CHECK(plan({"-s", "4", "192.0.2.1"})->may_fall_back);
  CHECK_FALSE(plan({"-s", "3", "192.0.2.1"})->may_fall_back);
  CHECK(refusal({"--output=x", "192.0.2.1"}) == "--output is for a machine format");
}

TEST_CASE("trace plan: without a target, what traceroute's users meant is said") {
  CHECK(refused({}).message == "no target given");
  CHECK(refused({}).hint == "try sonde trace 127.0.0.1, or sonde trace --help");
  CHECK(refused({"-I", "192.0.2.1"}).hint ==
        "-I takes an interface; probes are ICMP anyway: sonde trace 192.0.2.1");
}

TEST_CASE("trace plan: a trace goes to one host, and a length is none") {
  CHECK(refusal({"224.0.0.1"}) == "'224.0.0.1': these are many hosts");
  CHECK(refusal({"255.255.255.255"}) == "'255.255.255.255': these are many hosts");
  CHECK(refusal({"ff02::1"}) == "'ff02::1': these are many hosts");
  CHECK(refusal({"0.0.0.60"}) == "'0.0.0.60': 0.0.0.60 is no host's address (RFC 1122)");
  CHECK(refused({"0.0.0.60"}).hint == "for the length of the probes: -s BYTES");
  CHECK(refused({"0.0.0.0"}).hint == "for this computer: 127.0.0.1 or ::1");
  // What a name turns out to be is asked by the same policy.
  CHECK(plan({"host.example"})->policy.one_host);
  for (const char* length : {"60", "1500", "0x40"}) {
    CAPTURE(length);
    const UsageError error = refused({"192.0.2.1", length});
    CHECK(error.message.starts_with("'" + std::string(length) + "': 0.0."));
    CHECK(error.message.ends_with(" is no host's address (RFC 1122)"));
    CHECK(error.hint == "for the length of the probes: -s BYTES");
  }
}

TEST_CASE("trace plan: who is not root is not fast, but on loopback") {
  CHECK(plan({"--rate=1001", "192.0.2.1"}).has_value());
  CHECK(plan({"--rate=1000", "192.0.2.1"}, false).has_value());
  CHECK(plan({"--rate=5000", "127.0.0.1", "::1"}, false).has_value());
  CHECK(refused({"--rate=1001", "192.0.2.1"}, false).hint == "try --rate 1000");
  CHECK_FALSE(plan({"--rate=1001", "127.0.0.1", "192.0.2.1"}, false).has_value());
  CHECK_FALSE(plan({"--rate=1001", "host.example"}, false).has_value());
}

TEST_CASE("trace plan: values out of range name the range") {
  const auto bad = std::to_array<std::pair<const char*, const char*>>(
      {{"-q0", "'0' is not a whole number from 1 to 100"},
       {"-q101", "'101' is not a whole number from 1 to 100"},
       {"--gap=256", "'256' is not a whole number from 0 to 255"},
       {"-N0", "'0' is not a whole number from 1 to 65536"},
       {"--rate=0", "'0' is not a whole number from 1 to 100000"},
       {"--flows=257", "'257' is not a whole number from 1 to 256"},
       {"--flows=x", "'x' is not a whole number from 1 to 256"}});
  for (const auto& [option, why] : bad) {
    CAPTURE(option);
    CHECK(refusal({option, "192.0.2.1"}).ends_with(why));
  }
  CHECK_FALSE(plan({"-f0", "192.0.2.1"}).has_value());
  CHECK_FALSE(plan({"-m256", "192.0.2.1"}).has_value());
  CHECK_FALSE(plan({"-Psctp", "192.0.2.1"}).has_value());
}

TEST_CASE("trace plan: only the families that can be needed are opened") {
  const auto families = [](const Words& words) {
    const TracePlan made = plan(words).value();
    return std::pair(made.transport.common.v4, made.transport.common.v6);
  };
  CHECK(families({"192.0.2.1"}) == std::pair(true, false));
  CHECK(families({"2001:db8::1"}) == std::pair(false, true));
  CHECK(families({"host.example"}) == std::pair(true, true));
  CHECK(families({"-6", "host.example"}) == std::pair(false, true));
  CHECK_FALSE(plan({"-6", "192.0.2.1"}).has_value());
}

}  // namespace sonde::app
