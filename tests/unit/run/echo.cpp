// echo.cpp: one call, one answer, over the simulated network.
#include "sonde/run/echo.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <utility>

#include "tests/support/sim_network.hpp"
#include "tests/support/sim_transport.hpp"

namespace sonde::run {
namespace {

const net::Address kHost = net::Address::v4(0xc0000201);
const std::array<std::byte, 5> kHello{std::byte{'h'}, std::byte{'e'}, std::byte{'l'},
                                      std::byte{'l'}, std::byte{'o'}};

using test::Host;
using test::Rule;

struct Rig {
  explicit Rig(std::vector<Rule> rules, test::SimFaults faults = {})
      : network(
            {.routers = {{.address = {.v4 = net::Address::v4(0xc6336401)}, .delay = 1ms}},
             .hosts = {Host{.address = {.v4 = kHost}, .delay = 4ms, .rules = std::move(rules)}}}),
        transport({.faults = std::move(faults)}, network, clock, rng) {}
  auto echo(const EchoRequest& request) { return run::echo(request, transport, clock); }

  test::VirtualClock clock;
  SeededRng rng{1};
  test::SimNetwork network;
  test::SimTransport transport;
};

}  // namespace

TEST_CASE("echo: one call gives one reply, with its RTT, TTL and size") {
  Rig rig({});
  const auto replies = rig.echo({.destination = kHost, .payload = kHello});
  REQUIRE(replies.has_value());
  REQUIRE(replies->size() == 1);
  const EchoReply& reply = replies->front();
  CHECK(reply.responder == kHost);
  CHECK(reply.status == probe::Status::success);
  CHECK(reply.rtt == 10ms);
  CHECK(reply.bytes == 8 + 5);
  CHECK(reply.ip.ttl == net::Ttl(63));
  CHECK(rig.clock.elapsed() == 10ms);  // it did not wait for more
}

TEST_CASE("echo: the payload goes out as it is, without a token") {
  // A host that changes the second byte, which in a sealed payload would break the token.
  Rig rig({Rule{.when = {}, .what = test::behaviour::corrupt(1, std::byte{1})}});
  const auto replies = rig.echo({.destination = kHost, .payload = kHello});
  REQUIRE(replies.has_value());
  CHECK(replies->size() == 1);
}

TEST_CASE("echo: nothing in time is no error and no reply, after the time-out") {
  Rig rig({Rule{.when = {}, .what = test::behaviour::lose()}});
  const auto replies = rig.echo({.destination = kHost, .timeout = 300ms});
  REQUIRE(replies.has_value());
  CHECK(replies->empty());
  CHECK(rig.clock.elapsed() >= 300ms);
  CHECK(rig.clock.elapsed() <= 301ms);
}

TEST_CASE("echo: a late reply is none") {
  Rig rig({Rule{.when = {}, .what = test::behaviour::delay(1s, 0s)}});
  const auto replies = rig.echo({.destination = kHost, .timeout = 300ms});
  REQUIRE(replies.has_value());
  CHECK(replies->empty());
}

TEST_CASE("echo: an ICMP error is an answer with the router's address and its status") {
  Rig rig({});
  const auto replies = rig.echo({.destination = kHost, .ip = {.ttl = net::Ttl(1)}});
  REQUIRE(replies.has_value());
  REQUIRE(replies->size() == 1);
  CHECK(replies->front().status == probe::Status::ttl_expired_in_transit);
  CHECK(replies->front().responder == net::Address::v4(0xc6336401));
  CHECK(replies->front().bytes == 0);
}

TEST_CASE("echo: all replies are collected if asked for, until the time-out") {
  Rig rig({Rule{.when = {}, .what = test::behaviour::duplicate(2, 5ms)}});
  const auto replies = rig.echo({.destination = kHost, .timeout = 100ms, .collect_all = true});
  REQUIRE(replies.has_value());
  CHECK(replies->size() == 3);
  CHECK(rig.clock.elapsed() >= 100ms);
}

TEST_CASE("echo: a send that the system refuses is an error with its code") {
  test::SimFaults faults;
  faults.sends.push_back({.first = 1, .last = 1, .error = {.os_code = ENETUNREACH}});
  Rig rig({}, faults);
  const auto replies = rig.echo({.destination = kHost});
  REQUIRE_FALSE(replies.has_value());
  CHECK(replies.error().os_code == ENETUNREACH);
  CHECK_FALSE(replies.error().message().empty());
}

TEST_CASE("echo: a time-out of 0 is refused in words") {
  Rig rig({});
  const auto replies = rig.echo({.destination = kHost, .timeout = 0s});
  REQUIRE_FALSE(replies.has_value());
  CHECK_FALSE(replies.error().message().empty());
}

TEST_CASE("echo: a transport can be kept for many calls") {
  Rig rig({});
  for (int n = 0; n < 50; ++n) {
    const auto replies = rig.echo({.destination = kHost, .payload = kHello});
    REQUIRE(replies.has_value());
    REQUIRE(replies->size() == 1);
    REQUIRE(replies->front().rtt == 10ms);
  }
}

}  // namespace sonde::run
