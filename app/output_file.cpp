#include "app/output_file.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "app/console.hpp"
#include "app/terminal.hpp"
#include "app/values.hpp"

namespace sonde::app {

std::expected<std::unique_ptr<OutputFile>, std::string> OutputFile::open(const std::string& path,
                                                                         OutputPatience* patience) {
  const auto fd = patience != nullptr ? open_for_writing(path, *patience) : open_for_writing(path);
  if (!fd) {
    const bool waited = fd.error() == kGivenUp;
    return std::unexpected(
        fmt::format("cannot open {}: {}", in_quotes(path),
                    waited ? "nobody reads it" : std::generic_category().message(fd.error())));
  }
  return std::unique_ptr<OutputFile>(new OutputFile(*fd, path));  // NOLINT: private constructor
}

OutputFile::~OutputFile() { (void)close(); }

std::optional<std::string> OutputFile::close() {
  if (fd_ < 0) {
    return std::nullopt;
  }
  sink_.flush();
  if (const int error = close_file(std::exchange(fd_, -1)); error != 0 && !sink_.failed()) {
    sink_.fail(error);
  }
  return sink_.broken() ? std::optional(write_failure(sink_)) : std::nullopt;
}

std::optional<std::string> refuse_to_empty(const std::string& output,
                                           std::span<const std::string> inputs) {
  namespace files = std::filesystem;
  std::error_code unknown;  // what cannot be looked at is not there
  if (!files::is_regular_file(output, unknown)) {
    return std::nullopt;
  }
  for (const std::string& input : inputs) {
    if (files::equivalent(output, input, unknown)) {
      return fmt::format("--output {} would empty the file that is read", in_quotes(output));
    }
  }
  return std::nullopt;
}

}  // namespace sonde::app
