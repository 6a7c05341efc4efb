#include "app/completions.hpp"

#include <fmt/format.h>

#include <vector>

#include "app/option_table.hpp"
#include "app/powershell_completion.hpp"

namespace sonde::app {

namespace {

std::vector<const OptionSpec*> shown_options(Mode mode) {
  std::vector<const OptionSpec*> shown;
  for (const OptionSpec& spec : option_table()) {
    if (belongs_to(spec, mode) && spec.traits.visibility != Visibility::internal) {
      shown.push_back(&spec);
    }
  }
  return shown;
}

// The modes of this version that have options of their own; ping, the default, first.
struct OptionMode {
  std::string_view word;
  Mode mode;
};
std::vector<OptionMode> option_modes() {
  std::vector<OptionMode> modes;
  for (const ModeWord& word : mode_words()) {
    if (word.built && word.mode) {
      modes.push_back({.word = word.word, .mode = *word.mode});
    }
  }
  return modes;
}

std::string built_modes(std::string_view separator) {
  std::string words;
  for (const ModeWord& mode : mode_words()) {
    if (mode.built) {
      words += fmt::format("{}{}", words.empty() ? "" : separator, mode.word);
    }
  }
  return words;
}

// --- bash ----------------------------------------------------------------------------------------

constexpr std::string_view kBashHead =
    R"(# bash completion for sonde; made by: sonde --completions bash
_sonde() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if [[ $before == "=" ]]; then
    before=${COMP_WORDS[COMP_CWORD-2]}
  elif [[ $word == "=" ]]; then
    before=${COMP_WORDS[COMP_CWORD-1]} word=
  fi
  case ${COMP_WORDS[1]} in
)";

constexpr std::string_view kBashTail = R"(  esac
  if [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
  else
    local words=
    ((COMP_CWORD == 1)) && words="$modes"
    mapfile -t COMPREPLY < <(compgen -W "$words" -A hostname -- "$word")
  fi
}
complete -F _sonde sonde
)";

std::string bash_names(const OptionSpec& spec) {
  return spec.letter == 0 ? fmt::format("--{}", spec.name)
                          : fmt::format("-{}|--{}", spec.letter, spec.name);
}

std::string bash_case(const OptionSpec& spec) {
  switch (spec.traits.completion) {
    case Completion::choices:
      return fmt::format("compgen -W \"{}\"", spec.traits.choices);
    case Completion::file:
      return "compgen -f";
    case Completion::network_interface:
      return "compgen -W \"$(ls /sys/class/net 2>/dev/null)\"";
    case Completion::nothing:
      break;
  }
  return {};
}

// What one mode adds: its options' names, and what stands behind those that take a value.
std::string bash_mode(const OptionMode& mode) {
  std::string cases;
  std::string options;
  std::string without;
  for (const OptionSpec* spec : shown_options(mode.mode)) {
    options += fmt::format("{}--{}", options.empty() ? "" : " ", spec->name);
    if (spec->value != Value::required) {
      continue;
    }
    const std::string how = bash_case(*spec);
    if (how.empty()) {
      without += fmt::format("{}{}", without.empty() ? "" : "|", bash_names(*spec));
    } else {
      cases += fmt::format(
          "        {})\n          mapfile -t COMPREPLY < <({} -- \"$word\")\n"
          "          return ;;\n",
          bash_names(*spec), how);
    }
  }
  return fmt::format(
      "    {})\n      options=\"{}\"\n      case $before in\n{}        {})\n"
      "          return ;;\n      esac ;;\n",
      mode.mode == Mode::ping ? "*" : mode.word, options, cases, without);
}

std::string bash_script() {
  std::string modes;
  for (const OptionMode& mode : option_modes()) {
    modes.insert(0, bash_mode(mode));  // ping's stands for all that is no mode's word: last
  }
  std::string head(kBashHead);
  head.insert(head.find("  COMPREPLY=()"),
              fmt::format("  local modes=\"{}\" options=\n", built_modes(" ")));
  return head + modes + std::string(kBashTail);
}

// --- zsh -----------------------------------------------------------------------------------------

// Inside single quotes and _arguments' own syntax.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c == '[' || c == ']' || c == ':') {
      out += {'\\', c};
    } else {
      out += c;
    }
  }
  return out;
}

std::string zsh_action(const OptionSpec& spec) {
  switch (spec.traits.completion) {
    case Completion::choices:
      return fmt::format("({})", spec.traits.choices);
    case Completion::file:
      return "_files";
    case Completion::network_interface:
      return "_net_interfaces";
    case Completion::nothing:
      break;
  }
  return " ";
}

std::string zsh_option(const OptionSpec& spec) {
  std::string value;
  if (spec.value == Value::required) {
    value = fmt::format(":{}:{}", zsh_text(spec.value_name), zsh_action(spec));
  } else if (spec.value == Value::optional) {
    value = fmt::format("::{}:{}", zsh_text(spec.value_name), zsh_action(spec));
  }
  const std::string doc = zsh_text(spec.doc);
  if (spec.letter == 0) {
    const std::string_view equals = spec.value == Value::none       ? ""
                                    : spec.value == Value::optional ? "=-"
                                                                    : "=";
    return fmt::format("    '--{}{}[{}]{}'\n", spec.name, equals, doc, value);
  }
  if (spec.value == Value::optional) {  // only the long name takes one
    return fmt::format("    '(-{0} --{1})-{0}[{2}]'\n    '(-{0} --{1})--{1}=-[{2}]{3}'\n",
                       spec.letter, spec.name, doc, value);
  }
  const bool takes = spec.value == Value::required;
  return fmt::format("    '(-{0} --{1})'{{-{0}{2},--{1}{3}}}'[{4}]{5}'\n", spec.letter, spec.name,
                     takes ? "+" : "", takes ? "=" : "", doc, value);
}

std::string zsh_mode(const OptionMode& mode) {
  std::string options;
  for (const OptionSpec* spec : shown_options(mode.mode)) {
    options += "  " + zsh_option(*spec);
  }
  return fmt::format("    {})\n      options=(\n{}      ) ;;\n",
                     mode.mode == Mode::ping ? "*" : mode.word, options);
}

std::string zsh_script() {
  std::string options;
  for (const OptionMode& mode : option_modes()) {
    options.insert(0, zsh_mode(mode));
  }
  std::string modes;
  for (const ModeWord& mode : mode_words()) {
    if (mode.built) {
      modes += fmt::format(" '{}:{}'", mode.word, zsh_text(mode.doc));
    }
  }
  return fmt::format(R"(#compdef sonde
# zsh completion for sonde; made by: sonde --completions zsh
_sonde() {{
  local -a modes options
  modes=({})
  case $words[2] in
{}  esac
  if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then
    _describe -t modes mode modes
  fi
  _arguments -s -S $options '*:host:_hosts'
}}
_sonde "$@"
)",
                     modes.substr(1), options);
}

// --- fish ----------------------------------------------------------------------------------------

std::string fish_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out;
}

std::string fish_option(const OptionSpec& spec, std::string_view condition) {
  std::string line = fmt::format("complete -c sonde -n '{}'", condition);
  if (spec.letter != 0) {
    line += fmt::format(" -s {}", spec.letter);
  }
  line += fmt::format(" -l {}", spec.name);
  switch (spec.traits.completion) {
    case Completion::choices:
      line += fmt::format(" -{} -a '{}'", spec.value == Value::required ? "x" : "f",
                          spec.traits.choices);
      break;
    case Completion::file:
      line += " -r -F";
      break;
    case Completion::network_interface:
      line += " -x -a '(command ls /sys/class/net 2>/dev/null)'";
      break;
    case Completion::nothing:
      line += spec.value == Value::required ? " -x" : "";
      break;
  }
  return line + fmt::format(" -d '{}'\n", fish_text(spec.doc));
}

std::string fish_script() {
  std::string script =
      "# fish completion for sonde; made by: sonde --completions fish\n"
      "complete -c sonde -f -a '(__fish_print_hostnames)'\n";
  for (const ModeWord& mode : mode_words()) {
    if (mode.built) {
      script += fmt::format("complete -c sonde -n __fish_is_first_arg -a {} -d '{}'\n", mode.word,
                            fish_text(mode.doc));
    }
  }
  std::string others;  // whose first word makes an option not ping's
  for (const OptionMode& mode : option_modes()) {
    others += mode.mode == Mode::ping ? "" : fmt::format(" {}", mode.word);
  }
  for (const OptionMode& mode : option_modes()) {
    const std::string condition = mode.mode == Mode::ping
                                      ? fmt::format("not __fish_seen_subcommand_from{}", others)
                                      : fmt::format("__fish_seen_subcommand_from {}", mode.word);
    for (const OptionSpec* spec : shown_options(mode.mode)) {
      script += fish_option(*spec, condition);
    }
  }
  return script;
}

}  // namespace

std::optional<std::string> completion_script(std::string_view shell) {
  if (shell == "bash") {
    return bash_script();
  }
  if (shell == "zsh") {
    return zsh_script();
  }
  if (shell == "fish") {
    return fish_script();
  }
  if (shell == "powershell") {
    return powershell_script();
  }
  return std::nullopt;
}

}  // namespace sonde::app
