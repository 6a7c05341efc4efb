// reader_watch.hpp: does anybody still read what the run tells? A reader that went away shows
// itself at the next write; where the next line is long in coming, the run asks meanwhile.
// So a run whose stdout is a pipe wakes every kEvery, however long its interval is.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "sonde/base/time.hpp"
#include "sonde/run/control.hpp"

namespace sonde::run {

class ReaderWatch {
 public:
  static constexpr Duration kEvery = std::chrono::milliseconds(500);

  // `gone`: asked before a wait, at most every kEvery; must not wait itself. Empty: never asked.
  ReaderWatch(std::function<bool()> gone, Control& control)
      : gone_(std::move(gone)), control_(control) {}

  [[nodiscard]] bool watches() const noexcept { return static_cast<bool>(gone_); }
  // Asks if it is time to. Out: when to ask again; nullopt: never.
  std::optional<Instant> look(Instant now) {
    if (!watches()) {
      return std::nullopt;
    }
    if (now >= next_) {
      next_ = now + kEvery;
      if (gone_()) {
        control_.output_failed = true;
      }
    }
    return next_;
  }

 private:
  std::function<bool()> gone_;
  Control& control_;
  Instant next_ = Instant::min();
};

}  // namespace sonde::run
