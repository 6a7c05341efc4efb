// run_app.hpp: from arguments to exit code: what can be answered at once, then the mode's command.
// Nothing is printed before the whole command line was understood.
#pragma once

#include <span>
#include <string>

#include "app/console.hpp"
#include "app/exit_code.hpp"

namespace sonde::app {

// `arguments`: without the program's name.
[[nodiscard]] ExitCode run_app(std::span<const std::string> arguments, Console& console);

}  // namespace sonde::app
