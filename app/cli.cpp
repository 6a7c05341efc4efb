#include "app/cli.hpp"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Error.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "app/suggest.hpp"
#include "app/values.hpp"

namespace sonde::app {

namespace {

using Arguments = std::span<const std::string>;

bool is_long(std::string_view argument) {
  return argument.size() > 2 && argument.starts_with("--");
}
bool is_short(std::string_view argument) {
  return argument.size() > 1 && argument[0] == '-' && argument[1] != '-';
}

// "--name=value" cut in two; `value` is a null view without "=".
struct LongArgument {
  std::string_view name;
  std::optional<std::string_view> value;
};
LongArgument split_long(std::string_view argument) {
  argument.remove_prefix(2);
  const std::size_t equals = argument.find('=');
  if (equals == std::string_view::npos) {
    return {.name = argument, .value = std::nullopt};
  }
  return {.name = argument.substr(0, equals), .value = argument.substr(equals + 1)};
}

// What CLI11 would take otherwise than GNU does.
std::optional<UsageError> check_long(const OptionSpec& spec, const LongArgument& argument) {
  if (argument.value && spec.value == Value::none) {
    return UsageError{.message = fmt::format("--{} takes no value", spec.name), .hint = {}};
  }
  if (argument.value && argument.value->empty()) {
    return UsageError{.message = fmt::format("--{}= has no value behind the '='", spec.name),
                      .hint = fmt::format("write --{}={}", spec.name, spec.value_name)};
  }
  return std::nullopt;
}

// The options that one argument can contain; too many is harmless.
std::expected<std::vector<const OptionSpec*>, UsageError> mentioned_in(Mode mode,
                                                                       std::string_view argument) {
  std::vector<const OptionSpec*> found;
  if (is_short(argument)) {
    std::ranges::transform(argument.substr(1), std::back_inserter(found),
                           [mode](char letter) { return find_option(mode, letter); });
  }
  if (!is_long(argument)) {
    return found;
  }
  const LongArgument parts = split_long(argument);
  if (const OptionSpec* spec = find_option(mode, parts.name)) {
    if (auto error = check_long(*spec, parts)) {
      return std::unexpected(*std::move(error));
    }
    found.push_back(spec);
  }
  return found;
}

std::expected<std::vector<const OptionSpec*>, UsageError> mentioned(Mode mode,
                                                                    Arguments arguments) {
  std::vector<const OptionSpec*> all;
  const auto options = arguments.first(
      static_cast<std::size_t>(std::ranges::find(arguments, "--") - arguments.begin()));
  for (const std::string& argument : options) {
    const auto found = mentioned_in(mode, argument);
    if (!found) {
      return found;
    }
    std::ranges::copy_if(*found, std::back_inserter(all), [&all](const OptionSpec* spec) {
      return spec != nullptr && std::ranges::find(all, spec) == all.end();
    });
  }
  return all;
}

// What it is called here.
std::string_view habit_of(Mode mode, char letter) noexcept {
  switch (mode) {
    case Mode::trace:
      return traceroute_habit(letter);
    case Mode::sweep:
      return fping_habit(letter);
    default:
      return {};
  }
}

UsageError unknown_option(Mode mode, const std::string& typed) {
  if (is_short(typed)) {
    return {.message = fmt::format("there is no option {}", in_quotes(typed.substr(0, 2))),
            .hint = std::string(habit_of(mode, typed[1]))};
  }
  const std::string_view name = is_long(typed) ? split_long(typed).name : std::string_view(typed);
  std::vector<std::string_view> known;
  for (const OptionSpec& spec : option_table()) {
    if (belongs_to(spec, mode) && spec.traits.visibility != Visibility::internal) {
      known.push_back(spec.name);
    }
  }
  UsageError error{.message = fmt::format("there is no option {}", in_quotes(typed)), .hint = {}};
  if (const auto word = nearest(name, known)) {
    error.hint = fmt::format("did you mean --{}?", *word);
  }
  return error;
}

// `files`: the operands are files, and "-" is standard input.
std::optional<UsageError> refuse_operand(const std::string& word, bool files) {
  if (word.empty()) {
    return UsageError{.message = "a target is empty", .hint = {}};
  }
  if (word == "-" && !files) {
    return UsageError{.message = "'-' is no target", .hint = {}};
  }
  return std::nullopt;
}

// What CLI11 left over: operands, "--", and options that nobody knows.
std::optional<UsageError> sort_rest(Mode mode, std::vector<std::string> rest, CommandLine& line) {
  const bool files = line.find(OptionId::merge) != nullptr;
  bool options_ended = false;
  for (std::string& word : rest) {
    if (!options_ended && word == "--") {
      options_ended = true;
      continue;
    }
    if (auto refusal = refuse_operand(word, files)) {
      return refusal;
    }
    if (!options_ended && word.starts_with('-') && word != "-") {
      return unknown_option(mode, word);
    }
    line.operands.push_back(std::move(word));
  }
  return std::nullopt;
}

// Only the last argument can lack its value.
UsageError missing_value(Mode mode, const std::string& last) {
  const OptionSpec* spec = is_long(last) ? find_option(mode, split_long(last).name)
                                         : find_option(mode, last.empty() ? '\0' : last.back());
  if (spec == nullptr) {
    return {.message = fmt::format("{} was not understood", in_quotes(last)), .hint = {}};
  }
  return {.message = fmt::format("{} needs a value", spelled(*spec)),
          .hint = fmt::format("--{} {}: {}", spec->name, spec->value_name, spec->doc)};
}

std::string cli11_names(const OptionSpec& spec) {
  std::string names = fmt::format("--{}", spec.name);
  return spec.letter == 0 ? names : fmt::format("-{},{}", spec.letter, names);
}

}  // namespace

const GivenOption* CommandLine::find(OptionId id) const noexcept {
  const auto at = std::ranges::find_if(
      options, [id](const GivenOption& given) { return given.spec->id == id; });
  return at == options.end() ? nullptr : &*at;
}

std::expected<CommandLine, UsageError> read_command_line(Mode mode, Arguments arguments) {
  const auto specs = mentioned(mode, arguments);
  if (!specs) {
    return std::unexpected(specs.error());
  }
  if (std::ranges::find(arguments, "++") != arguments.end()) {  // CLI11 would drop it
    return std::unexpected(UsageError{.message = "'++' is no target", .hint = {}});
  }
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<const CLI::Option*> handles;
  for (const OptionSpec* spec : *specs) {
    CLI::Option* handle = spec->value == Value::required ? app.add_option(cli11_names(*spec))
                                                         : app.add_flag(cli11_names(*spec));
    handles.push_back(handle->multi_option_policy(CLI::MultiOptionPolicy::TakeAll));
  }
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // it wants a stack
  } catch (const CLI::ParseError&) {
    return std::unexpected(missing_value(mode, arguments.back()));
  }
  CommandLine line;
  for (std::size_t i = 0; i < handles.size(); ++i) {
    if (handles[i]->count() > 0) {
      const bool flag = (*specs)[i]->value == Value::none;
      line.options.push_back(
          {.spec = (*specs)[i], .value = flag ? std::string() : handles[i]->results().back()});
    }
  }
  if (auto error = sort_rest(mode, app.remaining(), line)) {
    return std::unexpected(*std::move(error));
  }
  return line;
}

namespace {

// The mode's word, or nothing where an operand may stand as well.
std::expected<const ModeWord*, UsageError> mode_word(const std::string& typed, bool help) {
  const auto word = std::ranges::find(mode_words(), typed, &ModeWord::word);
  const bool known = word != mode_words().end();
  if (known && !word->built) {
    return std::unexpected(UsageError{
        .message = fmt::format("the mode '{}' is not in this version", word->word),
        .hint = help ? "sonde --help lists the modes"
                     : fmt::format("for a host of that name: sonde ping {}", word->word)});
  }
  if (known && word->mode) {
    return &*word;
  }
  if (help) {
    return std::unexpected(
        UsageError{.message = fmt::format("there is no mode {}", in_quotes(typed)),
                   .hint = "sonde --help lists the modes"});
  }
  return nullptr;
}

// Another tool's name, or a mode in other letters, with something behind it: taken for a host it
// would be looked up, and what is behind it be pinged without end.
std::optional<UsageError> other_mode_word(const std::string& typed) {
  constexpr auto kTools = std::to_array<std::pair<std::string_view, std::string_view>>(
      {{"traceroute", "trace"}, {"tracert", "trace"}, {"tracepath", "trace"}, {"fping", "sweep"}});
  constexpr char kCase = 'a' ^ 'A';
  std::string lower = typed;
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c ^ kCase) : c;
  });
  const auto tool =
      std::ranges::find(kTools, lower, &std::pair<std::string_view, std::string_view>::first);
  const std::string_view meant = tool == kTools.end() ? lower : tool->second;
  const auto word = std::ranges::find(mode_words(), meant, &ModeWord::word);
  if (word == mode_words().end() || !word->built || !word->mode) {
    return std::nullopt;
  }
  return UsageError{.message = fmt::format("there is no mode {}", in_quotes(typed)),
                    .hint = fmt::format("sonde {} [OPTION]... HOST; for a host of that name: sonde "
                                        "ping {}",
                                        meant, typed)};
}

}  // namespace

std::expected<Invocation, UsageError> choose_mode(Arguments arguments) {
  Invocation chosen;
  if (!arguments.empty() && arguments.front() == "help") {
    chosen.help = true;
    arguments = arguments.subspan(1);
    if (arguments.size() > 1) {
      return std::unexpected(
          UsageError{.message = "help takes one mode", .hint = "try sonde help ping"});
    }
  }
  if (!arguments.empty()) {
    const auto word = mode_word(arguments.front(), chosen.help);
    if (!word) {
      return std::unexpected(word.error());
    }
    if (*word != nullptr) {
      chosen.mode = (*word)->mode.value_or(Mode::ping);
      chosen.mode_named = true;
      arguments = arguments.subspan(1);
    } else if (auto error =
                   arguments.size() > 1 ? other_mode_word(arguments.front()) : std::nullopt) {
      return std::unexpected(*std::move(error));
    }
  }
  chosen.arguments = arguments;
  return chosen;
}

}  // namespace sonde::app
