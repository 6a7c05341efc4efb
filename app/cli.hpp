// cli.hpp: the words of a command line sorted into options and operands, by the option table.
// GNU habits: options and operands mix, "--" ends the options, --name=value, bundled letters. What
// the values mean is not known here (options.hpp). Pure; CLI11 does the reading and knows only the
// options that the arguments can contain, since registering all of them would cost 100 us.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/option_table.hpp"
#include "app/usage_error.hpp"

namespace sonde::app {

struct GivenOption {
  const OptionSpec* spec;
  std::string value;  // empty for a flag
};

struct CommandLine {
  std::vector<GivenOption> options;  // each option once, with its last value
  std::vector<std::string> operands;

  [[nodiscard]] const GivenOption* find(OptionId id) const noexcept;
};

// `arguments`: without the program's name and the mode's word.
[[nodiscard]] std::expected<CommandLine, UsageError> read_command_line(
    Mode mode, std::span<const std::string> arguments);

// The mode that the first argument names, and what follows it.
struct Invocation {
  Mode mode = Mode::ping;
  bool mode_named = false;
  bool help = false;  // "sonde help [MODE]"
  std::span<const std::string> arguments;
};
[[nodiscard]] std::expected<Invocation, UsageError> choose_mode(
    std::span<const std::string> arguments);

}  // namespace sonde::app
