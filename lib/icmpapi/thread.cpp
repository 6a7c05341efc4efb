#include "icmpapi/thread.hpp"

#include <pthread.h>

#include <memory>
#include <optional>

namespace sonde::icmpapi {
namespace {

// In the space that the loader keeps for libraries: no call to find them. They have no destructor,
// so they are good until the very end of the thread: in atexit() handlers, the destructors of
// static objects and of pthread keys, where programs may still wait and send.
[[gnu::tls_model("initial-exec")]] constinit thread_local DWORD last_error_of_thread = 0;
[[gnu::tls_model("initial-exec")]] constinit thread_local std::shared_ptr<Thread>* here = nullptr;

// When the thread ends. Other keys' destructors that come later make another one, for which this
// runs again; what the last of them leaves is never freed.
void forget(void* thread) {
  here = nullptr;
  delete static_cast<std::shared_ptr<Thread>*>(thread);
}

std::optional<pthread_key_t> make_key() noexcept {
  pthread_key_t made{};
  return ::pthread_key_create(&made, forget) == 0 ? std::optional(made) : std::nullopt;
}

}  // namespace

const std::shared_ptr<Thread>& this_thread() {
  if (here == nullptr) {
    static const std::optional<pthread_key_t> kKey = make_key();
    auto made = std::make_unique<std::shared_ptr<Thread>>(std::make_shared<Thread>());
    here = made.release();
    if (kKey) {
      (void)::pthread_setspecific(*kKey, here);
    }
  }
  return *here;
}

DWORD last_error() noexcept { return last_error_of_thread; }
void set_last_error(DWORD error) noexcept { last_error_of_thread = error; }

}  // namespace sonde::icmpapi
