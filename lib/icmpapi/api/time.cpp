// The exported functions for time, on the steady clock: icmpapi(3).
#include <windows.h>

#include <chrono>

#include "sonde/base/system_clock.hpp"

namespace {

using namespace std::chrono_literals;

sonde::Duration since_start() noexcept { return sonde::SystemClock().now().time_since_epoch(); }

}  // namespace

ULONGLONG GetTickCount64() { return static_cast<ULONGLONG>(since_start() / 1ms); }

DWORD GetTickCount() { return static_cast<DWORD>(GetTickCount64()); }

BOOL QueryPerformanceCounter(LARGE_INTEGER* lpPerformanceCount) {
  if (lpPerformanceCount == nullptr) {
    SetLastError(ERROR_NOACCESS);
    return FALSE;
  }
  lpPerformanceCount->QuadPart = since_start() / 1ns;
  return TRUE;
}

BOOL QueryPerformanceFrequency(LARGE_INTEGER* lpFrequency) {
  if (lpFrequency == nullptr) {
    SetLastError(ERROR_NOACCESS);
    return FALSE;
  }
  lpFrequency->QuadPart = 1s / 1ns;
  return TRUE;
}
