// wall.cpp: loaded before the C library (LD_PRELOAD): a wall clock that jumps. SONDE_WALL_STEPS is
// a list of seconds ("3600,-3600"): each reading of CLOCK_REALTIME is off by the next of them, in
// turn. The kernel's own clock, and so its stamps on packets, stay as they are.
#include <dlfcn.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <ctime>
#include <vector>

namespace {

std::vector<long> read_steps() {
  std::vector<long> steps;
  const char* text = std::getenv("SONDE_WALL_STEPS");
  while (text != nullptr && *text != '\0') {
    char* end = nullptr;
    steps.push_back(std::strtol(text, &end, 10));
    text = *end == ',' ? end + 1 : end;
  }
  if (steps.empty()) {
    steps.push_back(0);
  }
  return steps;
}

std::atomic<std::size_t> readings{0};

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* out) noexcept {
  static const std::vector<long> kSteps = read_steps();
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, out));
  if (result == 0 && clock == CLOCK_REALTIME) {
    out->tv_sec += kSteps[readings++ % kSteps.size()];
  }
  return result;
}
