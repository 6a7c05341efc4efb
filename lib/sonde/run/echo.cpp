#include "sonde/run/echo.hpp"

#include <system_error>
#include <utility>

#include "sonde/base/random.hpp"
#include "sonde/base/system_clock.hpp"
#include "sonde/engine/ping.hpp"
#include "sonde/run/driver.hpp"

namespace sonde::run {
namespace {

using probe::Event;
using probe::EventKind;

EchoReply reply_of(const Event& event) {
  const probe::Observation& seen = event.observation;
  EchoReply reply{.responder = seen.responder,
                  .status = seen.status,
                  .icmp = seen.icmp,
                  .rtt = event.rtt.value_or(Duration::zero()),
                  .clock = event.clock,
                  .bytes = seen.bytes,
                  .next_hop_mtu = seen.next_hop_mtu};
  reply.ip.ttl = seen.ttl;
  reply.ip.tos = seen.tos.value_or(net::Tos{});
  if (seen.extras) {
    reply.ip.header_options = seen.extras->header_options;
  }
  return reply;
}

transport::Error send_failure(const probe::SendError& error) {
  return {.code = transport::ErrorCode::system,
          .operation = "send an echo request",
          .os_code = error.os_code,
          .why = std::generic_category().message(error.os_code),
          .what_to_do = ""};
}

// What one request's events add up to.
struct Collected {
  std::vector<EchoReply> replies;
  std::optional<probe::SendError> failure;
  bool over = false;

  void add(const Event& event) {
    if (event.send_error) {
      failure = event.send_error;
      over = true;
    } else if (event.kind == EventKind::reply || event.kind == EventKind::duplicate ||
               event.kind == EventKind::error) {
      replies.push_back(reply_of(event));
    } else if (event.kind == EventKind::timeout) {
      over = true;
    }
  }
};

std::expected<engine::PingEngine, engine::ConfigError> one_probe(const EchoRequest& request) {
  return engine::PingEngine::make({.interval = request.timeout,
                                   .timeout = request.timeout,
                                   .count = 1,
                                   .ip = request.ip,
                                   .payload = {request.payload.begin(), request.payload.end()},
                                   .authenticate = false});
}

}  // namespace

std::expected<std::vector<EchoReply>, transport::Error> echo(const EchoRequest& request,
                                                             transport::Transport& transport,
                                                             const Clock& clock) {
  auto engine = one_probe(request);
  if (!engine) {
    return std::unexpected(transport::Error{.code = transport::ErrorCode::unsupported,
                                            .operation = "echo",
                                            .os_code = 0,
                                            .why = engine.error().message,
                                            .what_to_do = ""});
  }
  const Instant end = clock.now() + request.timeout;
  engine->add_target(0, request.destination, clock.now());
  engine->close_targets();
  Driver driver(*engine, transport);
  Collected collected;
  while (!collected.over && clock.now() <= end) {
    bool busy = driver.step(clock.now());
    for (const Event& event : engine->take_events()) {
      collected.add(event);
      busy = true;
    }
    if (!request.collect_all && !collected.replies.empty()) {
      break;
    }
    if (!busy && !collected.over) {
      driver.wait(end + Duration(1));
    }
  }
  if (collected.failure && collected.replies.empty()) {
    return std::unexpected(send_failure(*collected.failure));
  }
  return std::move(collected.replies);
}

std::expected<std::vector<EchoReply>, transport::Error> echo(const EchoRequest& request) {
  const SystemClock clock;
  SystemRng rng;
  transport::OpenOptions options{.v4 = request.destination.is_v4(),
                                 .v6 = request.destination.is_v6(),
                                 .source = request.source};
  options.broadcast = request.destination.is_broadcast();
  auto opened = transport::open_icmp(options, clock, rng);
  if (!opened) {
    return std::unexpected(std::move(opened.error()));
  }
  return echo(request, *opened->transport, clock);
}

}  // namespace sonde::run
