// pacer.hpp: when the next probe is due: start + n * interval, never "last send + interval", so
// slow sends and replies cause no drift. After a pause longer than two intervals (suspend, SIGSTOP)
// one probe is sent at once and the grid starts anew from there: no burst.
// Pure: time comes in.
#pragma once

#include "sonde/base/time.hpp"

namespace sonde::probe {

class Pacer {
 public:
  Pacer(Instant first, Duration interval) noexcept : next_(first), interval_(interval) {}

  [[nodiscard]] Instant next() const noexcept { return next_; }
  [[nodiscard]] bool due(Instant now) const noexcept { return now >= next_; }
  // The slot at next() was used at `now`.
  void advance(Instant now) noexcept {
    const bool lagging = now - next_ > 2 * interval_;
    next_ = (lagging ? now : next_) + interval_;
  }

 private:
  Instant next_;
  Duration interval_;
};

}  // namespace sonde::probe
