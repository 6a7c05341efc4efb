#include "app/saved_file.hpp"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

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
  // The descriptor stays open.
  explicit Source(int fd) : fd_(fd) {}
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
    const auto n = read_some(fd_, *buffer_);
    if (!n) {
      return std::unexpected(std::generic_category().message(n.error()));
    }
    return std::string_view(buffer_->data(), *n);
  }

  int fd_;
  TextDecoder text_;
  std::unique_ptr<std::array<char, kChunk>> buffer_ = std::make_unique<std::array<char, kChunk>>();
};

Result read_document(Source& source, std::string_view first, const report::SavedSweepSink& sink) {
  Result readable;
  const auto next = [&]() -> std::string_view {
    if (!first.empty()) {
      return std::exchange(first, {});
    }
    const auto piece = source.next();
    if (!piece) {
      readable = std::unexpected(piece.error());
    }
    return piece.value_or(std::string_view());
  };
  const Result told = report::read_saved_document(next, sink);
  return readable ? told : readable;
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

std::unexpected<SavedFileError> refuse(const std::string& name, const std::string& why,
                                       bool system) {
  return std::unexpected(
      SavedFileError{.message = fmt::format("{}: {}", in_quotes(name), why), .system = system});
}

std::expected<void, SavedFileError> read_source(Source& source, const std::string& name,
                                                const report::SavedSweepSink& sink,
                                                SavedForm form) {
  const auto first = source.next();
  if (!first) {
    return refuse(name, first.error(), true);
  }
  if (form == SavedForm::ndjson && first->starts_with(R"({"schema":)")) {
    return refuse(name, "a document of --json; what can be gone on from is --ndjson", false);
  }
  const Result result = form == SavedForm::any && report::is_document(*first)
                            ? read_document(source, *first, sink)
                            : read_lines(source, *first, sink);
  if (!result) {
    return refuse(name, result.error(), false);
  }
  return {};
}

// What is not there is told when it is opened.
bool can_be_read_again(const std::string& path) {
  std::error_code unknown;
  return !std::filesystem::exists(path, unknown) || std::filesystem::is_directory(path, unknown) ||
         std::filesystem::is_regular_file(path, unknown);
}

// The descriptor of the copy; an error: why there is none.
std::expected<int, std::string> copy_to_temporary(int from) {
  const auto to = open_temporary();
  if (!to) {
    return std::unexpected(
        fmt::format("no temporary file to keep it in: {}; TMPDIR names another place",
                    std::generic_category().message(to.error())));
  }
  const auto buffer = std::make_unique<std::array<char, kChunk>>();
  while (true) {
    const auto n = read_some(from, *buffer);
    if (!n) {
      return std::unexpected(std::generic_category().message(n.error()));
    }
    if (*n == 0) {
      return *to;
    }
    if (const WriteResult done = write_all(*to, {buffer->data(), *n}); done.error != 0) {
      return std::unexpected(fmt::format("cannot be kept in a temporary file: {}",
                                         std::generic_category().message(done.error)));
    }
  }
}

}  // namespace

std::expected<void, SavedFileError> read_saved_file(const std::string& path,
                                                    const report::SavedSweepSink& sink,
                                                    SavedForm form) {
  if (!can_be_read_again(path)) {
    return refuse(path, "it is read more than once: this must be a file, no pipe or device", false);
  }
  const auto fd = open_for_reading(path);
  if (!fd) {
    return refuse(path, std::generic_category().message(fd.error()), true);
  }
  Source source(*fd);
  const auto read = read_source(source, path, sink, form);
  (void)close_file(*fd);
  return read;
}

std::expected<SavedInput, SavedFileError> open_saved_input(const std::string& path) {
  if (path != "-" && can_be_read_again(path)) {
    return SavedInput{.name = path};
  }
  const std::string name = path == "-" ? "standard input" : path;
  const auto from = path == "-" ? std::expected<int, int>(kStdin) : open_for_reading(path);
  if (!from) {
    return refuse(name, std::generic_category().message(from.error()), true);
  }
  if (rewind_file(*from)) {
    return SavedInput{.name = name, .fd = *from};
  }
  const auto copied = copy_to_temporary(*from);
  if (!copied) {
    return refuse(name, copied.error(), true);
  }
  return SavedInput{.name = name, .fd = *copied};
}

std::expected<void, SavedFileError> read_saved_input(const SavedInput& input,
                                                     const report::SavedSweepSink& sink) {
  if (!input.fd) {
    return read_saved_file(input.name, sink);
  }
  if (!rewind_file(*input.fd)) {
    return refuse(input.name, "it cannot be read again", true);
  }
  Source source(*input.fd);
  return read_source(source, input.name, sink, SavedForm::any);
}

}  // namespace sonde::app
