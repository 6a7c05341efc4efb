#include "app/slash_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "app/values.hpp"

namespace sonde::app {

namespace {

constexpr auto kOptions = std::to_array<SlashOption>({
    {'t', "", "--endless", "", "until Ctrl-C; Ctrl-Break shows statistics"},
    {'a', "", "--resolve", "", "show names"},
    {'n', "COUNT", "--count=", "", "send COUNT probes (no end without it)"},
    {'l', "SIZE", "--size=", "", "bytes of payload"},
    {'f', "", "--df", "", "do not fragment"},
    {'i', "TTL", "--ttl=", "", "time to live"},
    {'v', "TOS", "--tos=", "", "type of service, which Windows does not send"},
    {'r', "N", "--record-route=", "", "record the route for N hops, 1 to 9"},
    {'s', "N", "--timestamp-option=tsandaddr:", "", "time stamps for N hops, 1 to 4"},
    {'w', "MS", "--timeout=", "ms", "time to wait for a reply, in milliseconds"},
    {'S', "SRC", "--source=", "", "source address"},
    {'4', "", "--ipv4", "", "IPv4 only"},
    {'6', "", "--ipv6", "", "IPv6 only"},
    {'?', "", "--help", "", "this text"},
});

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

std::expected<const SlashOption*, UsageError> find(std::string_view argument) {
  const auto* const option = argument.size() == 2
                                 ? std::ranges::find(kOptions, argument[1], &SlashOption::letter)
                                 : kOptions.end();
  if (option == kOptions.end()) {
    return std::unexpected(UsageError{
        .message = fmt::format("there is no option {}", in_quotes(argument)), .hint = {}});
  }
  return option;
}

std::expected<std::string, UsageError> with_value(const SlashOption& option,
                                                  std::string_view value) {
  const bool number = option.letter != 'S';
  if (number && !whole_number(value)) {
    return std::unexpected(
        UsageError{.message = fmt::format("/{} {}: {} is not a whole number", option.letter,
                                          option.value_name, in_quotes(value)),
                   .hint = {}});
  }
  return fmt::format("{}{}{}", option.before, value, option.after);
}

UsageError missing_value(const SlashOption& option) {
  return {.message = fmt::format("/{} needs a value", option.letter),
          .hint = fmt::format("/{} {}: {}", option.letter, option.value_name, option.doc)};
}

// The slash option at `at` in our spelling; `at` moves on to its value.
std::expected<std::string, UsageError> as_ours(std::span<const std::string> arguments,
                                               std::size_t& at) {
  const auto option = find(arguments[at]);
  if (!option) {
    return std::unexpected(option.error());
  }
  if ((*option)->value_name.empty()) {
    return std::string((*option)->before);
  }
  if (at + 1 == arguments.size()) {
    return std::unexpected(missing_value(**option));
  }
  return with_value(**option, arguments[++at]);
}

}  // namespace

std::span<const SlashOption> slash_options() noexcept { return kOptions; }

std::expected<std::vector<std::string>, UsageError> without_slashes(
    Mode mode, std::span<const std::string> arguments) {
  std::vector<std::string> out;
  bool is_value = false;  // of the option before
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (!is_value && argument == "--") {
      out.insert(out.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.end());
      break;
    }
    if (is_value || !argument.starts_with('/')) {
      is_value = !is_value && takes_next(mode, argument);
      out.push_back(argument);
      continue;
    }
    auto ours = as_ours(arguments, i);
    if (!ours) {
      return std::unexpected(std::move(ours.error()));
    }
    out.push_back(*std::move(ours));
  }
  return out;
}

std::string slash_help() {
  std::string text = "\nAs ping.exe has them (a slash; a dash has the meanings above):\n";
  for (const SlashOption& option : kOptions) {
    const std::string left = fmt::format("  /{} {}", option.letter, option.value_name);
    text += fmt::format("{:<28}{}\n", left, option.doc);
  }
  return text;
}

}  // namespace sonde::app
