// numbers.hpp: durations and ratios as text. Times are whole nanoseconds until here, and the digits
// are made from integers, so that no binary fraction shows. Rounded half up. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sonde/base/time.hpp"

namespace sonde::report {

// Milliseconds, exactly: one to six decimals ("0.03", "1503.0", "0.000001"); for JSON.
void append_exact_ms(std::string& out, Duration d);

// ping's `time=`: 0.030, 1.23, 10.1, 101.
void append_reply_ms(std::string& out, Duration d);

// ping's summary: always three decimals. It is there only if something was received, so that the
// figure exists; an absent one would be 0.000.
[[nodiscard]] std::string summary_ms(const std::optional<Duration>& d);

// Whole milliseconds, as ping's total `time`.
[[nodiscard]] std::int64_t whole_ms(Duration d) noexcept;

// ping's "33.3333" and "0": six digits at most, no exponent below 10^6.
[[nodiscard]] std::string percent(double ratio);

}  // namespace sonde::report
