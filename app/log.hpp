// log.hpp: how things are done, on stderr, for -v. spdlog does the work and is only set up when
// there is something to say. Lines start with "sonde: " as all that we say on stderr, and go its
// way: in order with the rest, and held no longer by who reads it.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sonde/report/sink.hpp"

namespace spdlog {
class logger;  // NOLINT(readability-identifier-naming): its own name
}

namespace sonde::app {

class Log {
 public:
  // `err` outlives it.
  Log(bool verbose, report::Sink& err) noexcept;
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  template <typename... Args>
  void note(fmt::format_string<Args...> format, Args&&... args) {
    if (verbose_) {
      write(fmt::format(format, std::forward<Args>(args)...));
    }
  }
  void notes(std::span<const std::string> lines) {
    for (const std::string& line : lines) {
      note("{}", line);
    }
  }

 private:
  void write(std::string_view line);

  bool verbose_;
  report::Sink& err_;
  std::unique_ptr<spdlog::logger> logger_;
};

}  // namespace sonde::app
