#include <fcntl.h>
#include <io.h>
#include <windows.h>

#include <bit>
#include <cstdio>

#include "app/privileges.hpp"
#include "app/signals.hpp"
#include "app/terminal.hpp"

namespace sonde::app {

// Libraries come from the system's folder only, errors are told here and not in a window.
void secure_start() noexcept {
  constexpr DWORD kSystemFolder = 0x800;  // LOAD_LIBRARY_SEARCH_SYSTEM32, Windows 8
  using SetDirectories = BOOL(WINAPI*)(DWORD);
  if (const HMODULE kernel = ::GetModuleHandleW(L"kernel32.dll")) {
    const auto set =
        std::bit_cast<SetDirectories>(::GetProcAddress(kernel, "SetDefaultDllDirectories"));
    if (set != nullptr) {
      (void)set(kSystemFolder);
    }
  }
  (void)::SetDllDirectoryW(L"");
  (void)::SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
  for (const int fd : {kStdout, kStderr}) {
    (void)::_setmode(fd, _O_BINARY);
  }
  reset_signals();
}

int end_process(ExitCode code) noexcept {
  (void)std::fflush(nullptr);
  (void)::TerminateProcess(::GetCurrentProcess(), static_cast<UINT>(number(code)));
  return number(code);
}

// An administrator who was asked and said yes, or SYSTEM.
bool caller_is_root() noexcept {
  HANDLE token = nullptr;
  if (::OpenProcessToken(::GetCurrentProcess(), TOKEN_QUERY, &token) == 0) {
    return false;
  }
  TOKEN_ELEVATION elevation{};
  DWORD size = 0;
  const bool known =
      ::GetTokenInformation(token, TokenElevation, &elevation, sizeof elevation, &size) != 0;
  (void)::CloseHandle(token);
  return known && elevation.TokenIsElevated != 0;
}

// There is no setuid here.
bool more_than_caller() noexcept { return false; }

// The echo calls need no privilege, so none was raised.
std::expected<std::vector<std::string>, std::string> drop_privileges() { return {}; }

}  // namespace sonde::app
