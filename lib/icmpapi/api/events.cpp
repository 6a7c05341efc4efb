// The exported functions for events, waits and sleeping: icmpapi(3).
#include <icmpapi.h>
#include <windows.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <mutex>
#include <span>

#include "icmpapi/guard.hpp"
#include "icmpapi/process.hpp"
#include "icmpapi/wait.hpp"

using namespace sonde::icmpapi;  // NOLINT(google-build-using-namespace): the C names below

namespace {

HandleTable::Value value_of(HANDLE handle) noexcept {
  return reinterpret_cast<HandleTable::Value>(handle);
}

HANDLE create_event(BOOL manual_reset, BOOL signalled, bool named) {
  if (named) {
    set_last_error(ERROR_NOT_SUPPORTED);  // names are for other processes, which are not reached
    return nullptr;
  }
  auto event = std::make_shared<Event>(
      Event{.manual_reset = manual_reset != FALSE, .signalled = signalled != FALSE});
  const std::scoped_lock lock(process().mutex);
  const auto handle = process().handles.add(std::move(event));
  if (!handle) {
    set_last_error(ERROR_TOO_MANY_OPEN_FILES);
    return nullptr;
  }
  set_last_error(NO_ERROR);
  return reinterpret_cast<HANDLE>(*handle);
}

template <typename Change>
BOOL change_event(HANDLE handle, Change change) {
  const std::scoped_lock lock(process().mutex);
  const auto event = process().handles.find_as<Event>(value_of(handle));
  if (!event) {
    set_last_error(ERROR_INVALID_HANDLE);
    return FALSE;
  }
  change(*event);
  return TRUE;
}

WaitOptions wait_options(DWORD milliseconds, BOOL alertable) {
  WaitOptions options{.alertable = alertable != FALSE};
  if (milliseconds != INFINITE) {
    options.timeout = std::chrono::milliseconds(milliseconds);
  }
  return options;
}

using EventList = std::array<std::shared_ptr<Event>, MAXIMUM_WAIT_OBJECTS>;

// NO_ERROR, or why these cannot be waited for.
DWORD find_events(std::span<const HANDLE> handles, bool all, EventList& events) {
  const std::scoped_lock lock(process().mutex);
  const auto end = std::ranges::transform(handles, events.begin(), [](HANDLE handle) {
                     return process().handles.find_as<Event>(value_of(handle));
                   }).out;
  if (std::find(events.begin(), end, nullptr) != end) {
    return ERROR_INVALID_HANDLE;
  }
  // All together cannot be waited for when one is named twice.
  for (auto event = events.begin(); all && event != end; ++event) {
    if (std::find(events.begin(), event, *event) != event) {
      return ERROR_INVALID_PARAMETER;
    }
  }
  return NO_ERROR;
}

// False: not an event.
bool close_event(HANDLE handle) {
  HandleTable::Object removed;  // let go of when the mutex is free again
  const std::scoped_lock lock(process().mutex);
  const bool is_event = process().handles.find_as<Event>(value_of(handle)) != nullptr;
  if (is_event) {
    removed = process().handles.remove(value_of(handle));
  }
  return is_event;
}

DWORD wait_for_handles(std::span<const HANDLE> handles, const WaitOptions& options) {
  EventList events;
  const DWORD error = find_events(handles, options.all, events);
  if (error != NO_ERROR) {
    set_last_error(error);
    return WAIT_FAILED;
  }
  return wait_for(std::span(events).first(handles.size()), options);
}

}  // namespace

HANDLE CreateEventA(LPSECURITY_ATTRIBUTES /*attributes*/, BOOL bManualReset, BOOL bInitialState,
                    LPCSTR lpName) {
  return guarded(HANDLE{nullptr},
                 [&] { return create_event(bManualReset, bInitialState, lpName != nullptr); });
}

HANDLE CreateEventW(LPSECURITY_ATTRIBUTES /*attributes*/, BOOL bManualReset, BOOL bInitialState,
                    LPCWSTR lpName) {
  return guarded(HANDLE{nullptr},
                 [&] { return create_event(bManualReset, bInitialState, lpName != nullptr); });
}

BOOL SetEvent(HANDLE hEvent) {
  return guarded(BOOL{FALSE}, [&] { return change_event(hEvent, set_event); });
}

BOOL ResetEvent(HANDLE hEvent) {
  return guarded(BOOL{FALSE}, [&] {
    return change_event(hEvent, [](Event& event) { event.signalled = false; });
  });
}

BOOL CloseHandle(HANDLE hObject) {
  const bool was_event = guarded(false, [&] { return close_event(hObject); });
  return was_event ? TRUE : IcmpCloseHandle(hObject);
}

DWORD WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds) {
  return WaitForSingleObjectEx(hHandle, dwMilliseconds, FALSE);
}

DWORD WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable) {
  return guarded(DWORD{WAIT_FAILED}, [&] {
    return wait_for_handles({&hHandle, 1}, wait_options(dwMilliseconds, bAlertable));
  });
}

DWORD WaitForMultipleObjects(DWORD nCount, const HANDLE* lpHandles, BOOL bWaitAll,
                             DWORD dwMilliseconds) {
  return WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds, FALSE);
}

DWORD WaitForMultipleObjectsEx(DWORD nCount, const HANDLE* lpHandles, BOOL bWaitAll,
                               DWORD dwMilliseconds, BOOL bAlertable) {
  return guarded(DWORD{WAIT_FAILED}, [&]() -> DWORD {
    if (nCount == 0 || nCount > MAXIMUM_WAIT_OBJECTS || lpHandles == nullptr) {
      set_last_error(ERROR_INVALID_PARAMETER);
      return WAIT_FAILED;
    }
    WaitOptions options = wait_options(dwMilliseconds, bAlertable);
    options.all = bWaitAll != FALSE;
    return wait_for_handles({lpHandles, nCount}, options);
  });
}

VOID Sleep(DWORD dwMilliseconds) { (void)SleepEx(dwMilliseconds, FALSE); }

DWORD SleepEx(DWORD dwMilliseconds, BOOL bAlertable) {
  return guarded(DWORD{0}, [&]() -> DWORD {
    const DWORD result = wait_for({}, wait_options(dwMilliseconds, bAlertable));
    return result == WAIT_IO_COMPLETION ? result : 0;
  });
}
