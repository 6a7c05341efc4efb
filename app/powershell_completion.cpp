#include "app/powershell_completion.hpp"

#include <fmt/format.h>

#include "app/option_table.hpp"

namespace sonde::app {

namespace {

constexpr std::string_view kHead =
    R"(# PowerShell completion for sonde; made by: sonde --completions powershell
# Load it from the profile: . C:\path\to\sonde-completion.ps1
Register-ArgumentCompleter -Native -CommandName sonde, sonde.exe -ScriptBlock {
  param($word, $line, $position)
  $options = @(
)";

constexpr std::string_view kMiddle = R"(  )
  $choices = @{
)";

constexpr std::string_view kTail = R"(  }
  $typed = @($line.CommandElements | ForEach-Object { $_.ToString() })
  $last = if ($word -eq '') { $typed[-1] } elseif ($typed.Count -gt 1) { $typed[-2] }
  $key = "$last" -creplace '^-+', ''
  if ("$last".StartsWith('-') -and $choices.ContainsKey($key)) {
    $choices[$key] -split ' ' | Where-Object { $_ -like "$word*" } |
      ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
    return
  }
  $options | Where-Object { $_[0] -clike "$word*" } | ForEach-Object {
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

bool shown(const OptionSpec& spec) {
  return belongs_to(spec, Mode::ping) && spec.traits.visibility != Visibility::internal;
}

}  // namespace

std::string powershell_script() {
  std::string options;
  std::string choices;
  for (const OptionSpec& spec : option_table()) {
    if (!shown(spec)) {
      continue;
    }
    options += fmt::format("    , @('--{}', {})\n", spec.name, quoted(spec.doc));
    if (!spec.traits.choices.empty()) {
      choices += fmt::format("    {} = {}\n", quoted(spec.name), quoted(spec.traits.choices));
    }
  }
  return fmt::format("{}{}{}{}{}", kHead, options, kMiddle, choices, kTail);
}

}  // namespace sonde::app
