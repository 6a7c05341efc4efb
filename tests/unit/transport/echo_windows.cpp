// The Windows backend over a fake iphlpapi: what Wine cannot do (Icmp6), and what no network does
// on demand.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "sonde/base/random.hpp"
#include "sonde/transport/windows/open.hpp"
#include "sonde/transport/windows/transport.hpp"
#include "tests/unit/transport/fake_icmp_api_windows.hpp"

namespace sonde::transport {
namespace {

using probe::Observation;
using probe::ObservationKind;
using probe::Status;

const net::Address kHost = *net::Address::parse("192.0.2.1");
const net::Address kRouter = *net::Address::parse("198.51.100.7");
const net::Address kHost6 = *net::Address::parse("2001:db8::1");
const net::Address kRouter6 = *net::Address::parse("2001:db8:ffff::7");

struct Rig {
  explicit Rig(const OpenOptions& options = {}) {
    auto opened = open_icmp_on(std::make_unique<FakeIcmpApi>(script), options, clock, rng);
    REQUIRE_MESSAGE(opened.has_value(), opened.error().message());
    transport = std::move(opened->transport);
  }
  probe::SendReport send(const net::Address& to, std::uint64_t sequence = 1,
                         const probe::IpOptions& ip = {}, Duration timeout = {}) {
    const probe::ProbeSpec spec{.id = {.target = 0, .sequence = sequence},
                                .destination = to,
                                .ip = ip,
                                .payload = payload,
                                .timeout = timeout};
    probe::SendReport report;
    CHECK(transport->send(std::span(&spec, 1), std::span(&report, 1)) == 1);
    return report;
  }
  // Completes a call with a reply to its payload (or with `reply`'s own) and waits for it.
  std::vector<Observation> answer(std::size_t index, FakeReply reply) {
    const EchoCall call = script->call(index);
    if (reply.status == Status::success && reply.payload.empty()) {
      reply.payload = sent.at(index);
    }
    (call.destination.is_v4() ? write_v4_reply : write_v6_reply)(call.reply, reply);
    script->complete(index);
    return collect();
  }
  // What one completion gives; it may give nothing.
  std::vector<Observation> collect() {
    transport->wait(Instant::max());
    std::vector<Observation> out(8);
    out.resize(transport->receive(out));
    return out;
  }

  SharedClock clock;
  SeededRng rng{1};
  std::vector<std::byte> payload = std::vector<std::byte>(56, std::byte{0x5a});
  std::vector<std::vector<std::byte>> sent{};  // payloads as they went out
  std::shared_ptr<FakeIcmpScript> script = [this] {
    auto made = std::make_shared<FakeIcmpScript>();
    made->on_send = [this](const EchoCall& call) {
      sent.emplace_back(call.payload.begin(), call.payload.end());
      return 0;
    };
    return made;
  }();
  std::unique_ptr<Transport> transport;
};

TEST_CASE("windows echo: an IPv4 reply with its header and the time between call and completion") {
  Rig rig;
  const probe::SendReport report = rig.send(kHost, 7);
  CHECK_FALSE(report.error.has_value());
  rig.clock.advance(1500us);
  const auto seen = rig.answer(0, {.responder = kHost, .rtt_ms = 1, .ttl = 57});
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].kind == ObservationKind::reply);
  CHECK(seen[0].probe.sequence == 7);
  CHECK(seen[0].responder == kHost);
  CHECK(seen[0].at - report.at == 1500us);
  CHECK(seen[0].stamp == probe::StampSource::user);
  CHECK(seen[0].api_ms == 1);
  CHECK(seen[0].bytes == 64);
  CHECK(seen[0].ttl == net::Ttl(57));
  CHECK(seen[0].verified);
  CHECK_FALSE(seen[0].corruption.has_value());
}

TEST_CASE("windows echo: an IPv6 reply, whose hop limit is not told") {
  Rig rig;
  (void)rig.send(kHost6);
  const auto seen = rig.answer(0, {.responder = kHost6});
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].kind == ObservationKind::reply);
  CHECK(seen[0].responder == kHost6);
  CHECK(seen[0].icmp == wire::IcmpType{.type = 129, .code = 0});
  CHECK(seen[0].bytes == 64);
  CHECK_FALSE(seen[0].ttl.has_value());
  CHECK(seen[0].verified);
}

TEST_CASE("windows echo: a router's error is the probe's, for both families") {
  Rig rig;
  (void)rig.send(kHost, 1, {.ttl = net::Ttl(1)});
  (void)rig.send(kHost6, 2, {.ttl = net::Ttl(3)});
  CHECK(rig.script->call(0).ttl == net::Ttl(1));
  auto seen =
      rig.answer(0, {.responder = kRouter, .status = Status::ttl_expired_in_transit, .rtt_ms = 3});
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].kind == ObservationKind::icmp_error);
  CHECK(seen[0].responder == kRouter);
  CHECK(seen[0].icmp == wire::IcmpType{.type = 11, .code = 0});
  CHECK(seen[0].status == Status::ttl_expired_in_transit);
  seen = rig.answer(1, {.responder = kRouter6, .status = Status::ttl_expired_in_transit});
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].responder == kRouter6);
  CHECK(seen[0].icmp == wire::IcmpType{.type = 3, .code = 0});
}

TEST_CASE("windows echo: a time-out of the system's is nobody's news") {
  Rig rig;
  (void)rig.send(kHost);
  (void)rig.send(kHost6);
  CHECK(rig.answer(0, {.status = Status::request_timed_out}).empty());
  CHECK(rig.answer(1, {.status = Status::request_timed_out}).empty());
}

TEST_CASE("windows echo: a buffer that nobody wrote to is a probe that was not sent") {
  Rig rig;
  (void)rig.send(kHost);
  (void)rig.send(kHost6);
  for (const std::size_t index : {0, 1}) {
    rig.script->complete(index);
    const auto seen = rig.collect();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].kind == ObservationKind::send_error);
    CHECK(seen[0].send_error->failure == probe::SendFailure::no_buffer);
    CHECK(seen[0].send_error->os_code == 0);  // nobody gave one
  }
}

TEST_CASE("windows echo: what a call ended with is told where its buffer says nothing") {
  Rig rig;
  (void)rig.send(kHost);
  (void)rig.send(kHost6);
  for (const std::size_t index : {0, 1}) {
    rig.script->complete(index, ERROR_NETWORK_UNREACHABLE);
    const auto seen = rig.collect();
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].send_error->failure == probe::SendFailure::unreachable);
    CHECK(seen[0].send_error->os_code == ERROR_NETWORK_UNREACHABLE);
  }
}

TEST_CASE(
    "windows echo: no more than 200 calls are outstanding, and the next has room when one ends") {
  constexpr std::size_t kMost = EchoService::kMostOutstanding;
  Rig rig;
  for (std::uint64_t i = 0; i < kMost; ++i) {
    CHECK_FALSE(rig.send(kHost, i).error.has_value());
  }
  for (const net::Address& to : {kHost, kHost6}) {
    const probe::SendReport refused = rig.send(to, kMost);
    REQUIRE(refused.error.has_value());
    CHECK(refused.error->failure == probe::SendFailure::no_buffer);
    CHECK(refused.error->os_code == 0);
  }
  CHECK(rig.script->count() == kMost);
  CHECK(rig.answer(7, {.status = Status::request_timed_out}).empty());
  CHECK_FALSE(rig.send(kHost6, kMost).error.has_value());
  CHECK(rig.script->count() == kMost + 1);
}

TEST_CASE("windows echo: few calls listen for late replies, the many let go at their time-out") {
  constexpr std::size_t kFew = EchoService::kMayLinger;
  Rig rig({.reply_window = 10s});
  for (std::uint64_t i = 0; i <= kFew; ++i) {
    (void)rig.send(kHost, i, {}, 500ms);
  }
  CHECK(rig.script->call(kFew - 1).timeout_ms == 1500);
  CHECK(rig.script->call(kFew).timeout_ms == 500);
  (void)rig.send(kHost, kFew + 1);  // whose sender did not say
  CHECK(rig.script->call(kFew + 1).timeout_ms == 10'000);
}

TEST_CASE("windows echo: a system that hangs in a call does not hold up the program for ever") {
  Rig rig;
  const Handle hang = make_event();
  const auto on_send = rig.script->on_send;
  rig.script->on_send = [&](const EchoCall& call) {
    (void)::WaitForSingleObject(hang.get(), INFINITE);
    return on_send(call);
  };
  CHECK(rig.send(kHost, 1).error->failure == probe::SendFailure::no_buffer);
  CHECK(rig.send(kHost, 2).error->failure == probe::SendFailure::no_buffer);  // at once
  (void)::SetEvent(hang.get());
}

TEST_CASE("windows echo: what the local system says comes as a send error, with its code") {
  Rig rig;
  (void)rig.send(kHost);
  const auto seen = rig.answer(0, {.status = Status::general_failure});
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].kind == ObservationKind::send_error);
  CHECK(seen[0].send_error->os_code == 11050);
}

TEST_CASE("windows echo: a call that is refused is told by its report") {
  Rig rig;
  rig.script->on_send = [](const EchoCall&) { return ERROR_NETWORK_UNREACHABLE; };
  const probe::SendReport report = rig.send(kHost);
  REQUIRE(report.error.has_value());
  CHECK(report.error->failure == probe::SendFailure::unreachable);
  CHECK(report.error->os_code == ERROR_NETWORK_UNREACHABLE);
}

TEST_CASE("windows echo: 200 outstanding calls, answered last to first, each find their probe") {
  constexpr std::uint64_t kCalls = 200;
  Rig rig;
  for (std::uint64_t i = 0; i < kCalls; ++i) {
    CHECK_FALSE(rig.send(i % 2 == 0 ? kHost : kHost6, i).error.has_value());
  }
  CHECK(rig.script->count() == kCalls);
  std::set<std::uint64_t> answered;
  for (std::uint64_t i = kCalls; i-- > 0;) {
    for (const Observation& seen : rig.answer(i, {.responder = i % 2 == 0 ? kHost : kHost6})) {
      CHECK(seen.kind == ObservationKind::reply);
      CHECK(seen.probe.sequence == i);
      CHECK(seen.verified);
      answered.insert(seen.probe.sequence);
    }
  }
  CHECK(answered.size() == kCalls);
}

TEST_CASE("windows echo: a completion long after its probe is still that probe's") {
  Rig rig;
  const probe::SendReport first = rig.send(kHost, 1);
  (void)rig.send(kHost, 2);
  CHECK(rig.answer(1, {.responder = kHost}).at(0).probe.sequence == 2);
  rig.clock.advance(1800ms);
  const auto late = rig.answer(0, {.responder = kHost, .rtt_ms = 1799});
  REQUIRE(late.size() == 1);
  CHECK(late[0].probe.sequence == 1);
  CHECK(late[0].at - first.at == 1800ms);
}

TEST_CASE("windows echo: a process that was held up believes the system's time, not its own") {
  Rig rig;
  const probe::SendReport report = rig.send(kHost);
  rig.clock.advance(5s);
  const auto seen = rig.answer(0, {.responder = kHost, .rtt_ms = 20});
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].stamp == probe::StampSource::api);
  CHECK(seen[0].at - report.at == 21ms);
}

TEST_CASE("windows echo: a forged or misdirected reply is turned away and counted") {
  Rig rig;
  (void)rig.send(kHost, 1);
  (void)rig.send(kHost, 2);
  const std::vector<std::byte> forged(56, std::byte{0x5a});
  CHECK(rig.answer(0, {.responder = kHost, .payload = forged}).empty());
  CHECK(rig.transport->rejects().of(probe::Reject::token) == 1);
  CHECK(rig.answer(1, {.responder = kRouter}).empty());
  CHECK(rig.transport->rejects().of(probe::Reject::source) == 1);
}

TEST_CASE("windows echo: a payload that changed on its way is told, with the first place") {
  Rig rig;
  (void)rig.send(kHost6);
  std::vector<std::byte> changed = rig.sent[0];
  changed[40] = std::byte{0x11};
  const auto seen = rig.answer(0, {.responder = kHost6, .payload = changed});
  REQUIRE(seen.size() == 1);
  REQUIRE(seen[0].corruption.has_value());
  CHECK(seen[0].corruption->offset == 40);
}

TEST_CASE(
    "windows echo: a transport may go while calls are outstanding, and the calls end it all") {
  auto script = std::make_shared<FakeIcmpScript>();
  std::vector<std::byte> payload(56);
  {
    const SharedClock clock;
    SeededRng rng(1);
    auto opened = open_icmp_on(std::make_unique<FakeIcmpApi>(script), {}, clock, rng);
    REQUIRE(opened.has_value());
    const probe::ProbeSpec spec{.id = {}, .destination = kHost, .ip = {}, .payload = payload};
    probe::SendReport report;
    (void)opened->transport->send(std::span(&spec, 1), std::span(&report, 1));
  }
  CHECK_FALSE(script->destroyed);
  write_v4_reply(script->call(0).reply, {.responder = kHost});
  script->complete(0);
  constexpr DWORD kPatience = 20'000;
  CHECK(::WaitForSingleObject(script->gone.get(), kPatience) == WAIT_OBJECT_0);
}

TEST_CASE("windows echo: what the IP header shall say reaches the call") {
  Rig rig({.path_mtu = PathMtu::do_df, .reply_window = 1500us});
  const std::array<std::byte, 4> route{std::byte{1}, std::byte{7}, std::byte{3}, std::byte{4}};
  (void)rig.send(kHost, 1,
                 {.ttl = net::Ttl(9),
                  .tos = net::Tos(8),
                  .header_options = *probe::HeaderOptions::from(route)});
  const EchoCall call = rig.script->call(0);
  CHECK(call.ttl == net::Ttl(9));
  CHECK(call.tos == net::Tos(8));
  CHECK(call.dont_fragment);
  CHECK(std::ranges::equal(call.header_options, route));
  CHECK(call.timeout_ms == 2);
  CHECK_FALSE(call.source.has_value());
}

TEST_CASE(
    "windows echo: IPv6 has the same header fields, its zone, and an error for what it lacks") {
  Rig rig({.path_mtu = PathMtu::do_df});
  const net::Address link_local = net::Address::parse("fe80::7")->with_zone(3);
  (void)rig.send(link_local, 1, {.ttl = net::Ttl(9), .tos = net::Tos(8)});
  const EchoCall call = rig.script->call(0);
  CHECK(call.destination == link_local);
  CHECK(call.destination.zone() == 3);
  CHECK(call.ttl == net::Ttl(9));
  CHECK(call.tos == net::Tos(8));
  CHECK(call.dont_fragment);
  CHECK(rig.answer(0, {.responder = link_local}).at(0).kind == ObservationKind::reply);
  const std::array<std::byte, 4> route{std::byte{1}, std::byte{7}, std::byte{3}, std::byte{4}};
  probe::IpOptions routed;
  routed.header_options = *probe::HeaderOptions::from(route);
  const auto refused = rig.send(kHost6, 2, routed);
  REQUIRE(refused.error.has_value());
  CHECK(rig.script->count() == 1);
}

TEST_CASE(
    "windows echo: every ICMPv6 error that Windows tells of is the probe's, by its responder") {
  Rig rig;
  std::size_t index = 0;
  for (const auto& [status, type, code] : std::to_array<std::tuple<Status, int, int>>(
           {{Status::destination_net_unreachable, 1, 0},
            {Status::destination_protocol_unreachable, 1, 1},
            {Status::destination_scope_mismatch, 1, 2},
            {Status::destination_host_unreachable, 1, 3},
            {Status::destination_port_unreachable, 1, 4},
            {Status::packet_too_big, 2, 0},
            {Status::ttl_expired_in_transit, 3, 0},
            {Status::unrecognized_next_header, 4, 1}})) {
    CAPTURE(static_cast<std::uint32_t>(status));
    (void)rig.send(kHost6, index);
    const auto seen = rig.answer(index, {.responder = kRouter6, .status = status});
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].kind == ObservationKind::icmp_error);
    CHECK(seen[0].responder == kRouter6);
    CHECK(static_cast<int>(seen[0].icmp.type) == type);
    CHECK(static_cast<int>(seen[0].icmp.code) == code);
    ++index;
  }
  // The same word without anybody who said it is the local system's: no route from here.
  (void)rig.send(kHost6, index);
  const auto local = rig.answer(index, {.status = Status::destination_net_unreachable});
  REQUIRE(local.size() == 1);
  CHECK(local[0].kind == ObservationKind::send_error);
  CHECK(local[0].send_error->failure == probe::SendFailure::unreachable);
}

TEST_CASE("windows open: what the echo calls cannot do is refused by name") {
  const SharedClock clock;
  SeededRng rng(1);
  std::array<OpenOptions, 7> beyond;
  beyond[0].backend = Backend::raw;
  beyond[1].interface = "eth0";
  beyond[2].mark = 1;
  beyond[3].ident = net::IcmpIdent(1);
  beyond[4].path_mtu = PathMtu::probe;
  beyond[5].multicast_loop = false;
  beyond[6].bypass_routing = true;
  for (const OpenOptions& options : beyond) {
    const auto opened = open_icmp_on(
        std::make_unique<FakeIcmpApi>(std::make_shared<FakeIcmpScript>()), options, clock, rng);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().code == ErrorCode::unsupported);
    CHECK_FALSE(opened.error().hint().empty());
  }
}

TEST_CASE("windows open: one family is enough, unless it is the only one asked for") {
  const SharedClock clock;
  SeededRng rng(1);
  const auto script = std::make_shared<FakeIcmpScript>();
  script->open_v6 = ERROR_CALL_NOT_IMPLEMENTED;
  const auto both = open_icmp_on(std::make_unique<FakeIcmpApi>(script), {}, clock, rng);
  REQUIRE(both.has_value());
  CHECK(both->ladder.size() == 2);
  std::vector<std::byte> payload(56);
  const probe::ProbeSpec spec{.id = {}, .destination = kHost6, .ip = {}, .payload = payload};
  probe::SendReport report;
  (void)both->transport->send(std::span(&spec, 1), std::span(&report, 1));
  REQUIRE(report.error.has_value());
  CHECK(report.error->failure == probe::SendFailure::unreachable);
  const auto only = open_icmp_on(std::make_unique<FakeIcmpApi>(script), {.v4 = false}, clock, rng);
  REQUIRE_FALSE(only.has_value());
  CHECK(only.error().code == ErrorCode::unsupported);
  CHECK(only.error().os_code == ERROR_CALL_NOT_IMPLEMENTED);
}

}  // namespace
}  // namespace sonde::transport
