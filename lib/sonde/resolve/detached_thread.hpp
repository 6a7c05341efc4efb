// detached_thread.hpp: a thread that nobody waits for, with a small stack: hundreds of them wait
// for the system's resolver side by side.
#pragma once

#include <functional>

namespace sonde::resolve {

// 0, or the system's code why there is none.
[[nodiscard]] int start_detached(std::function<void()> body);

}  // namespace sonde::resolve
