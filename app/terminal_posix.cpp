#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <optional>
#include <string>
#include <system_error>

#include "app/output_patience.hpp"
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

constexpr int kNothing = -2;  // beside errno: a write that took no byte and did not say why

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

// The next piece of `text`, `most` bytes at most. Out: 0, or an errno.
int write_once(int fd, std::string_view text, std::size_t most, WriteResult& so_far) noexcept {
  const std::string_view piece = text.substr(so_far.written, most);
  const ssize_t n = ::write(fd, piece.data(), piece.size());
  if (n < 0) {
    return errno;
  }
  so_far.written += static_cast<std::size_t>(n);
  return n > 0 ? 0 : kNothing;
}

bool is_passing(int code) noexcept { return code == kNothing || code == EAGAIN || code == EINTR; }

int errno_of(int code) noexcept { return code == kNothing ? EIO : code; }

// Somebody made the descriptor non-blocking. A slow reader is waited for.
void wait_writable(int fd) noexcept {
  pollfd waited{.fd = fd, .events = POLLOUT, .revents = 0};
  (void)::poll(&waited, 1, -1);
}

// Called writable, a terminal that has room for one byte takes no newline, which is two to it, and
// none takes anything while somebody else waits to write to it.
// `terminal`: is it one? Asked once.
bool is_full_terminal(int fd, int code, std::optional<bool>& terminal) noexcept {
  constexpr int kPause = 10;  // ms
  if (code != EAGAIN) {
    return false;
  }
  if (!terminal) {
    terminal = is_terminal(fd);
  }
  if (*terminal) {
    (void)::poll(nullptr, 0, kPause);
  }
  return *terminal;
}

// Waits until something can be written; false: patience is at its end.
bool await_room(int fd, OutputPatience& patience) noexcept {
  constexpr int kSlice = 50;  // ms; a signal may come just before the wait
  Patience interruptions;
  pollfd waited{.fd = fd, .events = POLLOUT, .revents = 0};
  while (true) {
    const int ready = ::poll(&waited, 1, kSlice);
    const bool again = ready == 0 || (ready < 0 && errno == EINTR && interruptions.goes_on());
    if (!again) {
      return true;  // or the write tells why not
    }
    if (!patience.goes_on()) {
      return false;
    }
  }
}

std::expected<int, int> open_to_write(const std::string& path, int flags) {
  constexpr mode_t kMode = 0666;  // less the umask
  const int fd =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY | flags, kMode);
  if (fd < 0) {
    return std::unexpected(errno);
  }
  return fd;
}

bool is_fifo(const std::string& path) noexcept {
  struct stat what{};
  return ::stat(path.c_str(), &what) == 0 && S_ISFIFO(what.st_mode);
}

SandboxWish sandbox_wish() noexcept {
  const std::string_view word = variable("SONDE_SANDBOX");
  return word == "off"    ? SandboxWish::off
         : word == "kill" ? SandboxWish::fatal
                          : SandboxWish::normal;
}

}  // namespace

bool is_terminal(int fd) noexcept { return ::isatty(fd) == 1; }

// Where /dev/fd holds mere duplicates it stays as it is. /dev/tty may be another terminal by now;
// the name of a pair's other end, which a program looks at, always makes a new pair.
std::optional<int> open_terminal_again(int fd) {
  std::array<char, PATH_MAX> name{};
  if (!is_terminal(fd) || (::fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY ||
      ::ptsname_r(fd, name.data(), name.size()) == 0) {
    return std::nullopt;
  }
  const std::string path = "/dev/fd/" + std::to_string(fd);
  const int again = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (again < 0) {
    return std::nullopt;
  }
  if (::tcgetsid(again) != ::tcgetsid(fd)) {
    (void)::close(again);
    return std::nullopt;
  }
  return again;
}

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

DescriptorKind kind_of(int fd) noexcept {
  struct stat what{};
  if (::fstat(fd, &what) != 0) {
    return DescriptorKind::device;
  }
  if (S_ISFIFO(what.st_mode) || S_ISSOCK(what.st_mode)) {
    return DescriptorKind::pipe;
  }
  return S_ISREG(what.st_mode) ? DescriptorKind::file : DescriptorKind::device;
}

bool reader_gone(int fd) noexcept {
  pollfd watched{.fd = fd, .events = 0, .revents = 0};
  return ::poll(&watched, 1, 0) > 0 && (watched.revents & (POLLERR | POLLHUP)) != 0;
}

WriteResult write_all(int fd, std::string_view text) noexcept {
  WriteResult result;
  Patience patience;
  while (result.written < text.size() && result.error == 0) {
    const int code = write_once(fd, text, text.size(), result);
    if (code == 0) {
      patience.renew();
      continue;
    }
    if (code == EAGAIN) {
      wait_writable(fd);
    }
    result.error = is_passing(code) && patience.goes_on() ? 0 : errno_of(code);
  }
  return result;
}

// Pieces that fit where there is room at all: such a write does not wait, so a signal that comes
// just before it is not missed.
WriteResult write_all(int fd, std::string_view text, OutputPatience& patience) noexcept {
  WriteResult result;
  std::optional<bool> terminal;
  Patience tries;
  while (result.written < text.size() && result.error == 0) {
    const bool room = await_room(fd, patience);
    const int code = room ? write_once(fd, text, PIPE_BUF, result) : kGivenUp;
    if (code == 0) {
      patience.renew();
      tries.renew();
    } else if (is_full_terminal(fd, code, terminal)) {
      result.error = patience.goes_on() ? 0 : kGivenUp;
    } else {
      result.error = is_passing(code) && tries.goes_on() ? 0 : errno_of(code);
    }
  }
  return result;
}

std::expected<int, int> open_for_writing(const std::string& path) { return open_to_write(path, 0); }

// No event tells that a FIFO is opened for reading: it is asked again and again.
std::expected<int, int> open_for_writing(const std::string& path, OutputPatience& patience) {
  constexpr int kSlice = 10;  // ms
  while (true) {
    const auto fd = open_to_write(path, O_NONBLOCK);
    if (fd || fd.error() != ENXIO || !is_fifo(path)) {
      patience.renew();
      return fd;
    }
    if (!patience.goes_on()) {
      return std::unexpected(kGivenUp);
    }
    (void)::poll(nullptr, 0, kSlice);
  }
}

std::expected<int, int> open_for_reading(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    return std::unexpected(errno);
  }
  return fd;
}

std::expected<int, int> open_temporary() {
  std::string path(variable("TMPDIR").empty() ? "/tmp" : variable("TMPDIR"));
  path += "/sonde-XXXXXX";
  const int fd = ::mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) {
    return std::unexpected(errno);
  }
  (void)::unlink(path.c_str());
  return fd;
}

bool rewind_file(int fd) noexcept {
  struct stat what{};
  return ::fstat(fd, &what) == 0 && S_ISREG(what.st_mode) && ::lseek(fd, 0, SEEK_SET) == 0;
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
