// cmd_merge.hpp: `sonde sweep --merge FILE...`: the results of several runs as if they had been
// one. Nothing is sent, nothing is looked up.
#pragma once

#include "app/console.hpp"
#include "app/exit_code.hpp"
#include "app/sweep_options.hpp"

namespace sonde::app {

// `options.targets` are the files. Prints what is to be printed; the code is the process's.
[[nodiscard]] ExitCode run_merge(const SweepOptions& options, Console& console);

}  // namespace sonde::app
