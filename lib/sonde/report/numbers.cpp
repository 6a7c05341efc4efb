#include "sonde/report/numbers.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace sonde::report {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr int kMsDecimals = 6;

[[nodiscard]] constexpr std::int64_t unit_of(int decimals) noexcept {
  std::int64_t ns = kNsPerMs;
  for (int i = 0; i < decimals; ++i) {
    ns /= 10;
  }
  return ns;
}

// How many units of the last decimal, rounded half up.
[[nodiscard]] std::int64_t in_units(Duration d, std::int64_t unit_ns) noexcept {
  return (d.count() + unit_ns / 2) / unit_ns;
}

// By hand: machine output has several of these a line, and millions of lines.
void append_fixed(std::string& out, Duration d, int decimals) {
  constexpr std::size_t kLongest = 32;
  const std::int64_t unit = unit_of(decimals);
  const std::int64_t units = in_units(d, unit);
  const std::int64_t per_ms = kNsPerMs / unit;
  std::array<char, kLongest> text{};
  char* end = std::to_chars(text.data(), text.data() + text.size(), units / per_ms).ptr;
  if (decimals > 0) {
    *end++ = '.';
    std::int64_t rest = units % per_ms;
    for (int i = decimals - 1; i >= 0; --i) {
      end[i] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    }
    end += decimals;
  }
  out.append(text.data(), end);
}

}  // namespace

void append_exact_ms(std::string& out, Duration d) {
  auto ns = static_cast<std::uint64_t>(d.count());
  if (d < Duration::zero()) {
    out += '-';
    ns = 0 - ns;  // of Duration::min(), too
  }
  constexpr std::uint64_t kPerMs{kNsPerMs};
  constexpr std::size_t kLongest = 32;
  std::array<char, kLongest> text{};
  char* end = std::to_chars(text.data(), text.data() + text.size(), ns / kPerMs).ptr;
  *end++ = '.';
  std::uint64_t rest = ns % kPerMs;
  for (int i = kMsDecimals - 1; i >= 0; --i) {
    end[i] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  }
  // One decimal stays: a reader that infers types sees the same one everywhere.
  char* last = end + kMsDecimals - 1;
  while (last > end && *last == '0') {
    --last;
  }
  out.append(text.data(), last + 1);
}

void append_reply_ms(std::string& out, Duration d) {
  constexpr int kDigits = 3;
  std::int64_t limit_ms = 1;
  for (int decimals = kDigits; decimals > 0; --decimals) {
    const std::int64_t unit = unit_of(decimals);
    if (in_units(d, unit) * unit < limit_ms * kNsPerMs) {
      append_fixed(out, d, decimals);
      return;
    }
    limit_ms *= 10;
  }
  append_fixed(out, d, 0);
}

std::string summary_ms(const std::optional<Duration>& d) {
  constexpr int kDecimals = 3;
  std::string out;
  append_fixed(out, d.value_or(Duration{}), kDecimals);
  return out;
}

std::int64_t whole_ms(Duration d) noexcept { return in_units(d, kNsPerMs); }

std::string percent(double ratio) {
  constexpr double kPercent = 100;
  std::string text = fmt::format("{:g}", ratio * kPercent);
  // Six digits round what is next to all.
  return text == "100" && ratio < 1 ? "99.9999" : text;
}

}  // namespace sonde::report
