// sandbox.hpp: what the process may still ask of the kernel once its sockets and files are open and
// its privileges are gone, and before the first received byte is parsed (RELIABILITY.md 5.1, steps
// 7 and 8): Landlock closes the file system, seccomp leaves the system calls that a run needs. Both
// hold for all threads, for good. Best effort: what this kernel or build has not is no reason not
// to probe. On Windows: nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace sonde::app {

// What of the run lies ahead.
struct SandboxNeeds {
  bool names = false;  // look-ups: the system's resolver, its files, modules, servers and sockets
  std::optional<std::string> reads{};  // a file that will be opened by its name
  bool tcp_any = false;  // TCP connections to more than the name servers' port: TCP probes
};

// One thread so far, no_new_privs set (drop_privileges()). Out: a line a step for -v, what holds
// now or why it does not.
[[nodiscard]] std::vector<std::string> enter_sandbox(const SandboxNeeds& needs);

}  // namespace sonde::app
