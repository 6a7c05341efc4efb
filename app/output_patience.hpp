// output_patience.hpp: how long a write waits for a reader that takes nothing: for ever, until the
// run is asked to end, by a signal or its deadline. Then a reader that still takes something keeps
// its time for each piece, and what nobody takes for kMost is given up: the run has ended then.
// Shared by all outputs of a run, so that they are not waited for one after the other.
#pragma once

#include <atomic>
#include <optional>

#include "sonde/base/clock.hpp"
#include "sonde/base/time.hpp"

namespace sonde::app {

class OutputPatience {
 public:
  static constexpr Duration kMost = std::chrono::milliseconds(750);

  // Both outlive it.
  OutputPatience(const Clock& clock, const std::atomic<bool>& stop) : clock_(clock), stop_(stop) {}
  void end_at(Instant deadline) noexcept { deadline_ = deadline; }

  // Nothing can be written now: wait on?
  [[nodiscard]] bool goes_on() noexcept {
    const Instant now = clock_.now();
    if (!stop_ && !(deadline_ && now >= *deadline_)) {
      return true;
    }
    const Instant since = held_since_.value_or(now);
    held_since_ = since;
    return now - since < kMost;
  }
  // Something was written.
  void renew() noexcept { held_since_.reset(); }

 private:
  const Clock& clock_;
  const std::atomic<bool>& stop_;
  std::optional<Instant> deadline_{};
  std::optional<Instant> held_since_{};
};

}  // namespace sonde::app
