// sweep_model.cpp: the sweep's engine and results against a naive model, in virtual time, under
// random loss, delay, duplicates, reordering, errors, refused sends and full buffers.
// The model writes down what happened to each probe (when it left, what arrived and when) and
// counts from that; the engine must have told the same, probe by probe.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/engine/sweep.hpp"
#include "sonde/stats/sweep_results.hpp"

namespace sonde::engine {
namespace {

using probe::Observation;
using probe::ObservationKind;
using probe::SweepEvent;
using probe::SweepEventKind;
using probe::SweepMode;
using probe::SweepState;

constexpr Instant kStart{1000s};

struct Seen {  // a probe as the network saw it
  std::uint32_t target = 0;
  std::uint32_t round = 0;
  Instant sent_at{};
  Duration timeout{};
  bool refused = false;
  std::vector<Observation> arrived{};  // in the order in which the engine was told
};

class World {
 public:
  explicit World(std::uint64_t seed) : rng(seed), config(random_config()), hosts(1 + pick(40)) {
    REQUIRE(list.append(net::Address::v4(0x0a000000), hosts));
    engine.extend(now);
    results.grow();
    finals.grow();
    engine.close_targets();
  }

  void run() {
    for (int turns = 0; !engine.done(); ++turns) {
      REQUIRE(turns < 200'000);
      turn();
    }
  }

  void turn() {
    send();
    deliver();
    engine.on_tick(now);
    take();
    Instant next = coming.empty() ? Instant::max() : coming.begin()->first;
    next = std::min(next, engine.deadline().value_or(next));
    if (next == Instant::max()) {
      REQUIRE(engine.done());
      return;
    }
    // The loop is late now and then, and once in a while very late.
    now = std::max(now, next) + (pick(4) == 0 ? ms(pick(30)) : 0ns) +
          (pick(400) == 0 ? ms(pick(3000)) : 0ns);
  }

  std::uint64_t pick(std::uint64_t below) { return rng.below(below); }
  static Duration ms(std::uint64_t n) { return n * 1ms; }

  SeededRng rng;
  SweepConfig config;
  bool full_buffers = pick(2) == 0;
  std::uint64_t hosts;
  net::AddressList list{};
  SweepEngine engine{SweepEngine::make(config, list).value()};
  // Of all that came: `finals` end with each target's result.
  stats::SweepResults results{list, stats::SweepDetail::records, 0, config.mode};
  stats::SweepResults finals{list, stats::SweepDetail::records, 0, config.mode};
  std::map<std::uint32_t, stats::Counts> told{};
  Instant now = kStart;
  std::map<std::uint64_t, Seen> probes{};
  std::multimap<Instant, Observation> coming{};
  std::map<std::uint32_t, std::vector<SweepState>> settled{};
  std::map<std::uint32_t, bool> answered_before_settled{};
  std::set<std::uint32_t> last_refused{};

 private:
  SweepConfig random_config() {
    SweepConfig out;
    out.mode = pick(2) == 0 ? SweepMode::until_answer : SweepMode::count;
    out.timeout = ms(20 + pick(300));
    out.retries = static_cast<std::uint32_t>(pick(4));
    out.backoff = 1 + static_cast<double>(pick(3)) / 2;
    out.count = static_cast<std::uint32_t>(1 + pick(6));
    out.interval = ms(10 + pick(200));
    if (pick(2) == 0) {
      out.rate = 20 + pick(5000);
    } else {
      out.rate.reset();
    }
    if (pick(2) == 0) {
      out.random_order = pick(1000);
    }
    return out;
  }

  void send() {
    std::vector<probe::ProbeSpec> specs(1 + pick(64));
    specs.resize(engine.next_probes(now, specs));
    std::vector<probe::SendReport> reports;
    for (const probe::ProbeSpec& spec : specs) {
      REQUIRE(spec.destination == list.at(spec.id.target));
      REQUIRE(!probes.contains(spec.id.sequence));
      probe::SendReport report{.id = spec.id, .at = now};
      if (pick(30) == 0) {
        report.error = probe::SendError{.failure = full_buffers && pick(2) == 0
                                                       ? probe::SendFailure::no_buffer
                                                       : probe::SendFailure::unreachable};
      }
      reports.push_back(report);
      const bool withdrawn = report.error && report.error->failure == probe::SendFailure::no_buffer;
      if (!withdrawn) {
        left(spec.id, report.error.has_value());
      }
    }
    engine.on_sent(reports);
  }

  void left(const probe::ProbeId& id, bool refused) {
    Seen& seen = probes[id.sequence];
    seen = {.target = id.target, .sent_at = now, .refused = refused};
    seen.round = rounds_[id.target]++;
    seen.timeout = config.timeout;
    for (std::uint32_t i = 0; i < seen.round && config.mode == SweepMode::until_answer; ++i) {
      seen.timeout = Duration(
          static_cast<Duration::rep>(static_cast<double>(seen.timeout.count()) * config.backoff));
    }
    if (refused) {
      last_refused.insert(id.target);
      return;
    }
    for (std::uint64_t copies = pick(10) < 3 ? 0 : 1 + (pick(8) == 0 ? pick(3) : 0); copies > 0;
         --copies) {
      coming.emplace(now + ms(pick(pick(5) == 0 ? 900 : 60)),
                     Observation{.probe = id, .kind = ObservationKind::reply});
    }
    if (pick(8) == 0) {
      coming.emplace(now + ms(pick(500)),
                     Observation{.probe = id, .kind = ObservationKind::icmp_error});
    }
    if (pick(20) == 0) {
      coming.emplace(now + ms(pick(200)),
                     Observation{.probe = id,
                                 .kind = ObservationKind::send_error,
                                 .send_error = probe::SendError{.failure = late_failure()}});
    }
  }

  probe::SendFailure late_failure() {
    return pick(2) == 0 ? probe::SendFailure::no_buffer : probe::SendFailure::other;
  }

  void deliver() {
    std::vector<Observation> batch;
    while (!coming.empty() && coming.begin()->first <= now) {
      batch.push_back(coming.begin()->second);
      batch.back().at = coming.begin()->first;
      coming.erase(coming.begin());
      // Sockets of two families are read in turns: not always in the order of arrival.
      if (batch.size() > 1 && pick(5) == 0) {
        std::swap(batch[batch.size() - 1], batch[batch.size() - 2]);
      }
    }
    for (const Observation& seen : batch) {
      probes.at(seen.probe.sequence).arrived.push_back(seen);
      if (seen.kind == ObservationKind::send_error) {
        last_refused.insert(seen.probe.target);
      }
    }
    engine.on_observations(batch);
  }

  void take() {
    for (const SweepEvent& event : engine.take_events()) {
      finals.apply(event);
      if (event.kind == SweepEventKind::settled) {
        told.insert_or_assign(event.target, finals.at(event.target).counts);
        settled[event.target].push_back(event.state);
        continue;
      }
      results.apply(event);
      if ((event.kind == SweepEventKind::reply || event.kind == SweepEventKind::late) &&
          !settled.contains(event.target)) {
        answered_before_settled[event.target] = true;
      }
    }
  }

  std::map<std::uint32_t, std::uint32_t> rounds_{};
};

// Adds the outcome of one probe, as the rules in event.hpp say.
void count(const Seen& seen, stats::Counts& into) {
  ++into.sent;
  if (seen.refused) {
    ++into.send_failures;
    return;
  }
  const Instant deadline = seen.sent_at + seen.timeout;
  enum class Is : std::uint8_t { open, lost, error, received, late, failed } is = Is::open;
  bool expired = false;
  for (const Observation& what : seen.arrived) {
    // An error behind the time-out says nothing of a reply that was overtaken by it.
    expired = expired || (what.at > deadline && what.kind == ObservationKind::reply);
    if (expired && is == Is::open) {
      is = Is::lost;
    }
    if (is == Is::failed) {
      break;  // it was not sent: whatever else comes is no answer to it
    }
    if (what.kind == ObservationKind::send_error) {
      is = is == Is::open || is == Is::lost ? Is::failed : is;
    } else if (what.kind == ObservationKind::icmp_error) {
      is = is == Is::open || is == Is::lost ? Is::error : is;
    } else if (is == Is::received || is == Is::late) {
      ++into.duplicate;
    } else {
      is = expired ? Is::late : Is::received;
    }
  }
  std::uint64_t* const bucket = is == Is::received ? &into.received
                                : is == Is::late   ? &into.late
                                : is == Is::error  ? &into.errors
                                : is == Is::failed ? &into.send_failures
                                                   : &into.lost;
  ++*bucket;
}

void check_counts(const World& world) {
  std::map<std::uint32_t, stats::Counts> expected;
  for (const auto& [number, seen] : world.probes) {
    count(seen, expected[seen.target]);
  }
  for (std::uint32_t target = 0; target < world.hosts; ++target) {
    const stats::Counts& want = expected[target];
    const stats::Counts got = world.results.at(target).counts;
    REQUIRE(got.sent == want.sent);
    REQUIRE(got.received == want.received);
    REQUIRE(got.late == want.late);
    REQUIRE(got.lost == want.lost);
    REQUIRE(got.errors == want.errors);
    REQUIRE(got.send_failures == want.send_failures);
    REQUIRE(got.duplicate == want.duplicate);
    REQUIRE(got.in_flight == 0);
    const stats::Counts& told = world.told.at(target);
    const stats::Counts last = world.finals.at(target).counts;
    REQUIRE(last.sent == told.sent);
    REQUIRE(last.received == told.received);
    REQUIRE(last.late == told.late);
    REQUIRE(last.lost == told.lost);
    REQUIRE(last.duplicate == told.duplicate);
  }
}

void check_targets(World& world) {
  std::map<std::uint32_t, std::uint64_t> sends;
  for (const auto& [number, seen] : world.probes) {
    ++sends[seen.target];
  }
  for (std::uint32_t target = 0; target < world.hosts; ++target) {
    REQUIRE(world.settled[target].size() == 1);
    const bool alive = world.settled[target].front() == SweepState::alive;
    REQUIRE(alive == world.answered_before_settled[target]);
    if (world.config.mode == SweepMode::count) {
      REQUIRE(sends[target] == world.config.count);
    } else {
      REQUIRE(sends[target] >= 1);
      REQUIRE(sends[target] <= world.config.retries + 1);
      const bool all_tried =
          sends[target] == world.config.retries + 1 || world.last_refused.contains(target);
      REQUIRE((alive || all_tried));
    }
  }
}

// No more than the rate allows in any stretch, whatever the loop did.
void check_pace(const World& world) {
  if (!world.config.rate) {
    return;
  }
  std::vector<Instant> sent;
  sent.reserve(world.probes.size());
  for (const auto& [number, seen] : world.probes) {
    sent.push_back(seen.sent_at);
  }
  const auto rate = static_cast<double>(*world.config.rate);
  for (std::size_t first = 0; first < sent.size(); first += 7) {
    for (std::size_t last = first; last < sent.size(); last += 11) {
      const double seconds =
          std::chrono::duration<double>(sent[last] - sent[first] + probe::RatePacer::kCatchUp)
              .count();
      REQUIRE(static_cast<double>(last - first + 1) <= seconds * rate + 3);
    }
  }
}

// Probes to one target keep their distance; only a full buffer can push one towards the next.
void check_intervals(const World& world) {
  if (world.config.mode != SweepMode::count || world.full_buffers) {
    return;
  }
  std::map<std::uint32_t, Instant> last;
  for (const auto& [number, seen] : world.probes) {
    const auto before = last.find(seen.target);
    if (before != last.end()) {
      REQUIRE(seen.sent_at - before->second >= world.config.interval / 2);
    }
    last[seen.target] = seen.sent_at;
  }
}

}  // namespace

TEST_CASE("sweep: the engine counts what the naive model counts") {
  std::uint64_t probes = 0;
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    World world(seed);
    world.run();
    check_counts(world);
    check_targets(world);
    check_pace(world);
    check_intervals(world);
    REQUIRE(world.engine.forgotten() == 0);
    probes += world.probes.size();
  }
  CHECK(probes > 10'000);
}

TEST_CASE("sweep: stopped anywhere, every probe is in one bucket, and open ones are in flight") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    World world(seed);
    const std::uint64_t turns = world.pick(60);
    for (std::uint64_t turn = 0; turn < turns && !world.engine.done(); ++turn) {
      world.turn();
      const stats::Counts all = world.results.totals().counts;
      REQUIRE(all.sent ==
              all.received + all.late + all.lost + all.errors + all.send_failures + all.in_flight);
      REQUIRE(all.sent == world.probes.size());
    }
  }
}

}  // namespace sonde::engine
