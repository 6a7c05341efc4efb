// wall_text.hpp: wall-clock labels as text: RFC 3339 with microseconds, and seconds since 1970.
// Zones come in as an offset, so that everything but system_utc_offset() is pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "sonde/base/time.hpp"

namespace sonde::report {

// Local time minus UTC at a moment.
using UtcOffset = std::function<std::chrono::seconds(WallTime)>;

enum class Stamps : std::uint8_t { none, rfc3339, epoch };  // in front of each line: -D

[[nodiscard]] std::string utc_text(WallTime when);  // 2026-11-21T19:26:27.123456Z
[[nodiscard]] std::string local_text(WallTime when, std::chrono::seconds utc_offset);  // …+01:00
[[nodiscard]] std::string epoch_text(WallTime when);  // 1795289186.808472, as ping -D

// What -D puts in front of a line: "[...] ", or nothing. No offset: UTC.
[[nodiscard]] std::string line_stamp(Stamps stamps, const UtcOffset& utc_offset, WallTime when);

// utc_text() for many moments: the text down to the second is kept, and made anew only when the
// second changes.
class UtcText {
 public:
  void append(std::string& out, WallTime when);

 private:
  std::chrono::seconds second_{};
  std::string prefix_;  // "2026-11-21T19:26:27."; empty: none yet
};

// This computer's zone, daylight saving included.
[[nodiscard]] std::chrono::seconds system_utc_offset(WallTime when);

}  // namespace sonde::report
