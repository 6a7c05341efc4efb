// help.hpp: --help as text of at most 80 columns, made from the option table. Pure.
#pragma once

#include <string>

#include "app/option_table.hpp"

namespace sonde::app {

inline constexpr std::size_t kHelpColumns = 80;

[[nodiscard]] std::string general_help();        // sonde --help
[[nodiscard]] std::string mode_help(Mode mode);  // sonde ping --help

// The text broken at spaces into lines of at most `columns`; words longer than that stay whole.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns);

}  // namespace sonde::app
