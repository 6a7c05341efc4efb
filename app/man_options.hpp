// man_options.hpp: the option list of a mode's manual, in mdoc, made from the option table.
// man/sonde-ping.1 holds it between two marks; a test compares. Pure.
#pragma once

#include <string>

#include "app/option_table.hpp"

namespace sonde::app {

[[nodiscard]] std::string man_options(Mode mode);

}  // namespace sonde::app
