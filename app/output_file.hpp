// output_file.hpp: the file of --output, with the caller's rights. Errors: one line.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "app/output.hpp"

namespace sonde::app {

class OutputFile {
 public:
  // Created or emptied. Whose reader is not there is waited for: with `patience`, as long as it
  // lasts.
  [[nodiscard]] static std::expected<std::unique_ptr<OutputFile>, std::string> open(
      const std::string& path, OutputPatience* patience = nullptr);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  [[nodiscard]] FdSink& sink() noexcept { return sink_; }
  // Writes what is left and closes. Why not, if the system took less than all of it.
  [[nodiscard]] std::optional<std::string> close();

 private:
  OutputFile(int fd, const std::string& path) : fd_(fd), sink_(fd, path) {}
  int fd_;
  FdSink sink_;
};

// Is one of the files that are read the one that `output` would empty? Why it is refused, then.
[[nodiscard]] std::optional<std::string> refuse_to_empty(const std::string& output,
                                                         std::span<const std::string> inputs);

}  // namespace sonde::app
