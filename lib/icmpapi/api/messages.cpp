// The exported functions for the last error and for texts: icmpapi(3).
#include "icmpapi/messages.hpp"

#include <iphlpapi.h>
#include <windows.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "icmpapi/guard.hpp"

using namespace sonde::icmpapi;  // NOLINT(google-build-using-namespace): the C names below

namespace {

// A message and what FormatMessage() puts behind it.
struct Line {
  std::string_view text;
  std::string_view end;
  [[nodiscard]] std::size_t size() const noexcept { return text.size() + end.size(); }
};

// With its final nul. The texts are ASCII, whatever the width of a character.
template <typename Char>
void write_line(const Line& line, Char* to) noexcept {
  to = std::ranges::copy(line.text, to).out;
  *std::ranges::copy(line.end, to).out = Char{};
}

template <typename Char>
DWORD allocate_line(const Line& line, Char*& result, std::size_t least) {
  const std::size_t count = std::max(line.size() + 1, least);
  result = static_cast<Char*>(std::malloc(count * sizeof(Char)));
  if (result == nullptr) {
    SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    return 0;
  }
  write_line(line, result);
  return static_cast<DWORD>(line.size());
}

template <typename Char>
DWORD format_message(DWORD flags, DWORD code, Char* buffer, DWORD size) {
  // Where to put what is allocated; NULL there when this fails, for programs that look there alone.
  const bool allocate = (flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) != 0;
  auto** const allocated = allocate ? reinterpret_cast<Char**>(buffer) : nullptr;
  if (allocated != nullptr) {
    *allocated = nullptr;
  }
  if (buffer == nullptr || (flags & FORMAT_MESSAGE_FROM_SYSTEM) == 0) {
    SetLastError(ERROR_INVALID_PARAMETER);
    return 0;
  }
  const std::string_view error = message_of_error(code);
  const bool one_line = (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) != 0;
  const Line line{.text = error.empty() ? message_of_status(code) : error,
                  .end = one_line ? " " : "\r\n"};
  if (line.text.empty()) {
    SetLastError(ERROR_MR_MID_NOT_FOUND);
    return 0;
  }
  if (allocated != nullptr) {
    return allocate_line(line, *allocated, size);
  }
  if (size <= line.size()) {
    SetLastError(ERROR_INSUFFICIENT_BUFFER);
    return 0;
  }
  write_line(line, buffer);
  return static_cast<DWORD>(line.size());
}

}  // namespace

DWORD GetLastError() { return last_error(); }

VOID SetLastError(DWORD dwErrCode) { set_last_error(dwErrCode); }

DWORD FormatMessageA(DWORD dwFlags, LPCVOID /*lpSource*/, DWORD dwMessageId, DWORD /*dwLanguageId*/,
                     LPSTR lpBuffer, DWORD nSize, void* /*arguments*/) {
  const Quietly quietly;
  return format_message(dwFlags, dwMessageId, lpBuffer, nSize);
}

DWORD FormatMessageW(DWORD dwFlags, LPCVOID /*lpSource*/, DWORD dwMessageId, DWORD /*dwLanguageId*/,
                     LPWSTR lpBuffer, DWORD nSize, void* /*arguments*/) {
  const Quietly quietly;
  return format_message(dwFlags, dwMessageId, lpBuffer, nSize);
}

HLOCAL LocalFree(HLOCAL hMem) {
  std::free(hMem);
  return nullptr;
}

DWORD GetIpErrorString(IP_STATUS ErrorCode, PWSTR Buffer, PDWORD Size) {
  const std::string_view text = message_of_status(ErrorCode);
  if (Size == nullptr || text.empty()) {
    return ERROR_INVALID_PARAMETER;
  }
  const DWORD room = std::exchange(*Size, static_cast<DWORD>(text.size()));
  if (Buffer == nullptr || room < text.size()) {
    return ERROR_INSUFFICIENT_BUFFER;
  }
  write_line({.text = text, .end = {}}, Buffer);
  return NO_ERROR;
}
