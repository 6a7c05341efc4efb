// wait.hpp: waiting for events, and running completion routines where that is allowed.
#pragma once

#include <windef.h>

#include <memory>
#include <optional>
#include <span>

#include "icmpapi/process.hpp"
#include "sonde/base/time.hpp"

namespace sonde::icmpapi {

struct WaitOptions {
  std::optional<Duration> timeout{};  // nullopt: no limit
  bool all = false;                   // wait for all events together
  bool alertable = false;
};

// No event: sleeps. Returns WAIT_OBJECT_0 + index, WAIT_TIMEOUT or WAIT_IO_COMPLETION; an event
// that is signalled goes before routines, as on Windows.
[[nodiscard]] DWORD wait_for(std::span<const std::shared_ptr<Event>> events,
                             const WaitOptions& options);

}  // namespace sonde::icmpapi
