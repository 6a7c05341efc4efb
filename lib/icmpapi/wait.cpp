#include "icmpapi/wait.hpp"

#include <windows.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "icmpapi/thread.hpp"
#include "sonde/base/system_clock.hpp"

namespace sonde::icmpapi {
namespace {

using Events = std::span<const std::shared_ptr<Event>>;
using Lock = std::unique_lock<std::mutex>;

void consume(Event& event) noexcept {
  if (!event.manual_reset) {
    event.signalled = false;
  }
}

// What the wait is over with, if it is; automatic events are then used up.
std::optional<DWORD> signalled(Events events, bool all) {
  const auto is_signalled = [](const std::shared_ptr<Event>& event) { return event->signalled; };
  const auto first = all ? events.begin() : std::ranges::find_if(events, is_signalled);
  if (first == events.end() || (all && !std::ranges::all_of(events, is_signalled))) {
    return std::nullopt;
  }
  for (const auto& event : all ? events : Events(first, 1)) {
    consume(*event);
  }
  return WAIT_OBJECT_0 + static_cast<DWORD>(first - events.begin());
}

// Also those that come while they run.
void run_routines(Thread& thread, Lock& lock) {
  while (!thread.routines.empty()) {
    const QueuedRoutine next = thread.routines.front();
    thread.routines.pop_front();
    lock.unlock();
    IO_STATUS_BLOCK status{};
    status.Information = next.bytes;
    next.routine(next.context, &status, 0);
    lock.lock();
  }
}

// This thread among the waiters of events, for as long as it is.
class Waiting {
 public:
  Waiting(Events events, Thread& thread) : events_(events), thread_(&thread) {
    for (const auto& event : events_) {
      event->waiters.push_back(thread_);
    }
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() {
    for (const auto& event : events_) {
      std::erase(event->waiters, thread_);
    }
  }

 private:
  Events events_;
  Thread* thread_;
};

}  // namespace

DWORD wait_for(Events events, const WaitOptions& options) {
  const SystemClock clock;
  const Instant until = options.timeout ? clock.now() + *options.timeout : Instant::max();
  Thread& thread = *this_thread();
  Lock lock(process().mutex);
  std::optional<Waiting> waiting;
  for (;;) {
    if (const auto result = signalled(events, options.all)) {
      return *result;
    }
    if (options.alertable && !thread.routines.empty()) {
      waiting.reset();
      run_routines(thread, lock);
      return WAIT_IO_COMPLETION;
    }
    if (!waiting) {
      waiting.emplace(events, thread);
    }
    if (!options.timeout) {
      thread.changed.wait(lock);
      continue;
    }
    const Duration left = until - clock.now();
    if (left <= Duration::zero()) {
      return WAIT_TIMEOUT;
    }
    thread.changed.wait_for(lock, left);
  }
}

}  // namespace sonde::icmpapi
