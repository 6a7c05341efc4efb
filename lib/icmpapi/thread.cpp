#include "icmpapi/thread.hpp"

namespace sonde::icmpapi {
namespace {

// Four bytes in the space that the loader keeps for libraries: no call to find them.
[[gnu::tls_model("initial-exec")]] constinit thread_local DWORD last_error_of_thread = 0;

}  // namespace

const std::shared_ptr<Thread>& this_thread() {
  thread_local std::shared_ptr<Thread> thread = std::make_shared<Thread>();
  return thread;
}

DWORD last_error() noexcept { return last_error_of_thread; }
void set_last_error(DWORD error) noexcept { last_error_of_thread = error; }

}  // namespace sonde::icmpapi
