// console.hpp: the two standard streams of a command, and the way it complains.
// stdout is data, stderr is diagnostics; every line on stderr starts with "sonde: ".
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/exit_code.hpp"
#include "app/output.hpp"
#include "app/terminal.hpp"
#include "app/usage_error.hpp"
#include "sonde/transport/error.hpp"

namespace sonde::app {

struct Console {
  FdSink out{kStdout, "standard output"};
  FdSink err{kStderr, "standard error"};

  // One line, at once.
  void complain(std::string_view line);
  // For usage(): the command line had other names for some options.
  std::vector<Spelling> spellings{};

  // What is wrong and what to type; `help`: where to read more, if the error has no hint of its
  // own.
  ExitCode usage(const UsageError& error, std::string_view help);
  // For a run: told of stdout that fails; `patience` is what both streams are waited for. Both
  // outlive the last line.
  void listen(std::atomic<bool>& output_failed, OutputPatience& patience) noexcept;
  // Terminals are opened once more, so that they are waited for no longer than `patience` lasts.
  // While the caller's rights are there, before the sandbox.
  void own_terminals();
  // Does nobody read stdout any more? Empty: it has no reader that could go.
  [[nodiscard]] std::function<bool()> reader_gone() const;

  // What failed, why, and what can be done.
  ExitCode system(const transport::Error& error);
  // Why what was to be on stdout is not there; a reader that had enough loses nothing.
  [[nodiscard]] std::optional<std::string> lost() const;
  // Brings out what is left; what is lost, by a full disk or a reader that takes nothing, turns any
  // code into `system`, whoever ended the run; a closed pipe changes nothing.
  ExitCode finish(ExitCode code);
};

// "cannot write to standard output: No space left on device"
[[nodiscard]] std::string write_failure(const FdSink& sink);

}  // namespace sonde::app
