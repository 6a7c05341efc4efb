// cmd_merge.hpp: `sonde sweep --merge FILE...`: the results of several runs as if they had been
// one. Nothing is sent, nothing is looked up.
#pragma once

#include "app/cli.hpp"
#include "app/console.hpp"
#include "app/exit_code.hpp"
#include "app/sweep_options.hpp"
#include "app/usage_error.hpp"

namespace sonde::app {

// Names an option that has no sense with it; nullopt: there is none.
[[nodiscard]] Refusal refuse_beside_merge(const CommandLine& line);

// `options.targets` are the files. Prints what is to be printed; the code is the process's.
[[nodiscard]] ExitCode run_merge(const SweepOptions& options, Console& console);

}  // namespace sonde::app
