// table.cpp: the life of a probe in the in-flight table.
#include "sonde/probe/table.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace sonde::probe {
namespace {

constexpr Instant kStart{100s};
using State = ProbeTable::State;

void open(ProbeTable& table, std::uint64_t sequence, Instant at, Duration timeout = 1s) {
  table.open(sequence, at, at + timeout);
}

std::vector<std::uint64_t> expire_all(ProbeTable& table, Instant now) {
  std::vector<std::uint64_t> out;
  while (const auto expired = table.expire(now)) {
    out.push_back(expired->sequence);
  }
  return out;
}

}  // namespace

TEST_CASE("table: the first reply finds the probe pending, the second finds it answered") {
  ProbeTable table;
  open(table, 1, kStart);
  CHECK(table.pending() == 1);
  const auto first = table.answer(1);
  CHECK(first.before == State::pending);
  CHECK(first.sent_at == kStart);
  CHECK(first.deadline == kStart + 1s);
  CHECK(table.pending() == 0);
  CHECK(table.answer(1).before == State::answered);
}

TEST_CASE("table: a sequence that was never opened is unknown") {
  ProbeTable table;
  CHECK(table.answer(1).before == State::unknown);
  CHECK(table.refuse(0).before == State::unknown);
  open(table, 1, kStart);
  CHECK(table.answer(2).before == State::unknown);
  CHECK(table.answer(1 + ProbeTable::kInitial).before == State::unknown);
  CHECK(table.pending() == 1);
}

TEST_CASE("table: a probe expires after its deadline, not at it") {
  ProbeTable table;
  open(table, 1, kStart);
  CHECK(table.next_deadline() == kStart + 1s);
  CHECK_FALSE(table.expire(kStart + 1s).has_value());
  const auto expired = table.expire(kStart + 1s + Duration(1));
  REQUIRE(expired.has_value());
  CHECK(expired->sequence == 1);
  CHECK(expired->deadline == kStart + 1s);
  CHECK_FALSE(table.next_deadline().has_value());
}

TEST_CASE("table: probes expire in the order they were sent, answered ones never") {
  ProbeTable table;
  for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
    open(table, sequence, kStart + sequence * 1ms);
  }
  CHECK(table.answer(1).before == State::pending);
  CHECK(table.answer(3).before == State::pending);
  CHECK(expire_all(table, kStart + 1min) == std::vector<std::uint64_t>{2, 4, 5});
}

TEST_CASE("table: a reply to an expired probe says so, and again is a duplicate") {
  ProbeTable table;
  open(table, 1, kStart);
  CHECK(expire_all(table, kStart + 2s).size() == 1);
  CHECK(table.answer(1).before == State::expired);
  CHECK(table.answer(1).before == State::answered);
}

TEST_CASE("table: a refused probe can still be answered, an answered one not be refused") {
  ProbeTable table;
  open(table, 1, kStart);
  CHECK(table.refuse(1).before == State::pending);
  CHECK(table.pending() == 0);
  CHECK(table.refuse(1).before == State::refused);
  CHECK(table.answer(1).before == State::refused);
  CHECK(table.refuse(1).before == State::answered);
  CHECK(table.answer(1).before == State::answered);
}

TEST_CASE("table: the transmit stamp replaces the send time until there is an answer") {
  ProbeTable table;
  open(table, 1, kStart);
  table.refine(1, kStart + 30us);
  const auto found = table.answer(1);
  CHECK(found.sent_at == kStart + 30us);
  CHECK(found.transmit_stamp);
  CHECK(found.deadline == kStart + 1s);  // the time-out runs from the send call
  table.refine(1, kStart + 50us);
  CHECK(table.answer(1).sent_at == kStart + 30us);
  table.refine(99, kStart);  // never opened: harmless
}

TEST_CASE("table: gaps in the sequence are allowed (failed sends are never opened)") {
  ProbeTable table;
  open(table, 10, kStart);
  open(table, 14, kStart + 1ms);
  open(table, 1'000, kStart + 2ms);
  CHECK(table.answer(14).before == State::pending);
  CHECK(table.answer(12).before == State::unknown);
  CHECK(expire_all(table, kStart + 1min) == std::vector<std::uint64_t>{10, 1'000});
}

TEST_CASE("table: it grows while what it would overwrite is pending") {
  ProbeTable table;
  for (std::uint64_t sequence = 1; sequence <= 5'000; ++sequence) {
    open(table, sequence, kStart);
  }
  CHECK(table.pending() == 5'000);
  for (std::uint64_t sequence = 1; sequence <= 5'000; ++sequence) {
    REQUIRE(table.answer(sequence).before == State::pending);
  }
}

TEST_CASE("table: closed probes stay known for a minute, however fast the new ones come") {
  ProbeTable table;
  open(table, 1, kStart);
  (void)table.answer(1);
  for (std::uint64_t sequence = 2; sequence <= 20'000; ++sequence) {
    open(table, sequence, kStart + 59s);
    (void)table.answer(sequence);
  }
  CHECK(table.answer(1).before == State::answered);
  open(table, 20'001, kStart + 10min);
  CHECK(table.answer(20'000).before == State::answered);  // old, but nothing took its place
}

TEST_CASE("table: old and closed entries are overwritten, not kept for ever") {
  ProbeTable table;
  open(table, 1, kStart);
  (void)table.answer(1);
  open(table, 1 + ProbeTable::kInitial, kStart + ProbeTable::kRemember);
  CHECK(table.answer(1).before == State::unknown);
  CHECK(table.answer(1 + ProbeTable::kInitial).before == State::pending);
}

TEST_CASE("table: at full size a pending probe that makes room is handed out as expired") {
  ProbeTable table;
  const std::uint64_t last = ProbeTable::kMax + 2;
  for (std::uint64_t sequence = 1; sequence <= last; ++sequence) {
    open(table, sequence, kStart);
  }
  CHECK(table.pending() == ProbeTable::kMax);
  CHECK(table.next_deadline() == kStart + 1s);
  CHECK(expire_all(table, kStart) == std::vector<std::uint64_t>{1, 2});
  CHECK(table.answer(1).before == State::unknown);
  CHECK(table.answer(3).before == State::pending);
  CHECK(expire_all(table, kStart + 1min).front() == 4);
}

}  // namespace sonde::probe
