#include "icmpapi/thread.hpp"

namespace sonde::icmpapi {
namespace {

thread_local DWORD last_error_of_thread = 0;

}  // namespace

const std::shared_ptr<Thread>& this_thread() {
  thread_local const std::shared_ptr<Thread> thread = std::make_shared<Thread>();
  return thread;
}

DWORD last_error() noexcept { return last_error_of_thread; }
void set_last_error(DWORD error) noexcept { last_error_of_thread = error; }

}  // namespace sonde::icmpapi
