// exit_code.hpp: what the process ends with; the numbers are promised to scripts.
#pragma once

namespace sonde::app {

enum class ExitCode : int {
  ok = 0,            // every target answered, or met its expectations
  no_answer = 1,     // a target did not
  unresolved = 2,    // a name did not resolve
  usage = 3,         // the command line was not understood: nothing was done
  system = 4,        // the system refused something: permission, output, memory
  interrupted = 130  // a second SIGINT
};

[[nodiscard]] constexpr int number(ExitCode code) noexcept { return static_cast<int>(code); }

}  // namespace sonde::app
