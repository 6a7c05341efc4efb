#include "app/console.hpp"

#include <fmt/format.h>

#include <span>
#include <string>
#include <system_error>

namespace sonde::app {

namespace {

std::string respelled(std::string text, std::span<const Spelling> spellings) {
  for (const auto& [ours, typed] : spellings) {
    for (std::size_t at = text.find(ours); at != std::string::npos;
         at = text.find(ours, at + typed.size())) {
      text.replace(at, ours.size(), typed);
    }
  }
  return text;
}

}  // namespace

void Console::complain(std::string_view line) {
  err.write(fmt::format("sonde: {}\n", line));
  err.flush();
}

ExitCode Console::usage(const UsageError& error, std::string_view help) {
  complain(respelled(error.message, spellings));
  complain(error.hint.empty() ? fmt::format("see {}", help) : respelled(error.hint, spellings));
  return ExitCode::usage;
}

void Console::listen(std::atomic<bool>& output_failed, OutputPatience& patience) noexcept {
  out.tell(output_failed);
  out.wait_with(patience);
  err.wait_with(patience);
}

void Console::own_terminals() {
  out.own_terminal();
  err.own_terminal();
}

std::function<bool()> Console::reader_gone() const {
  if (out.kind() != DescriptorKind::pipe) {
    return {};
  }
  return [fd = out.descriptor()] { return app::reader_gone(fd); };
}

ExitCode Console::system(const transport::Error& error) {
  complain(error.message());
  if (!error.hint().empty()) {
    complain(error.hint());
  }
  return ExitCode::system;
}

std::optional<std::string> Console::lost() const {
  return out.broken() ? std::optional(write_failure(out)) : std::nullopt;
}

ExitCode Console::finish(ExitCode code) {
  out.flush();
  if (!out.broken()) {
    return code;
  }
  complain(write_failure(out));
  return ExitCode::system;
}

std::string write_failure(const FdSink& sink) {
  return fmt::format(
      "cannot write to {}: {}", sink.name(),
      sink.given_up() ? "its reader takes nothing" : std::generic_category().message(sink.error()));
}

}  // namespace sonde::app
