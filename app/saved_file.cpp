#include "app/saved_file.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

#include "app/line_splitter.hpp"
#include "app/terminal.hpp"
#include "app/text_decoder.hpp"
#include "app/values.hpp"

namespace sonde::app {

namespace {

using Result = std::expected<void, std::string>;

constexpr std::size_t kChunk = std::size_t{256} * 1024;
constexpr std::size_t kLongestLine = std::size_t{64} * 1024 * 1024;

// Hands out pieces of a file's text; empty: its end.
class Source {
 public:
  explicit Source(int fd) : fd_(fd) {}
  explicit Source(std::string_view bytes) : bytes_(bytes) {}
  ~Source() {
    if (fd_ >= 0) {
      (void)close_file(fd_);
    }
  }
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  [[nodiscard]] std::expected<std::string_view, std::string> next() {
    while (true) {
      const auto bytes = more();
      if (!bytes) {
        return std::unexpected(bytes.error());
      }
      const std::string_view text = text_.feed(*bytes);
      if (!text.empty()) {
        return text;
      }
      if (bytes->empty()) {
        return text_.finish();
      }
    }
  }

 private:
  std::expected<std::string_view, std::string> more() {
    if (fd_ < 0) {
      const std::string_view piece = bytes_.substr(0, kChunk);
      bytes_.remove_prefix(piece.size());
      return piece;
    }
    const auto n = read_some(fd_, *buffer_);
    if (!n) {
      return std::unexpected(std::generic_category().message(n.error()));
    }
    return std::string_view(buffer_->data(), *n);
  }

  int fd_ = -1;
  std::string_view bytes_;  // without a descriptor
  TextDecoder text_;
  std::unique_ptr<std::array<char, kChunk>> buffer_ = std::make_unique<std::array<char, kChunk>>();
};

Result read_document(Source& source, std::string text, const report::SavedSweepSink& sink) {
  while (true) {
    const auto piece = source.next();
    if (!piece) {
      return std::unexpected(piece.error());
    }
    if (piece->empty()) {
      return report::read_saved_document(text, sink);
    }
    text += *piece;
  }
}

Result read_lines(Source& source, std::string_view piece, const report::SavedSweepSink& sink) {
  LineSplitter lines(kLongestLine);
  Result result;
  const auto on_line = [&](std::string_view line, std::uint64_t number) {
    const Result told = result && !line.empty() ? report::read_saved_line(line, sink) : Result();
    if (!told) {
      result = std::unexpected(fmt::format("line {}: {}", number, told.error()));
    }
  };
  while (result && !piece.empty()) {
    lines.feed(piece, on_line);
    const auto next = source.next();
    if (!next) {
      return std::unexpected(next.error());
    }
    piece = *next;
  }
  return result;  // not finish(): what has no line feed was cut short
}

std::expected<void, SavedFileError> read_source(Source& source, const std::string& name,
                                                const report::SavedSweepSink& sink,
                                                SavedForm form) {
  const auto named = [&name](const std::string& why, bool system) {
    return std::unexpected(
        SavedFileError{.message = fmt::format("{}: {}", in_quotes(name), why), .system = system});
  };
  const auto first = source.next();
  if (!first) {
    return named(first.error(), true);
  }
  if (form == SavedForm::ndjson && first->starts_with(R"({"schema":)")) {
    return named("a document of --json; what can be gone on from is --ndjson", false);
  }
  const Result result = form == SavedForm::any && report::is_document(*first)
                            ? read_document(source, std::string(*first), sink)
                            : read_lines(source, *first, sink);
  if (!result) {
    return named(result.error(), false);
  }
  return {};
}

}  // namespace

std::expected<void, SavedFileError> read_saved_file(const std::string& path,
                                                    const report::SavedSweepSink& sink,
                                                    SavedForm form) {
  const auto named = [&path](const std::string& why, bool system) {
    return std::unexpected(
        SavedFileError{.message = fmt::format("{}: {}", in_quotes(path), why), .system = system});
  };
  std::error_code unknown;
  if (std::filesystem::exists(path, unknown) && !std::filesystem::is_directory(path, unknown) &&
      !std::filesystem::is_regular_file(path, unknown)) {
    return named("it is read more than once: this must be a file, no pipe or device", false);
  }
  const auto fd = open_for_reading(path);
  if (!fd) {
    return named(std::generic_category().message(fd.error()), true);
  }
  Source source(*fd);
  return read_source(source, path, sink, form);
}

std::expected<void, SavedFileError> read_saved_input(const SavedInput& input,
                                                     const report::SavedSweepSink& sink) {
  if (!input.text) {
    return read_saved_file(input.name, sink);
  }
  Source source(*input.text);
  return read_source(source, input.name, sink, SavedForm::any);
}

std::expected<std::string, std::string> read_all(int fd) {
  std::string all;
  const auto buffer = std::make_unique<std::array<char, kChunk>>();
  while (true) {
    const auto n = read_some(fd, *buffer);
    if (!n) {
      return std::unexpected(std::generic_category().message(n.error()));
    }
    if (*n == 0) {
      return all;
    }
    all.append(buffer->data(), *n);
  }
}

}  // namespace sonde::app
