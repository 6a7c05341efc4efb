// completions.hpp: completion scripts for shells, made from the option table. Pure.
// packaging/completions/ holds the same text; a test compares.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sonde::app {

// "bash", "zsh", "fish" or "powershell"; nullopt: no such shell.
[[nodiscard]] std::optional<std::string> completion_script(std::string_view shell);

}  // namespace sonde::app
