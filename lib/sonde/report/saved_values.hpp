// saved_values.hpp: members of JSON objects that a sweep was saved as, each with what it is when it
// is missing or of another type.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sonde/base/time.hpp"
#include "sonde/report/json_tree.hpp"
#include "sonde/stats/target_stats.hpp"

namespace sonde::report {

// No whole number: 0, or nothing.
[[nodiscard]] std::uint64_t count_in(const JsonValue& object, std::string_view key);
[[nodiscard]] std::optional<std::uint64_t> optional_count(const JsonValue& object,
                                                          std::string_view key);
[[nodiscard]] bool flag_in(const JsonValue& object, std::string_view key);
[[nodiscard]] std::string_view text_in(const JsonValue& object, std::string_view key);
// The text, or the bytes that it could not hold.
[[nodiscard]] std::string bytes_in(const JsonValue& object, std::string_view key,
                                   std::string_view hex_key);
// Milliseconds that were written from whole nanoseconds.
[[nodiscard]] std::optional<Duration> ms_in(const JsonValue& object, std::string_view key);
// "2026-11-21T19:26:27.123456Z", of 1970 to 2200.
[[nodiscard]] std::optional<WallTime> time_in(const JsonValue& object, std::string_view key);
[[nodiscard]] stats::Counts counts_in(const JsonValue& counts);

template <typename T>
struct Word {
  std::string_view word;
  T value;
};
template <typename T, std::size_t N>
[[nodiscard]] std::optional<T> word_in(const JsonValue& object, std::string_view key,
                                       const std::array<Word<T>, N>& words) {
  const std::string_view text = text_in(object, key);
  for (const Word<T>& word : words) {
    if (word.word == text) {
      return word.value;
    }
  }
  return std::nullopt;
}

}  // namespace sonde::report
