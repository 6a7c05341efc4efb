#include "icmpapi/process.hpp"

#include <pthread.h>

#include <new>
#include <utility>

namespace sonde::icmpapi {
namespace {

void lock_for_fork() { process().mutex.lock(); }
void unlock_in_parent() { process().mutex.unlock(); }

void forget_other_threads(HandleTable::Object& object) {
  if (const auto* const event = std::get_if<std::shared_ptr<Event>>(&object)) {
    (*event)->waiters.clear();
  } else if (const auto* const file = std::get_if<std::shared_ptr<IcmpFile>>(&object)) {
    (*file)->outstanding = 0;
    (*file)->lanes.clear();
    // Its waiters are gone, and would be counted for ever.
    new (&(*file)->idle) std::condition_variable;
  }
}

void restart_in_child() {
  Process& self = process();
  self.files = 0;
  self.handles.for_each([&self](HandleTable::Object& object) {
    self.files += std::holds_alternative<std::shared_ptr<IcmpFile>>(object) ? 1 : 0;
    forget_other_threads(object);
  });
  self.spare.clear();
  for (auto& [key, worker] : self.workers) {
    self.abandoned.push_back(std::move(worker));
  }
  self.workers.clear();
  self.mutex.unlock();
}

Process& make_process() {
  auto* const made = new Process;
  (void)::pthread_atfork(lock_for_fork, unlock_in_parent, restart_in_child);
  return *made;
}

}  // namespace

Process& process() {
  static Process& only = make_process();
  return only;
}

void set_event(Event& event) {
  event.signalled = true;
  for (Thread* const waiter : event.waiters) {
    waiter->changed.notify_one();
  }
}

void leave(IcmpFile& file) {
  if (--file.outstanding == 0 && file.closing) {
    file.idle.notify_all();
  }
}

}  // namespace sonde::icmpapi
