// guard.hpp: what every exported function stands behind.
// errno stays as it was, the thread cannot be cancelled in the middle, and an exception becomes a
// last error: nothing of ours crosses the C interface. What does cross it is the unwinding that a
// completion routine begins with pthread_exit(3), which may not be stopped.
#pragma once

#include <cxxabi.h>
#include <pthread.h>
#include <windef.h>
#include <winerror.h>

#include <cerrno>
#include <new>
#include <system_error>

#include "icmpapi/alone.hpp"
#include "icmpapi/thread.hpp"

namespace sonde::icmpapi {

class Quietly {
 public:
  // Nobody cancels the only thread but itself, before: that is looked for at once, and the two
  // locked instructions of disabling and enabling (1 % of an echo on loopback) are spared.
  Quietly() : errno_(errno), alone_(is_alone()) {
    if (alone_) {
      ::pthread_testcancel();
    } else {
      (void)::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state_);
    }
  }
  Quietly(const Quietly&) = delete;
  Quietly& operator=(const Quietly&) = delete;
  ~Quietly() {
    if (!alone_) {
      (void)::pthread_setcancelstate(cancel_state_, nullptr);
    }
    errno = errno_;
  }

 private:
  int errno_;
  bool alone_;
  int cancel_state_ = 0;
};

// body(), or `failure` with a last error that says why it threw. Inline: a return more behind a
// system call is one more that the processor does not foresee.
template <typename Result, typename Body>
[[gnu::always_inline]] inline Result guarded(Result failure, Body body) {
  const Quietly quietly;
  try {
    return body();
#ifdef __GLIBCXX__
  } catch (const abi::__forced_unwind&) {
    throw;
#endif
  } catch (const std::bad_alloc&) {
    set_last_error(ERROR_NOT_ENOUGH_MEMORY);
  } catch (const std::system_error&) {  // no thread could be made: no memory for its stack
    set_last_error(ERROR_NOT_ENOUGH_MEMORY);
  } catch (...) {
    set_last_error(ERROR_GEN_FAILURE);
  }
  return failure;
}

}  // namespace sonde::icmpapi
