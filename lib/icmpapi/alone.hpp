// alone.hpp: what the only thread of a process is spared.
// Locked instructions are a good part of what a call costs beside its two system calls (some 2 % of
// an echo on loopback).
#pragma once

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

#include <mutex>

namespace sonde::icmpapi {

// Whether the process has never had a second thread: false where the C library does not tell.
[[nodiscard]] inline bool is_alone() noexcept {
#if __has_include(<sys/single_threaded.h>)
  return __libc_single_threaded != 0;
#else
  return false;
#endif
}

// Holds the mutex, unless there is nobody to keep out. No thread may be started under it.
class ThreadLock {
 public:
  explicit ThreadLock(std::mutex& mutex) : mutex_(is_alone() ? nullptr : &mutex) {
    if (mutex_ != nullptr) {
      mutex_->lock();
    }
  }
  ThreadLock(const ThreadLock&) = delete;
  ThreadLock& operator=(const ThreadLock&) = delete;
  ~ThreadLock() {
    if (mutex_ != nullptr) {
      mutex_->unlock();
    }
  }

 private:
  std::mutex* mutex_;
};

}  // namespace sonde::icmpapi
