#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string>
#include <system_error>

#include "app/terminal.hpp"

namespace sonde::app {

namespace {

std::string_view variable(const char* name) noexcept {
  const char* value = ::secure_getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

bool names_utf8(std::string_view locale) {
  std::string lower(locale);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return lower.contains("utf-8") || lower.contains("utf8");
}

// Writes in a row that made no way, though the system called the descriptor writable or the call
// interrupted: a few are normal, then they cost time, and in the end they count as a failure.
class Patience {
 public:
  [[nodiscard]] bool goes_on() noexcept {
    constexpr unsigned kFree = 16;
    constexpr unsigned kMost = 64;
    constexpr int kPause = 10;  // ms
    if (++tries_ > kFree) {
      (void)::poll(nullptr, 0, kPause);
    }
    return tries_ < kMost;
  }
  void renew() noexcept { tries_ = 0; }

 private:
  unsigned tries_ = 0;
};

// Somebody made the descriptor non-blocking. A slow reader is waited for.
void wait_writable(int fd) noexcept {
  pollfd waited{.fd = fd, .events = POLLOUT, .revents = 0};
  (void)::poll(&waited, 1, -1);
}

SandboxWish sandbox_wish() noexcept {
  const std::string_view word = variable("SONDE_SANDBOX");
  return word == "off"    ? SandboxWish::off
         : word == "kill" ? SandboxWish::fatal
                          : SandboxWish::normal;
}

}  // namespace

bool is_terminal(int fd) noexcept { return ::isatty(fd) == 1; }

std::size_t terminal_columns(int fd) noexcept {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  constexpr std::size_t kUsual = 80;
  const std::string_view text = variable("COLUMNS");
  std::size_t columns = 0;
  const bool whole =
      std::from_chars(text.data(), text.data() + text.size(), columns).ec == std::errc{};
  return whole && columns > 0 ? columns : kUsual;
}

bool is_closed_pipe(int code) noexcept { return code == EPIPE; }

WriteResult write_all(int fd, std::string_view text) noexcept {
  WriteResult result;
  Patience patience;
  while (result.written < text.size()) {
    const ssize_t n = ::write(fd, text.data() + result.written, text.size() - result.written);
    if (n > 0) {
      result.written += static_cast<std::size_t>(n);
      patience.renew();
      continue;
    }
    const int code = n == 0 ? EIO : errno;
    if (code == EAGAIN) {
      wait_writable(fd);
    }
    const bool passing = n == 0 || code == EAGAIN || code == EINTR;
    if (!passing || !patience.goes_on()) {
      result.error = code;
      return result;
    }
  }
  return result;
}

std::expected<int, int> open_for_writing(const std::string& path) {
  constexpr mode_t kMode = 0666;  // less the umask
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, kMode);
  if (fd < 0) {
    return std::unexpected(errno);
  }
  return fd;
}

std::expected<int, int> open_for_reading(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    return std::unexpected(errno);
  }
  return fd;
}

std::expected<std::size_t, int> read_some(int fd, std::span<char> into) noexcept {
  while (true) {
    const ssize_t n = ::read(fd, into.data(), into.size());
    if (n >= 0) {
      return static_cast<std::size_t>(n);
    }
    if (errno == EAGAIN) {
      pollfd waited{.fd = fd, .events = POLLIN, .revents = 0};
      (void)::poll(&waited, 1, -1);
    } else if (errno != EINTR) {
      return std::unexpected(errno);
    }
  }
}

int close_file(int fd) noexcept { return ::close(fd) == 0 || errno == EINTR ? 0 : errno; }

std::vector<std::string> program_arguments(int argc, char** argv) {
  return {argv + (argc > 0 ? 1 : 0), argv + argc};
}

bool slash_is_option() noexcept { return false; }

Environment read_environment() {
  const std::string_view term = variable("TERM");
  std::string_view locale;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (locale.empty()) {
      locale = variable(name);
    }
  }
  return {.no_color = !variable("NO_COLOR").empty(),
          .dumb = term.empty() || term == "dumb",
          .utf8 = names_utf8(locale),
          .sandbox = sandbox_wish()};
}

}  // namespace sonde::app
