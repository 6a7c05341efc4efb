// event.hpp: what an engine concluded. Statistics and reporters read nothing else.
// Every probe gives one `sent` or `send_failed`; a sent one then at most one of reply, timeout or
// error. That outcome can be replaced once or twice by something better known: a timeout by an
// error or a late reply, an error by a reply (whoever forges an error must not hide the answer);
// `replaces` says so. After an answer any number of duplicates. A probe with `sent` and nothing
// behind it is in flight. A system that takes a probe and says later that it could not send it
// makes a `send_failed` that replaces `sent` or the timeout; nothing follows it.
#pragma once

#include <cstdint>
#include <optional>

#include "sonde/base/time.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/probe/path.hpp"
#include "sonde/probe/spec.hpp"

namespace sonde::probe {

enum class EventKind : std::uint8_t {
  sent,
  send_failed,
  reply,
  timeout,
  late,       // the reply came after the probe's time-out
  duplicate,  // another reply to a probe that already has its outcome
  error,      // an ICMP error
  path_mtu,   // trace: what reaches hop `step.ttl`; of no probe, sequence 0
  flow_end,   // trace of several flows: where and how `step.flow` ended; sequence 0
  path_end,   // trace: the target's path is known, see Event::path_end; sequence 0
};

// What an event takes back: an outcome; or that the probe was sent.
enum class Replaced : std::uint8_t { nothing, timeout, error, sent };

// Which clocks an RTT was measured with, best first.
enum class RttClock : std::uint8_t { hardware, kernel_tx_rx, kernel_rx, steady, api_ms };

struct Event {
  EventKind kind = EventKind::sent;
  ProbeId probe;
  Instant at;                             // when it happened: sent, received, timed out
  Instant sent_at;                        // the best transmit time known
  std::optional<Duration> rtt{};          // reply, late, duplicate, error; never negative
  RttClock clock = RttClock::steady;      // of `rtt`
  bool reordered = false;                 // reply, late: an answer to a later probe came before
  Replaced replaces = Replaced::nothing;  // late: a timeout (or an error); error: a timeout; reply:
                                          // an error; send_failed: sent, or a timeout
  Observation observation{};              // reply, late, duplicate, error
  std::optional<SendError> send_error{};  // send_failed
  PathStep step{};                        // trace: of every kind but path_end
  std::optional<PathMtu> path_mtu{};      // path_mtu
  PathEnd path_end = PathEnd::reached;    // path_end, flow_end
};

}  // namespace sonde::probe
