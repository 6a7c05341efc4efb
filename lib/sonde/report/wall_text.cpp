#include "sonde/report/wall_text.hpp"

#include <fmt/format.h>

#include <ctime>
#include <optional>

#include "sonde/report/local_time.hpp"

namespace sonde::report {
namespace {

using std::chrono::floor;
using std::chrono::microseconds;
using std::chrono::seconds;

struct SplitTime {
  seconds whole;
  microseconds rest;
};

[[nodiscard]] SplitTime split(WallTime when) noexcept {
  const Duration since_epoch = when.time_since_epoch();
  const auto whole = floor<seconds>(since_epoch);
  return {.whole = whole, .rest = floor<microseconds>(since_epoch - whole)};
}

// "2026-11-21T19:26:27.123456" of a time that already is local.
[[nodiscard]] std::string civil_text(WallTime when) {
  namespace chrono = std::chrono;
  const SplitTime time = split(when);
  const auto days = floor<chrono::days>(time.whole);
  const chrono::year_month_day date{chrono::sys_days(days)};
  const chrono::hh_mm_ss clock(time.whole - days);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     time.rest.count());
}

}  // namespace

std::string utc_text(WallTime when) { return civil_text(when) + "Z"; }

void UtcText::append(std::string& out, WallTime when) {
  constexpr std::size_t kDecimals = 6;
  const SplitTime time = split(when);
  if (prefix_.empty() || time.whole != second_) {
    second_ = time.whole;
    prefix_ = civil_text(when);
    prefix_.resize(prefix_.size() - kDecimals);
  }
  std::string digits(kDecimals, '0');
  auto rest = time.rest.count();
  for (std::size_t i = kDecimals; i > 0; --i) {
    digits[i - 1] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  out += prefix_;
  out += digits;
  out += 'Z';
}

std::string local_text(WallTime when, seconds utc_offset) {
  const bool west = utc_offset < seconds::zero();
  const std::chrono::hh_mm_ss zone(west ? -utc_offset : utc_offset);
  return fmt::format("{}{}{:02}:{:02}", civil_text(when + utc_offset), west ? '-' : '+',
                     zone.hours().count(), zone.minutes().count());
}

std::string epoch_text(WallTime when) {
  const SplitTime time = split(when);
  return fmt::format("{}.{:06}", time.whole.count(), time.rest.count());
}

std::string line_stamp(Stamps stamps, const UtcOffset& utc_offset, WallTime when) {
  switch (stamps) {
    case Stamps::rfc3339:
      return fmt::format("[{}] ", utc_offset ? local_text(when, utc_offset(when)) : utc_text(when));
    case Stamps::epoch:
      return fmt::format("[{}] ", epoch_text(when));
    case Stamps::none:
      break;
  }
  return {};
}

seconds system_utc_offset(WallTime when) {
  namespace chrono = std::chrono;
  constexpr int kFirstYear = 1900;
  const seconds utc = split(when).whole;
  const auto stamp = static_cast<std::time_t>(utc.count());
  const std::optional<std::tm> local = local_time(stamp);
  if (!local) {
    return seconds::zero();
  }
  const chrono::sys_days date =
      chrono::year(local->tm_year + kFirstYear) / (local->tm_mon + 1) / local->tm_mday;
  const auto clock =
      chrono::hours(local->tm_hour) + chrono::minutes(local->tm_min) + seconds(local->tm_sec);
  return date.time_since_epoch() + clock - utc;
}

}  // namespace sonde::report
