// control.hpp: what may be asked of a running session from a signal handler or another thread.
// Set a flag, then wake the transport.
#pragma once

#include <atomic>

namespace sonde::run {

struct Control {
  std::atomic<bool> stop{false};                          // end now and report
  std::atomic<bool> interim{false};                       // report what is known and go on
  std::atomic<bool> output_failed{false};                 // nobody can be told any more: end
  static_assert(std::atomic<bool>::is_always_lock_free);  // fit for signal handlers
};

}  // namespace sonde::run
