// cmd_ping.hpp: `sonde ping`: puts the layers together for one run, and nothing else.
// Order (RELIABILITY.md 5.1): options, sockets, privileges away, names, probes.
#pragma once

#include "app/cli.hpp"
#include "app/console.hpp"
#include "app/exit_code.hpp"

namespace sonde::app {

// Prints what is to be printed; the code is the process's.
[[nodiscard]] ExitCode run_ping(const CommandLine& line, Console& console);

}  // namespace sonde::app
