#include "sonde/report/saved_values.hpp"

#include <charconv>
#include <cmath>

namespace sonde::report {

using Value = JsonValue;
using Kind = JsonValue::Kind;

std::uint64_t count_in(const Value& object, std::string_view key) {
  const Value& value = object.member(key);
  return value.is(Kind::whole) ? value.whole : 0;
}

std::optional<std::uint64_t> optional_count(const Value& object, std::string_view key) {
  const Value& value = object.member(key);
  return value.is(Kind::whole) ? std::optional(value.whole) : std::nullopt;
}

std::string_view text_in(const Value& object, std::string_view key) {
  const Value& value = object.member(key);
  return value.text;
}

std::optional<Duration> ms_in(const Value& object, std::string_view key) {
  constexpr double kNsPerMs = 1e6;
  constexpr double kMost = 1e18;  // 31 years: sums of some do not overflow
  const Value& value = object.member(key);
  if (!value.is_number()) {
    return std::nullopt;
  }
  const double ns = std::round(value.number * kNsPerMs);
  return ns >= 0 && ns < kMost ? std::optional(Duration(static_cast<Duration::rep>(ns)))
                               : std::nullopt;
}

bool flag_in(const Value& object, std::string_view key) {
  const Value& value = object.member(key);
  return value.is(Kind::boolean) && value.flag;
}

std::optional<WallTime> time_in(const Value& object, std::string_view key) {
  namespace chrono = std::chrono;
  const std::string_view text = text_in(object, key);
  constexpr std::size_t kLength = 27;
  constexpr std::array<std::size_t, 7> kFields{0, 5, 8, 11, 14, 17, 20};  // NOLINT: columns
  constexpr std::array<std::size_t, 7> kWidths{4, 2, 2, 2, 2, 2, 6};
  std::array<int, 7> parts{};
  if (text.size() != kLength) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    const char* const from = text.data() + kFields[i];
    if (std::from_chars(from, from + kWidths[i], parts[i]).ptr != from + kWidths[i]) {
      return std::nullopt;
    }
  }
  const chrono::year_month_day date{chrono::year(parts[0]),
                                    chrono::month(static_cast<unsigned>(parts[1])),
                                    chrono::day(static_cast<unsigned>(parts[2]))};
  // What WallTime can count in nanoseconds, both ways, with room for what is added to it.
  constexpr int kFirstYear = 1970;
  constexpr int kLastYear = 2200;
  if (!date.ok() || parts[0] < kFirstYear || parts[0] > kLastYear) {
    return std::nullopt;
  }
  const auto days = chrono::sys_days(date).time_since_epoch();
  return WallTime(days + chrono::hours(parts[3]) + chrono::minutes(parts[4]) +
                  chrono::seconds(parts[5]) + chrono::microseconds(parts[6]));
}

stats::Counts counts_in(const Value& counts) {
  return {.sent = count_in(counts, "sent"),
          .received = count_in(counts, "received"),
          .lost = count_in(counts, "lost"),
          .late = count_in(counts, "late"),
          .in_flight = count_in(counts, "in_flight"),
          .duplicate = count_in(counts, "duplicate"),
          .corrupt = count_in(counts, "corrupt"),
          .errors = count_in(counts, "errors"),
          .send_failures = count_in(counts, "send_failures")};
}

std::string bytes_in(const Value& object, std::string_view key, std::string_view hex_key) {
  constexpr int kHex = 16;
  const std::string_view hex = text_in(object, hex_key);
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned value = 0;
    const char* const from = hex.data() + i;
    if (std::from_chars(from, from + 2, value, kHex).ptr != from + 2) {
      return std::string(text_in(object, key));
    }
    bytes += static_cast<char>(value);
  }
  return hex.empty() ? std::string(text_in(object, key)) : bytes;
}

}  // namespace sonde::report
