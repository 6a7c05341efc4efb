#include "app/powershell_completion.hpp"

#include <fmt/format.h>

#include "app/option_table.hpp"
#include "app/slash_options.hpp"

namespace sonde::app {

namespace {

constexpr std::string_view kHead =
    R"(# PowerShell completion for sonde; made by: sonde --completions powershell
# Load it from the profile: . C:\path\to\sonde-completion.ps1
Register-ArgumentCompleter -Native -CommandName sonde, sonde.exe -ScriptBlock {
  param($word, $line, $position)
)";

constexpr std::string_view kTail =
    R"(  $typed = @($line.CommandElements | ForEach-Object { $_.ToString() })
  $first = $typed.Count -eq 1 -or ($typed.Count -eq 2 -and $word -ne '')
  $mode = if ($typed.Count -gt 1 -and $options.ContainsKey($typed[1])) { $typed[1] } else { 'ping' }
  $last = if ($word -eq '') { $typed[-1] } elseif ($typed.Count -gt 1) { $typed[-2] }
  $key = "$last" -creplace '^-+', ''
  $long = $letters[$mode] | Where-Object { $_[0] -ceq $key } | ForEach-Object { $_[1] }
  if ($long) { $key = $long }
  if ("$last".StartsWith('-') -and $choices[$mode].ContainsKey($key)) {
    $choices[$mode][$key] -split ' ' | Where-Object { $_ -like "$word*" } |
      ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
    return
  }
  if ($first) {
    $modes | Where-Object { $_[0] -like "$word*" } | ForEach-Object {
      [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $_[1])
    }
  }
  $offered = $options[$mode]
  if ($IsWindows -ne $false) { $offered += $slashes[$mode] }
  $offered | Where-Object { $_[0].StartsWith($word, 'Ordinal') } | ForEach-Object {
    [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterName', $_[1])
  }
}
)";

// Within single quotes PowerShell only knows one quote as another two.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' ? "''" : std::string(1, c);
  }
  return out + "'";
}

bool shown(const OptionSpec& spec, Mode mode) {
  return belongs_to(spec, mode) && spec.traits.visibility != Visibility::internal;
}

std::string pair(std::string_view name, std::string_view doc) {
  return fmt::format(", @({}, {})\n", quoted(name), quoted(doc));
}

std::string modes_table() {
  std::string rows;
  for (const ModeWord& mode : mode_words()) {
    if (mode.built) {
      rows += fmt::format("    {}", pair(mode.word, mode.doc));
    }
  }
  return fmt::format("  $modes = @(\n{}  )\n", rows);
}

std::string options_of(Mode mode) {
  std::string rows;
  for (const OptionSpec& spec : option_table()) {
    if (!shown(spec, mode)) {
      continue;
    }
    rows += fmt::format("      {}", pair(fmt::format("--{}", spec.name), spec.doc));
    if (spec.letter != 0) {
      rows += fmt::format("      {}", pair(fmt::format("-{}", spec.letter), spec.doc));
    }
  }
  return fmt::format("@(\n{}    )\n", rows);
}

// A hash table of PowerShell's takes no two letters that differ in their case.
std::string letters_of(Mode mode) {
  std::string rows;
  for (const OptionSpec& spec : option_table()) {
    if (shown(spec, mode) && spec.letter != 0 && !spec.traits.choices.empty()) {
      rows += fmt::format("      {}", pair(std::string(1, spec.letter), spec.name));
    }
  }
  return fmt::format("@(\n{}    )\n", rows);
}

// Those of ping.exe and tracert.exe, on Windows.
std::string slashes_of(Mode mode) {
  std::string rows;
  for (const SlashOption& option : slash_options(mode)) {
    rows += fmt::format("      {}", pair(fmt::format("/{}", option.letter), option.doc));
  }
  return fmt::format("@(\n{}    )\n", rows);
}

std::string choices_of(Mode mode) {
  std::string rows;
  for (const OptionSpec& spec : option_table()) {
    if (shown(spec, mode) && !spec.traits.choices.empty()) {
      rows += fmt::format("      {} = {}\n", quoted(spec.name), quoted(spec.traits.choices));
    }
  }
  return fmt::format("@{{\n{}    }}\n", rows);
}

// One entry for each mode that has options of its own.
std::string table(std::string_view name, std::string (*rows)(Mode)) {
  std::string entries;
  for (const ModeWord& mode : mode_words()) {
    if (mode.built && mode.mode) {
      entries += fmt::format("    {} = {}", quoted(mode.word), rows(*mode.mode));
    }
  }
  return fmt::format("  ${} = @{{\n{}  }}\n", name, entries);
}

}  // namespace

std::string powershell_script() {
  return fmt::format("{}{}{}{}{}{}{}", kHead, modes_table(), table("options", options_of),
                     table("slashes", slashes_of), table("letters", letters_of),
                     table("choices", choices_of), kTail);
}

}  // namespace sonde::app
