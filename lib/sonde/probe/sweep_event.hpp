// sweep_event.hpp: what a sweep's engine concluded, small enough for millions of targets.
// Each probe gives one `sent` or `send_failed`; a sent one then the outcomes that event.hpp
// describes, with the same `replaces`. A target is told `settled` once: when it has answered
// (until one answers), or when all of its probes have their outcome. What comes after that (a
// second answer, a late one) are events of their own and change its state no more.
#pragma once

#include <cstdint>
#include <optional>

#include "sonde/base/time.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/event.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/probe/spec.hpp"

namespace sonde::probe {

enum class SweepMode : std::uint8_t {
  until_answer,  // up to 1 + retries probes a target, until one is answered
  count,         // that many probes each
  loop,          // until stopped
};

enum class SweepEventKind : std::uint8_t {
  sent,
  send_failed,
  reply,
  timeout,
  late,       // the reply came after the probe's time-out
  duplicate,  // another reply to a probe that already has its answer
  error,      // an ICMP error
  settled,    // the target's state is final; the other fields are those of what settled it
};
inline constexpr std::size_t kSweepEventKinds = 8;

// Of a target. `pending`: not probed yet, or not to its end.
enum class SweepState : std::uint8_t { pending, alive, unreachable, failed };

struct SweepEvent {
  SweepEventKind kind = SweepEventKind::sent;
  Replaced replaces = Replaced::nothing;
  RttClock clock = RttClock::steady;            // of `rtt`
  SweepState state = SweepState::pending;       // settled
  std::optional<net::Ttl> ttl{};                // reply, late, duplicate
  SweepEventKind cause = SweepEventKind::sent;  // settled: the kind of what settled it
  std::optional<Corruption> corruption{};       // reply, late: its payload was not what was sent
  std::uint32_t target = 0;
  std::uint32_t round = 0;  // which probe to this target, from 0
  std::uint32_t bytes = 0;  // reply, late, duplicate: ICMP header and payload
  Instant at{};             // when it happened: sent, received, timed out
  Duration rtt{};           // reply, late, duplicate, error; never negative
  // error: what was seen; valid until the next call of the engine. Else null.
  const Observation* observation = nullptr;
  // send_failed: valid as long. Else null.
  const SendError* send_error = nullptr;
};
static_assert(sizeof(SweepEvent) <= 64);

}  // namespace sonde::probe
