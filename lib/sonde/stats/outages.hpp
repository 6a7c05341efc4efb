// outages.hpp: runs of probes in a row without a reply, in the order of their sequences.
// Outcomes come out of order (a reply to 7 before the time-out of 5), so a probe is judged only
// when all before it are: the window holds those that wait, about as many as are in flight.
// An answer ends a run. An answer to a probe that was judged already (late, or after an ICMP error)
// is a sign of life and ends it too: of the run, the probes sent before the one that was answered
// stay an outage if they are enough, the rest is forgotten.
// Calls for sequences that are not awaited do nothing. Amortised constant time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sonde/base/time.hpp"

namespace sonde::stats {

// A run of at least OutageTracker::kProbes probes in a row without a reply.
struct Outage {
  std::uint64_t from_seq = 0;
  std::uint64_t to_seq = 0;
  Instant started;    // when its first probe was sent
  Duration duration;  // until the probe that was answered again was sent, or the last one's send
  bool open = false;  // still going on
};

class OutageTracker {
 public:
  static constexpr std::uint64_t kProbes = 2;
  static constexpr std::size_t kMaxKept = 1000;  // the first ones

  void sent(std::uint64_t sequence, Instant at);  // ascending; others are ignored
  void answered(std::uint64_t sequence);
  void answered_late(std::uint64_t sequence, Instant sent_at);
  void unanswered(std::uint64_t sequence);

  // Closed ones, and the present one if it is long enough.
  [[nodiscard]] std::vector<Outage> all() const;
  // Are the last finished probes, at least kProbes of them, without a reply?
  [[nodiscard]] bool down() const noexcept;
  // The present run while down().
  [[nodiscard]] std::optional<Outage> current() const noexcept;

 private:
  enum class State : std::uint8_t { pending, answered, unanswered };
  struct Waiting {
    std::uint64_t sequence = 0;
    Instant sent_at;
    State state = State::pending;
  };
  struct Run {
    std::uint64_t from_seq = 0;
    std::uint64_t to_seq = 0;
    std::uint64_t probes = 0;
    Instant started;
    Instant last_sent;
    [[nodiscard]] Outage as_outage(bool open) const noexcept {
      return {.from_seq = from_seq,
              .to_seq = to_seq,
              .started = started,
              .duration = last_sent - started,
              .open = open};
    }
  };
  [[nodiscard]] Waiting* find(std::uint64_t sequence) noexcept;
  void settle();  // judges the probes at the front that are no longer pending
  void close_run(Instant recovered_at);

  std::vector<Waiting> window_;
  std::size_t head_ = 0;  // of window_: those before are judged
  std::optional<Run> run_;
  std::uint64_t newest_answered_ = 0;
  std::vector<Outage> closed_;
};

}  // namespace sonde::stats
