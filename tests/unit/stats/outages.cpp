#include "sonde/stats/outages.hpp"

#include <doctest/doctest.h>

namespace sonde::stats {
namespace {

constexpr Instant kStart{1000s};

// Probe n is sent n - 1 seconds after the start.
Instant sent_at(std::uint64_t sequence) { return kStart + std::chrono::seconds(sequence - 1); }

OutageTracker after_sending(std::uint64_t probes) {
  OutageTracker tracker;
  for (std::uint64_t seq = 1; seq <= probes; ++seq) {
    tracker.sent(seq, sent_at(seq));
  }
  return tracker;
}

TEST_CASE("outages: a single lost probe is none") {
  OutageTracker tracker = after_sending(3);
  tracker.answered(1);
  tracker.unanswered(2);
  CHECK_FALSE(tracker.down());
  tracker.answered(3);
  CHECK(tracker.all().empty());
}

TEST_CASE("outages: two in a row are one, from the first send to the send that was answered") {
  OutageTracker tracker = after_sending(4);
  tracker.answered(1);
  tracker.unanswered(2);
  tracker.unanswered(3);
  CHECK(tracker.down());
  REQUIRE(tracker.current());
  CHECK(tracker.current()->from_seq == 2);
  tracker.answered(4);
  CHECK_FALSE(tracker.down());
  const auto all = tracker.all();
  REQUIRE(all.size() == 1);
  CHECK(all[0].from_seq == 2);
  CHECK(all[0].to_seq == 3);
  CHECK(all[0].started == sent_at(2));
  CHECK(all[0].duration == 2s);
  CHECK_FALSE(all[0].open);
}

TEST_CASE("outages: the one at the end is open and lasts until the last send") {
  OutageTracker tracker = after_sending(3);
  tracker.answered(1);
  tracker.unanswered(2);
  tracker.unanswered(3);
  const auto all = tracker.all();
  REQUIRE(all.size() == 1);
  CHECK(all[0].open);
  CHECK(all[0].duration == 1s);
}

TEST_CASE(
    "outages: an answer between two lost ones counts, even if it came before both time-outs") {
  OutageTracker tracker = after_sending(3);
  tracker.answered(2);
  tracker.unanswered(1);
  tracker.unanswered(3);
  CHECK(tracker.all().empty());
}

TEST_CASE("outages: the target is up with the reply, before the time-out of an earlier probe") {
  OutageTracker tracker = after_sending(4);
  tracker.unanswered(1);
  tracker.unanswered(2);
  CHECK(tracker.down());
  tracker.answered(4);
  CHECK_FALSE(tracker.down());
  tracker.unanswered(3);
  REQUIRE(tracker.all().size() == 1);
  CHECK(tracker.all()[0].to_seq == 3);
  CHECK(tracker.all()[0].duration == 3s);
}

TEST_CASE("outages: a late reply ends the run, what was sent before its probe stays an outage") {
  OutageTracker tracker = after_sending(5);
  for (const std::uint64_t seq : {1U, 2U, 3U, 4U}) {
    tracker.unanswered(seq);
  }
  tracker.answered_late(3, sent_at(3));
  CHECK_FALSE(tracker.down());
  tracker.unanswered(5);
  const auto all = tracker.all();
  REQUIRE(all.size() == 1);
  CHECK(all[0].to_seq == 2);
  CHECK(all[0].duration == 2s);
}

TEST_CASE("outages: replies that are always late leave no outage behind") {
  OutageTracker tracker = after_sending(100);
  for (std::uint64_t seq = 1; seq <= 100; ++seq) {
    tracker.unanswered(seq);
    if (seq > 3) {
      tracker.answered_late(seq - 3, sent_at(seq - 3));
    }
  }
  CHECK(tracker.all().empty());
}

TEST_CASE("outages: calls for probes that are not awaited do nothing") {
  OutageTracker tracker;
  tracker.answered(1);
  tracker.unanswered(2);
  tracker.unanswered(3);
  tracker.answered_late(4, kStart);
  tracker.sent(5, kStart);
  tracker.sent(5, kStart);
  tracker.sent(4, kStart);
  tracker.unanswered(5);
  tracker.unanswered(5);
  CHECK(tracker.all().empty());
  CHECK_FALSE(tracker.down());
}

TEST_CASE("outages: only the first thousand are kept") {
  OutageTracker tracker;
  for (std::uint64_t seq = 1; seq <= 3300; ++seq) {
    tracker.sent(seq, sent_at(seq));
    if (seq % 3 == 0) {
      tracker.answered(seq);
    } else {
      tracker.unanswered(seq);
    }
  }
  CHECK(tracker.all().size() == OutageTracker::kMaxKept);
  CHECK(tracker.all().front().from_seq == 1);
}

}  // namespace
}  // namespace sonde::stats
