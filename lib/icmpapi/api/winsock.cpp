// The exported functions of Winsock: icmpapi(3).
#include <winsock2.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "icmpapi/thread.hpp"

using sonde::icmpapi::last_error;
using sonde::icmpapi::set_last_error;

namespace {

constexpr WORD kNewest = MAKEWORD(2, 2);
constinit std::atomic<int> start_ups{0};  // less the clean-ups

WORD version_key(WORD version) noexcept {
  return MAKEWORD(HIBYTE(version), LOBYTE(version));  // the major number stands in the low byte
}

void write_text(std::string_view text, char* to) noexcept { to[text.copy(to, text.size())] = '\0'; }

}  // namespace

int WSAStartup(WORD wVersionRequested, LPWSADATA lpWSAData) {
  if (LOBYTE(wVersionRequested) == 0) {
    return WSAVERNOTSUPPORTED;
  }
  if (lpWSAData == nullptr) {
    return WSAEFAULT;
  }
  *lpWSAData = WSADATA{};
  lpWSAData->wVersion =
      version_key(wVersionRequested) < version_key(kNewest) ? wVersionRequested : kNewest;
  lpWSAData->wHighVersion = kNewest;
  write_text("WinSock 2.0", lpWSAData->szDescription);
  write_text("Running", lpWSAData->szSystemStatus);
  start_ups.fetch_add(1);
  return 0;
}

int WSACleanup() {
  int count = start_ups.load();
  while (count > 0 && !start_ups.compare_exchange_weak(count, count - 1)) {
  }
  if (count > 0) {
    return 0;
  }
  set_last_error(WSANOTINITIALISED);
  return SOCKET_ERROR;
}

int WSAGetLastError() { return static_cast<int>(last_error()); }

void WSASetLastError(int iError) { set_last_error(static_cast<DWORD>(iError)); }
