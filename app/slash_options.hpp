// slash_options.hpp: the options of Windows' ping.exe and tracert.exe, with their letters, meanings
// and units, in terms of ours: "/n 4 /w 500" is "--count=4 --timeout=500ms". Only on Windows does a
// slash begin an option (terminal.hpp, slash_is_option); a dash means the same on every system. A
// value stands in the next argument, as those have it; letters are told by their case. `ping` and
// `trace` have them: in a sweep a slash begins a file's name, and /n or its like is refused. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/option_table.hpp"
#include "app/usage_error.hpp"

namespace sonde::app {

struct SlashOption {
  char letter;
  std::string_view value_name;  // empty: takes none
  std::string_view before;      // what goes before the value to make it one of our options
  std::string_view after;       // and what behind it
  std::string_view doc;
  std::uint64_t least = 0;
  std::uint64_t most = 0;  // 0: the value is no number
};
// Empty for a mode that has none.
[[nodiscard]] std::span<const SlashOption> slash_options(Mode mode) noexcept;

// The arguments with every slash option put as ours. What stands behind "--", or is the value of an
// option, stays as it is. Errors: a letter that nobody knows, a value that is missing or no number.
[[nodiscard]] std::expected<std::vector<std::string>, UsageError> without_slashes(
    Mode mode, std::span<const std::string> arguments);

// How messages shall name what was typed with a slash.
[[nodiscard]] std::vector<Spelling> slash_spellings(Mode mode,
                                                    std::span<const std::string> arguments);

// A section for --help; empty for a mode that has none.
[[nodiscard]] std::string slash_help(Mode mode);

}  // namespace sonde::app
