// thread.hpp: what belongs to a thread: its last error, its queue of completion routines, and the
// condition on which it waits.
#pragma once

#include <windef.h>
#include <winternl.h>

#include <condition_variable>
#include <list>
#include <memory>

namespace sonde::icmpapi {

// A completion routine to be run in an alertable wait of the thread that made the request.
struct QueuedRoutine {
  PIO_APC_ROUTINE routine = nullptr;
  PVOID context = nullptr;
  ULONG_PTR bytes = 0;  // of the reply buffer in use
};

// Guarded by Process::mutex.
struct Thread {
  std::list<QueuedRoutine> routines;  // spliced in, which cannot fail
  std::condition_variable changed;  // a routine came, or an object that it waits for was signalled
};

// This thread's; made at the first call, also of a thread that is ending. Outlives the thread where
// a request holds on to it.
[[nodiscard]] const std::shared_ptr<Thread>& this_thread();

[[nodiscard]] DWORD last_error() noexcept;
void set_last_error(DWORD error) noexcept;

}  // namespace sonde::icmpapi
