// terminal.hpp: what the process is connected to: descriptors, their kind, the user's environment.
// The environment is ignored when the process has more rights than its caller (RELIABILITY.md 5.1).
// Codes in results are errno, or kGivenUp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sonde::app {

class OutputPatience;

inline constexpr int kStdin = 0;
inline constexpr int kStdout = 1;
inline constexpr int kStderr = 2;

// Beside errno: nobody took what was written, or opened a FIFO to read it, as long as the
// OutputPatience lasted.
inline constexpr int kGivenUp = -1;

[[nodiscard]] bool is_terminal(int fd) noexcept;
// The same terminal, opened once more to be written to, so that writes need not wait for its user:
// to poll(2) it has room, yet a write waits. Its other users notice nothing. Closed on exec.
// nullopt: no terminal, or it cannot be had again; a write to `fd` then waits as long as it takes.
[[nodiscard]] std::optional<int> open_terminal_again(int fd);
// How wide it is now; where it does not say: COLUMNS, or 80.
[[nodiscard]] std::size_t terminal_columns(int fd) noexcept;
// Is this the system's word for a reader that went away?
[[nodiscard]] bool is_closed_pipe(int code) noexcept;

// What a write to it may have to wait for.
enum class DescriptorKind : std::uint8_t {
  file,    // nothing
  pipe,    // a reader, that may go away: pipes and sockets
  device,  // a terminal's user, and whatever else there is
};
[[nodiscard]] DescriptorKind kind_of(int fd) noexcept;
// Has the reader of a pipe gone away? Does not wait; false where the system cannot tell.
[[nodiscard]] bool reader_gone(int fd) noexcept;

struct WriteResult {
  std::size_t written = 0;
  int error = 0;  // 0: all of it
};
// All of `text`, however often the system has to be asked; waits where the descriptor would not.
[[nodiscard]] WriteResult write_all(int fd, std::string_view text) noexcept;
// The same, but only as long as `patience` (output_patience.hpp) lasts: then kGivenUp. On Windows
// it lasts for ever.
[[nodiscard]] WriteResult write_all(int fd, std::string_view text,
                                    OutputPatience& patience) noexcept;
// Created or emptied; closed on exec. Waits for the reader of a FIFO.
[[nodiscard]] std::expected<int, int> open_for_writing(const std::string& path);
// The same, but only as long as `patience` lasts: then kGivenUp. Writes to such a descriptor do not
// wait: they need patience, too. Windows has no such files.
[[nodiscard]] std::expected<int, int> open_for_writing(const std::string& path,
                                                       OutputPatience& patience);
// For reading; closed on exec. The codes are errno.
[[nodiscard]] std::expected<int, int> open_for_reading(const std::string& path);
// A file without a name, to be written and read; gone when it is closed. In TMPDIR, or where this
// system has such files.
[[nodiscard]] std::expected<int, int> open_temporary();
// To its first byte. False: this is no file, and what was read is gone.
[[nodiscard]] bool rewind_file(int fd) noexcept;
// Waits for some bytes; 0: the end.
[[nodiscard]] std::expected<std::size_t, int> read_some(int fd, std::span<char> into) noexcept;
// 0, or what the system says of data that it had taken already.
[[nodiscard]] int close_file(int fd) noexcept;

// What was typed behind the program's name, in UTF-8.
[[nodiscard]] std::vector<std::string> program_arguments(int argc, char** argv);
// Does a slash begin an option on this system (slash_options.hpp)?
[[nodiscard]] bool slash_is_option() noexcept;

// SONDE_SANDBOX (sandbox.hpp): off; or kill: what it forbids ends the process, for tests.
enum class SandboxWish : std::uint8_t { normal, off, fatal };

// What the user's environment says, as far as anything here depends on it.
struct Environment {
  bool no_color = false;  // NO_COLOR, any value that is not empty
  bool dumb = false;      // TERM=dumb, or none
  bool utf8 = false;      // LC_ALL, LC_CTYPE, LANG: the first that is set
  SandboxWish sandbox = SandboxWish::normal;
};
[[nodiscard]] Environment read_environment();

}  // namespace sonde::app
