#include <fcntl.h>
#include <io.h>
#include <windows.h>
// After windows.h.
#include <shellapi.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <memory>

#include "app/terminal.hpp"

namespace sonde::app {

namespace {

HANDLE handle_of(int fd) noexcept { return std::bit_cast<HANDLE>(::_get_osfhandle(fd)); }

bool is_console(HANDLE handle) noexcept {
  DWORD mode = 0;
  return ::GetConsoleMode(handle, &mode) != 0;
}

// The errno that messages are made of.
int errno_of(DWORD error) noexcept {
  switch (error) {
    case ERROR_BROKEN_PIPE:
    case ERROR_NO_DATA:  // the pipe is being closed
    case ERROR_PIPE_NOT_CONNECTED:
      return EPIPE;
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
      return ENOSPC;
    case ERROR_FILE_NOT_FOUND:
    case ERROR_PATH_NOT_FOUND:
    case ERROR_BAD_PATHNAME:
    case ERROR_INVALID_NAME:
      return ENOENT;
    case ERROR_ACCESS_DENIED:
    case ERROR_SHARING_VIOLATION:
    case ERROR_WRITE_PROTECT:
      return EACCES;
    case ERROR_INVALID_HANDLE:
      return EBADF;
    default:
      return EIO;
  }
}

std::wstring wide(std::string_view text) {
  std::wstring out(text.size(), L'\0');
  const int length = ::MultiByteToWideChar(CP_UTF8, 0, text.data(), static_cast<int>(text.size()),
                                           out.data(), static_cast<int>(out.size()));
  out.resize(static_cast<std::size_t>(std::max(length, 0)));
  return out;
}

std::string narrow(std::wstring_view text) {
  constexpr std::size_t kMostBytes = 3;  // a UTF-16 unit
  std::string out(text.size() * kMostBytes, '\0');
  const int length =
      ::WideCharToMultiByte(CP_UTF8, 0, text.data(), static_cast<int>(text.size()), out.data(),
                            static_cast<int>(out.size()), nullptr, nullptr);
  out.resize(static_cast<std::size_t>(std::max(length, 0)));
  return out;
}

std::string variable(const wchar_t* name) {
  constexpr DWORD kMost = 256;
  std::array<wchar_t, kMost> value{};
  const DWORD length = ::GetEnvironmentVariableW(name, value.data(), kMost);
  return narrow({value.data(), std::min(length, kMost - 1)});
}

// A console takes UTF-16 whatever its code page is.
WriteResult write_console(HANDLE console, std::string_view text) noexcept {
  try {
    const std::wstring out = wide(text);
    std::size_t done = 0;
    while (done < out.size()) {
      constexpr std::size_t kMost = 8192;  // older consoles refuse more than 64 KiB at once
      DWORD written = 0;
      const auto wanted = static_cast<DWORD>(std::min(out.size() - done, kMost));
      if (::WriteConsoleW(console, out.data() + done, wanted, &written, nullptr) == 0) {
        return {.written = 0, .error = errno_of(::GetLastError())};
      }
      done += written;
    }
  } catch (...) {
    return {.written = 0, .error = ENOMEM};
  }
  return {.written = text.size()};
}

// What is typed comes as UTF-16, a line at a time. Ctrl-Z at the beginning of a line is the end.
std::expected<std::size_t, int> read_console(HANDLE console, std::span<char> into) noexcept {
  constexpr std::size_t kMost = 4096;  // a line that is longer comes in pieces
  constexpr std::size_t kMostBytes = 3;
  std::array<wchar_t, kMost> typed{};
  const auto wanted = static_cast<DWORD>(std::min(kMost, into.size() / kMostBytes));
  DWORD got = 0;
  do {  // Ctrl-C and Ctrl-Break end a read with nothing; they are the handler's
    ::SetLastError(ERROR_SUCCESS);
    if (::ReadConsoleW(console, typed.data(), wanted, &got, nullptr) == 0) {
      return std::unexpected(errno_of(::GetLastError()));
    }
  } while (got == 0 && ::GetLastError() == ERROR_OPERATION_ABORTED);
  constexpr wchar_t kEnd = 0x1A;
  if (got == 0 || typed[0] == kEnd) {
    return 0;
  }
  const int length =
      ::WideCharToMultiByte(CP_UTF8, 0, typed.data(), static_cast<int>(got), into.data(),
                            static_cast<int>(into.size()), nullptr, nullptr);
  return static_cast<std::size_t>(std::max(length, 0));
}

// Colours are escape sequences since Windows 10; older consoles say no. Progress is shown on
// standard error, wherever standard output goes.
bool understands_sequences() noexcept {
  constexpr DWORD kSequences = 4;  // ENABLE_VIRTUAL_TERMINAL_PROCESSING
  const HANDLE console = handle_of(is_console(handle_of(kStdout)) ? kStdout : kStderr);
  DWORD mode = 0;
  return ::GetConsoleMode(console, &mode) != 0 &&
         ((mode & kSequences) != 0 || ::SetConsoleMode(console, mode | kSequences) != 0);
}

// Takes the handle over; call with what CreateFileW just said.
std::expected<int, int> descriptor_of(HANDLE file) {
  if (file == INVALID_HANDLE_VALUE) {  // NOLINT: the macro casts
    return std::unexpected(errno_of(::GetLastError()));
  }
  const int fd = ::_open_osfhandle(std::bit_cast<intptr_t>(file), _O_BINARY | _O_NOINHERIT);
  if (fd < 0) {
    (void)::CloseHandle(file);
    return std::unexpected(EMFILE);
  }
  return fd;
}

}  // namespace

bool is_terminal(int fd) noexcept { return is_console(handle_of(fd)); }

std::optional<int> open_terminal_again(int /*fd*/) { return std::nullopt; }

std::size_t terminal_columns(int fd) noexcept {
  CONSOLE_SCREEN_BUFFER_INFO info{};
  constexpr std::size_t kUsual = 80;
  const int columns = ::GetConsoleScreenBufferInfo(handle_of(fd), &info) != 0
                          ? info.srWindow.Right - info.srWindow.Left + 1
                          : 0;
  return columns > 0 ? static_cast<std::size_t>(columns) : kUsual;
}

bool is_closed_pipe(int code) noexcept { return code == EPIPE; }

// The writing end of a pipe cannot be asked about its reader.
DescriptorKind kind_of(int /*fd*/) noexcept { return DescriptorKind::device; }

bool reader_gone(int /*fd*/) noexcept { return false; }

// Not the C library's: it would turn every newline into two bytes.
WriteResult write_all(int fd, std::string_view text) noexcept {
  const HANDLE handle = handle_of(fd);
  if (is_console(handle)) {
    return write_console(handle, text);
  }
  WriteResult result;
  while (result.written < text.size()) {
    constexpr std::size_t kMost = std::size_t{1} << 20;
    DWORD written = 0;
    const auto wanted = static_cast<DWORD>(std::min(text.size() - result.written, kMost));
    if (::WriteFile(handle, text.data() + result.written, wanted, &written, nullptr) == 0) {
      result.error = errno_of(::GetLastError());
      return result;
    }
    result.written += written;
  }
  return result;
}

WriteResult write_all(int fd, std::string_view text, OutputPatience& /*patience*/) noexcept {
  return write_all(fd, text);
}

std::expected<int, int> open_for_writing(const std::string& path) {
  return descriptor_of(::CreateFileW(wide(path).c_str(), GENERIC_WRITE, FILE_SHARE_READ, nullptr,
                                     CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr));
}

std::expected<int, int> open_for_writing(const std::string& path, OutputPatience& /*patience*/) {
  return open_for_writing(path);
}

// Somebody may still be writing to it: a log, another sweep's output.
std::expected<int, int> open_for_reading(const std::string& path) {
  return descriptor_of(::CreateFileW(wide(path).c_str(), GENERIC_READ,
                                     FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                     nullptr, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr));
}

std::expected<int, int> open_temporary() {
  std::array<wchar_t, MAX_PATH + 1> folder{};
  std::array<wchar_t, MAX_PATH> path{};
  if (::GetTempPathW(static_cast<DWORD>(folder.size()), folder.data()) == 0 ||
      ::GetTempFileNameW(folder.data(), L"sonde", 0, path.data()) == 0) {
    return std::unexpected(errno_of(::GetLastError()));
  }
  return descriptor_of(
      ::CreateFileW(path.data(), GENERIC_READ | GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS,
                    FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, nullptr));
}

bool rewind_file(int fd) noexcept {
  const HANDLE handle = handle_of(fd);
  return ::GetFileType(handle) == FILE_TYPE_DISK &&
         ::SetFilePointerEx(handle, {}, nullptr, FILE_BEGIN) != 0;
}

// Not the C library's here either: the lines end as they do in the file.
std::expected<std::size_t, int> read_some(int fd, std::span<char> into) noexcept {
  const HANDLE handle = handle_of(fd);
  if (is_console(handle)) {
    return read_console(handle, into);
  }
  constexpr std::size_t kMost = std::size_t{1} << 20;
  DWORD got = 0;
  const auto wanted = static_cast<DWORD>(std::min(into.size(), kMost));
  if (::ReadFile(handle, into.data(), wanted, &got, nullptr) != 0) {
    return got;
  }
  const DWORD error = ::GetLastError();
  if (error == ERROR_BROKEN_PIPE || error == ERROR_HANDLE_EOF) {  // its writer is done
    return 0;
  }
  return std::unexpected(errno_of(error));
}

int close_file(int fd) noexcept { return ::_close(fd) == 0 ? 0 : errno; }

std::vector<std::string> program_arguments(int /*argc*/, char** /*argv*/) {
  int count = 0;
  const std::unique_ptr<wchar_t*, decltype(&::LocalFree)> words(
      ::CommandLineToArgvW(::GetCommandLineW(), &count), &::LocalFree);
  std::vector<std::string> arguments;
  for (int i = 1; words != nullptr && i < count; ++i) {
    arguments.push_back(narrow(words.get()[i]));
  }
  return arguments;
}

bool slash_is_option() noexcept { return true; }

// Whatever the code page: consoles get UTF-16, everything else UTF-8.
Environment read_environment() {
  return {.no_color = !variable(L"NO_COLOR").empty(),
          .dumb = variable(L"TERM") == "dumb" || !understands_sequences(),
          .utf8 = true};
}

}  // namespace sonde::app
