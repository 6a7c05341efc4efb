#include "app/run_app.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "app/cli.hpp"
#include "app/cmd_ping.hpp"
#include "app/cmd_sweep.hpp"
#include "app/cmd_trace.hpp"
#include "app/completions.hpp"
#include "app/help.hpp"
#include "app/man_options.hpp"
#include "app/slash_options.hpp"
#include "app/terminal.hpp"
#include "app/values.hpp"
#include "app/version.hpp"
#include "sonde/report/schema.hpp"

namespace sonde::app {

namespace {

constexpr std::string_view kHelp = "sonde --help";

std::string_view help_of(Mode mode) {
  switch (mode) {
    case Mode::sweep:
      return "sonde sweep --help";
    case Mode::trace:
      return "sonde trace --help";
    case Mode::ping:
      break;
  }
  return "sonde ping --help";
}

std::string help_for(const Invocation& invocation) {
  const std::string text = invocation.mode_named ? mode_help(invocation.mode) : general_help();
  return slash_is_option() ? text + slash_help(invocation.mode) : text;
}

// What is asked for with --help and its like; the first one that was understood counts.
std::optional<std::string> answer(const Invocation& invocation, const CommandLine& line) {
  if (line.find(OptionId::help) != nullptr) {
    return help_for(invocation);
  }
  if (line.find(OptionId::version) != nullptr) {
    return fmt::format("sonde {}\n", kVersion);
  }
  if (line.find(OptionId::print_schema) != nullptr) {
    return report::json_schema();
  }
  if (line.find(OptionId::man_options) != nullptr) {
    return man_options(invocation.mode);
  }
  return std::nullopt;
}

ExitCode print(const std::string& text, Console& console) {
  console.out.write(text);
  return console.finish(ExitCode::ok);
}

// "sonde -c 3 ping HOST": the mode's word stands first.
std::optional<UsageError> misplaced_mode(const Invocation& invocation, const CommandLine& line) {
  if (invocation.mode_named || line.operands.size() < 2) {
    return std::nullopt;
  }
  const auto word = std::ranges::find(mode_words(), line.operands.front(), &ModeWord::word);
  if (word == mode_words().end()) {
    return std::nullopt;
  }
  return UsageError{
      .message = fmt::format("the mode '{}' must be the first argument", word->word),
      .hint = fmt::format("sonde {} [OPTION]... {}; for a host of that name: sonde ping {}",
                          word->word, in_quotes(line.operands[1]), word->word)};
}

// The arguments in our own spelling.
std::expected<std::vector<std::string>, UsageError> plain_words(const Invocation& invocation) {
  if (slash_is_option()) {
    return without_slashes(invocation.mode, invocation.arguments);
  }
  return std::vector<std::string>(invocation.arguments.begin(), invocation.arguments.end());
}

ExitCode print_completions(const GivenOption& shell, Console& console) {
  if (const auto script = completion_script(shell.value)) {
    return print(*script, console);
  }
  return console.usage({.message = fmt::format("{} is not one of bash, zsh, fish, powershell",
                                               in_quotes(shell.value)),
                        .hint = {}},
                       kHelp);
}

}  // namespace

ExitCode run_app(std::span<const std::string> arguments, Console& console) {
  const auto invocation = choose_mode(arguments);
  if (!invocation) {
    return console.usage(invocation.error(), kHelp);
  }
  if (invocation->help) {
    return print(help_for(*invocation), console);
  }
  if (slash_is_option()) {
    console.spellings = slash_spellings(invocation->mode, invocation->arguments);
  }
  const auto words = plain_words(*invocation);
  if (!words) {
    return console.usage(words.error(), help_of(invocation->mode));
  }
  const auto line = read_command_line(invocation->mode, *words);
  if (!line) {
    return console.usage(line.error(), help_of(invocation->mode));
  }
  if (const auto text = answer(*invocation, *line)) {
    return print(*text, console);
  }
  if (const GivenOption* shell = line->find(OptionId::completions)) {
    return print_completions(*shell, console);
  }
  if (const auto error = misplaced_mode(*invocation, *line)) {
    return console.usage(*error, kHelp);
  }
  switch (invocation->mode) {
    case Mode::sweep:
      return run_sweep(*line, console);
    case Mode::trace:
      return run_trace(*line, console);
    case Mode::ping:
      break;
  }
  return run_ping(*line, console);
}

}  // namespace sonde::app
