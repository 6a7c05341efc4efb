#include "app/slash_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "app/values.hpp"

namespace sonde::app {

namespace {

// ping.exe's, for counts and milliseconds.
constexpr std::uint64_t kMostNumber = 4'294'967'295;

// The ranges are those of our options.
// NOLINTBEGIN(readability-magic-numbers)
constexpr auto kPing = std::to_array<SlashOption>({
    {'t', "", "--endless", "", "until Ctrl-C; Ctrl-Break shows statistics"},
    {'a', "", "--resolve", "", "show names"},
    {'n', "COUNT", "--count=", "", "send COUNT probes (no end without it)", 1, kMostNumber},
    {'l', "SIZE", "--size=", "", "bytes of payload", 0, 65'527},
    {'f', "", "--df", "", "do not fragment"},
    {'i', "TTL", "--ttl=", "", "time to live", 1, 255},
    {'v', "TOS", "--tos=", "", "type of service, which Windows does not send", 0, 255},
    {'r', "N", "--record-route=", "", "record the route for N hops, 1 to 9", 1, 9},
    {'s', "N", "--timestamp-option=tsandaddr:", "", "time stamps for N hops, 1 to 4", 1, 4},
    {'w', "MS", "--timeout=", "ms", "time to wait for a reply, in milliseconds", 1, kMostNumber},
    {'S', "SRC", "--source=", "", "source address"},
    {'4', "", "--ipv4", "", "IPv4 only"},
    {'6', "", "--ipv6", "", "IPv6 only"},
    {'?', "", "--help", "", "this text"},
});
constexpr auto kTrace = std::to_array<SlashOption>({
    {'d', "", "--numeric", "", "show addresses, not names"},
    {'h', "HOPS", "--max-ttl=", "", "end with this hop at the latest", 1, 255},
    {'w', "MS", "--timeout=", "ms", "time to wait for an answer, in milliseconds", 1, kMostNumber},
    {'S', "SRC", "--source=", "", "source address"},
    {'4', "", "--ipv4", "", "IPv4 only"},
    {'6', "", "--ipv6", "", "IPv6 only"},
    {'?', "", "--help", "", "this text"},
});
// NOLINTEND(readability-magic-numbers)

// Whose options a mode takes.
struct Origin {
  Mode mode;
  std::string_view program;
  std::span<const SlashOption> options;
  std::string_view not_here;  // letters of that program that sonde has not
};
constexpr auto kOrigins = std::to_array<Origin>({
    {Mode::ping, "ping.exe", kPing, "jkRcp"},
    {Mode::trace, "tracert.exe", kTrace, "jR"},
});

// A sweep's users are told of ping's.
const Origin& origin_of(Mode mode) noexcept {
  const auto* const origin = std::ranges::find(kOrigins, mode, &Origin::mode);
  return origin == kOrigins.end() ? kOrigins.front() : *origin;
}

bool is_long(std::string_view argument) {
  return argument.size() > 2 && argument.starts_with("--");
}
bool is_short(std::string_view argument) {
  return argument.size() > 1 && argument[0] == '-' && argument[1] != '-';
}

// Is the argument behind this one its value?
bool takes_next(Mode mode, std::string_view argument) {
  if (is_long(argument)) {
    const OptionSpec* const spec = find_option(mode, argument.substr(2));
    return spec != nullptr && spec->value == Value::required;
  }
  if (!is_short(argument)) {
    return false;
  }
  // Of bundled letters the first that takes a value has the rest, or what follows.
  for (std::size_t i = 1; i < argument.size(); ++i) {
    const OptionSpec* const spec = find_option(mode, argument[i]);
    if (spec == nullptr || spec->value == Value::required) {
      return spec != nullptr && i + 1 == argument.size();
    }
  }
  return false;
}

const SlashOption* by_letter(const Origin& origin, char letter) noexcept {
  const auto option = std::ranges::find(origin.options, letter, &SlashOption::letter);
  return option == origin.options.end() ? nullptr : &*option;
}

// What was meant, where that can be told: another case, a value that was not put apart, an option
// of the other program that asks for what is not here.
std::string hint_for(const Origin& origin, std::string_view argument) {
  constexpr char kCase = 'a' ^ 'A';
  const char letter = argument.size() > 1 ? argument[1] : '\0';
  if (const SlashOption* const option = by_letter(origin, letter); option != nullptr) {
    const std::string_view value =
        argument.substr(std::min(argument.find_first_not_of(":=", 2), argument.size()));
    return option->value_name.empty() || !whole_number(value)
               ? ""
               : fmt::format("the value stands apart: /{} {}", letter, value);
  }
  if (argument.size() == 2 && origin.not_here.contains(letter)) {
    return fmt::format("{}'s /{} is not in sonde", origin.program, letter);
  }
  const SlashOption* const other = by_letter(origin, static_cast<char>(letter ^ kCase));
  return argument.size() == 2 && other != nullptr ? fmt::format("did you mean /{}?", other->letter)
                                                  : "";
}

std::expected<const SlashOption*, UsageError> find(const Origin& origin,
                                                   std::string_view argument) {
  const SlashOption* const option = argument.size() == 2 ? by_letter(origin, argument[1]) : nullptr;
  if (option == nullptr) {
    return std::unexpected(
        UsageError{.message = fmt::format("there is no option {}", in_quotes(argument)),
                   .hint = hint_for(origin, argument)});
  }
  return option;
}

std::expected<std::string, UsageError> with_value(const SlashOption& option,
                                                  std::string_view value) {
  const auto number = whole_number(value);
  const bool fits = number && *number >= option.least && *number <= option.most;
  if (option.most > 0 && !fits) {
    return std::unexpected(UsageError{
        .message = fmt::format("/{} {}: {} is not a whole number from {} to {}", option.letter,
                               option.value_name, in_quotes(value), option.least, option.most),
        .hint = {}});
  }
  return fmt::format("{}{}{}", option.before, value, option.after);
}

UsageError missing_value(const SlashOption& option) {
  return {.message = fmt::format("/{} needs a value", option.letter),
          .hint = fmt::format("/{} {}: {}", option.letter, option.value_name, option.doc)};
}

struct Translated {
  std::string word;
  std::size_t taken = 1;  // of the arguments
};

// Of arguments that begin with a slash, the first, with its value.
std::expected<Translated, UsageError> translated(const Origin& origin,
                                                 std::span<const std::string> arguments) {
  const auto option = find(origin, arguments.front());
  if (!option) {
    return std::unexpected(option.error());
  }
  if ((*option)->value_name.empty()) {
    return Translated{.word = std::string((*option)->before)};
  }
  if (arguments.size() == 1) {
    return std::unexpected(missing_value(**option));
  }
  auto word = with_value(**option, arguments[1]);
  if (!word) {
    return std::unexpected(std::move(word.error()));
  }
  return Translated{.word = *std::move(word), .taken = 2};
}

// Modes that Windows has no program for: a slash begins a file's name there, and help is asked for
// as ever.
std::expected<Translated, UsageError> in_no_program(Mode mode, const std::string& argument) {
  const auto option = find(origin_of(mode), argument);
  if (!option) {
    return Translated{.word = argument};
  }
  if ((*option)->before == "--help") {
    return Translated{.word = std::string((*option)->before)};
  }
  const auto row = std::ranges::find(mode_words(), mode, &ModeWord::mode);
  const std::string_view word = row == mode_words().end() ? "" : row->word;
  return std::unexpected(UsageError{
      .message = fmt::format("{} is an option of ping.exe and 'sonde ping'", in_quotes(argument)),
      .hint = fmt::format("sonde {} takes options with a dash only", word)});
}

}  // namespace

std::span<const SlashOption> slash_options(Mode mode) noexcept {
  const Origin& origin = origin_of(mode);
  return origin.mode == mode ? origin.options : std::span<const SlashOption>();
}

std::expected<std::vector<std::string>, UsageError> without_slashes(
    Mode mode, std::span<const std::string> arguments) {
  std::vector<std::string> out;
  while (!arguments.empty() && arguments.front() != "--") {
    if (!arguments.front().starts_with('/')) {
      const std::size_t wanted = takes_next(mode, arguments.front()) ? 2 : 1;
      const auto taken = arguments.first(std::min(wanted, arguments.size()));
      out.insert(out.end(), taken.begin(), taken.end());
      arguments = arguments.subspan(taken.size());
      continue;
    }
    auto ours = slash_options(mode).empty() ? in_no_program(mode, arguments.front())
                                            : translated(origin_of(mode), arguments);
    if (!ours) {
      return std::unexpected(std::move(ours.error()));
    }
    out.push_back(std::move(ours->word));
    arguments = arguments.subspan(ours->taken);
  }
  out.insert(out.end(), arguments.begin(), arguments.end());
  return out;
}

std::vector<Spelling> slash_spellings(Mode mode, std::span<const std::string> arguments) {
  std::vector<Spelling> spellings;
  if (slash_options(mode).empty()) {
    return spellings;
  }
  for (const std::string& argument : arguments) {
    const auto option = argument.starts_with('/') ? find(origin_of(mode), argument) : nullptr;
    if (!option || *option == nullptr) {
      continue;
    }
    std::string_view name = (*option)->before.substr(2);
    name = name.substr(0, name.find('='));
    if (const OptionSpec* const spec = find_option(mode, name)) {
      spellings.push_back({.ours = spelled(*spec), .typed = argument});
    }
  }
  return spellings;
}

std::string slash_help(Mode mode) {
  if (slash_options(mode).empty()) {
    return {};
  }
  std::string text = fmt::format("\nAs {} has them (a slash; a dash has the meanings above):\n",
                                 origin_of(mode).program);
  for (const SlashOption& option : slash_options(mode)) {
    const std::string left = fmt::format("  /{} {}", option.letter, option.value_name);
    text += fmt::format("{:<28}{}\n", left, option.doc);
  }
  return text;
}

}  // namespace sonde::app
