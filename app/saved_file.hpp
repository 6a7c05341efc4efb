// saved_file.hpp: a file that --json or --ndjson wrote of a sweep, read from its start to its end.
// NDJSON takes the memory of a line, a document that of a target. Errors: one line, with
// the file and, of NDJSON, the number of the line. A last line that is cut short is where the run
// was killed: it is passed over.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "app/exit_code.hpp"
#include "sonde/report/saved_sweep.hpp"

namespace sonde::app {

struct SavedFileError {
  std::string message;
  bool system = false;  // it could not be read at all
};

[[nodiscard]] constexpr ExitCode code_of(const SavedFileError& error) noexcept {
  return error.system ? ExitCode::system : ExitCode::usage;
}

// A file that is read more than once.
struct SavedInput {
  std::string name{};
  std::optional<int> fd{};  // of one that has no path (any more); open to the end of the process
};
// `path` "-": standard input. What is no file can be read only once: it is copied into one that has
// no name.
[[nodiscard]] std::expected<SavedInput, SavedFileError> open_saved_input(const std::string& path);
[[nodiscard]] std::expected<void, SavedFileError> read_saved_input(
    const SavedInput& input, const report::SavedSweepSink& sink);

enum class SavedForm : std::uint8_t { any, ndjson };

[[nodiscard]] std::expected<void, SavedFileError> read_saved_file(
    const std::string& path, const report::SavedSweepSink& sink, SavedForm form = SavedForm::any);

}  // namespace sonde::app
