#include "sonde/report/probe_log.hpp"

#include <doctest/doctest.h>

namespace sonde::report {
namespace {

using probe::EventKind;

probe::Event event(EventKind kind, std::uint32_t target, std::uint64_t sequence) {
  return {.kind = kind,
          .probe = {.target = target, .sequence = sequence},
          .at = Instant(std::chrono::seconds(sequence)),
          .sent_at = Instant(std::chrono::seconds(sequence))};
}

TEST_CASE("probe log: a record takes 48 bytes") { CHECK(sizeof(ProbeRecord) == 48); }

TEST_CASE("probe log: probes are found although sequences have gaps") {
  ProbeLog log;
  for (const std::uint64_t seq : {1U, 2U, 7U, 9U}) {
    log.apply(event(EventKind::sent, 0, seq));
  }
  log.apply(event(EventKind::timeout, 0, 7));
  log.apply(event(EventKind::timeout, 0, 8));
  REQUIRE(log.of(0).size() == 4);
  CHECK(log.of(0)[2].outcome == Outcome::timeout);
  CHECK(log.of(0)[3].outcome == Outcome::in_flight);
}

TEST_CASE("probe log: a target that is not known has no probes") {
  ProbeLog log;
  log.apply(event(EventKind::reply, 5, 1));
  CHECK(log.of(5).empty());
  CHECK(log.left_out(5) == 0);
}

TEST_CASE("probe log: a later transmit stamp replaces the time of the call") {
  ProbeLog log;
  log.apply(event(EventKind::sent, 0, 1));
  probe::Event reply = event(EventKind::reply, 0, 1);
  reply.sent_at += 50us;
  log.apply(reply);
  CHECK(log.of(0)[0].sent_at == Instant(1s) + 50us);
}

TEST_CASE("probe log: responders are kept apart, and each once") {
  ProbeLog log;
  for (std::uint64_t seq = 1; seq <= 4; ++seq) {
    log.apply(event(EventKind::sent, 0, seq));
    probe::Event reply = event(EventKind::reply, 0, seq);
    reply.observation.responder = net::Address::v4(seq % 2 == 0 ? 0x0A000001 : 0x0A000002);
    log.apply(reply);
  }
  CHECK(log.answer(log.of(0)[0]).from == net::Address::v4(0x0A000002));
  CHECK(log.answer(log.of(0)[3]).from == net::Address::v4(0x0A000001));
  CHECK(log.of(0)[0].from == log.of(0)[2].from);
}

TEST_CASE("probe log: the limit is one for all targets") {
  ProbeLog log;
  for (std::uint64_t seq = 1; seq <= ProbeLog::kMaxProbes; ++seq) {
    log.apply(event(EventKind::sent, 0, seq));
  }
  log.apply(event(EventKind::sent, 1, 1));
  log.apply(event(EventKind::timeout, 1, 1));
  CHECK(log.left_out(0) == 0);
  CHECK(log.left_out(1) == 1);
  CHECK(log.of(1).empty());
}

}  // namespace
}  // namespace sonde::report
