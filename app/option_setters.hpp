// option_setters.hpp: how the value of an option gets into the struct of a mode: one function an
// option, made from the member and the parser. For options.cpp and its like.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "app/cli.hpp"
#include "app/option_table.hpp"
#include "app/usage_error.hpp"
#include "app/values.hpp"

namespace sonde::app {

template <typename Options>
struct OptionSetter {
  OptionId id;
  Refusal (*set)(Options&, std::string_view value);
};

template <typename Options, auto Member>
Refusal set_flag(Options& options, std::string_view /*value*/) {
  options.*Member = true;
  return std::nullopt;
}

template <typename Options, auto Member, auto Parse>
Refusal set_value(Options& options, std::string_view text) {
  auto parsed = Parse(text);
  if (!parsed) {
    return std::move(parsed.error());
  }
  options.*Member = *std::move(parsed);
  return std::nullopt;
}

// One word of a closed list, with what it stands for.
template <typename T>
struct Choice {
  std::string_view word;
  T value;
};

template <typename T, std::size_t N>
Parsed<T> choose(std::string_view text, const std::array<Choice<T>, N>& choices) {
  const auto at = std::ranges::find(choices, text, &Choice<T>::word);
  if (at != choices.end()) {
    return at->value;
  }
  std::string words;
  for (const Choice<T>& choice : choices) {
    words += fmt::format("{}{}", words.empty() ? "" : ", ", choice.word);
  }
  return std::unexpected(UsageError{
      .message = fmt::format("{} is not one of {}", in_quotes(text), words), .hint = {}});
}

// Words with commas: each sets its member of T.
template <typename T, std::size_t N>
Parsed<T> choose_several(std::string_view text, const std::array<Choice<bool T::*>, N>& known) {
  T chosen;
  while (true) {
    const std::size_t comma = text.find(',');
    const auto member = choose(text.substr(0, comma), known);
    if (!member) {
      return std::unexpected(member.error());
    }
    chosen.** member = true;
    if (comma == std::string_view::npos) {
      return chosen;
    }
    text.remove_prefix(comma + 1);
  }
}

// Applies one option by its table; an option that is in none has no value to keep. The message of a
// refusal names the option.
template <typename Options>
Refusal apply_option(const GivenOption& given, std::span<const OptionSetter<Options>> setters,
                     Options& options) {
  const auto at = std::ranges::find(setters, given.spec->id, &OptionSetter<Options>::id);
  Refusal refusal = at == setters.end() ? std::nullopt : at->set(options, given.value);
  if (refusal) {
    refusal->message = fmt::format("{}: {}", spelled(*given.spec), refusal->message);
  }
  return refusal;
}

// Where a target is missing and an option has a value that is none, the target may be that value.
inline UsageError with_taken_target(UsageError refusal, const GivenOption& given,
                                    const CommandLine& line, std::string_view mode) {
  const bool number = given.value.find_first_not_of("0123456789") == std::string::npos;
  if (line.operands.empty() && !number && given.spec->value == Value::required) {
    const std::string option = given.spec->letter != 0 ? std::string{'-', given.spec->letter}
                                                       : fmt::format("--{}", given.spec->name);
    refusal.hint = fmt::format("{} takes a value, and no target is left: sonde {} {} {} {}", option,
                               mode, option, given.spec->value_name, in_quotes(given.value));
  }
  return refusal;
}

}  // namespace sonde::app
