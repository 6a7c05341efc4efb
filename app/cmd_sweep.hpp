// cmd_sweep.hpp: `sonde sweep`: puts the layers together for one sweep, and nothing else.
// Order (RELIABILITY.md 5.1): options, files and sockets, privileges away, targets, names, probes.
#pragma once

#include "app/cli.hpp"
#include "app/console.hpp"
#include "app/exit_code.hpp"

namespace sonde::app {

// Prints what is to be printed; the code is the process's.
[[nodiscard]] ExitCode run_sweep(const CommandLine& line, Console& console);

}  // namespace sonde::app
