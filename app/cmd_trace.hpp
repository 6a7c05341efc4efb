// cmd_trace.hpp: `sonde trace`: puts the layers together for one run, and nothing else.
#pragma once

#include "app/cli.hpp"
#include "app/console.hpp"
#include "app/exit_code.hpp"

namespace sonde::app {

// Prints what is to be printed; the code is the process's.
[[nodiscard]] ExitCode run_trace(const CommandLine& line, Console& console);

}  // namespace sonde::app
