#include <windows.h>
// After windows.h.
#include <process.h>

#include <bit>
#include <cerrno>
#include <memory>
#include <utility>

#include "sonde/resolve/detached_thread.hpp"

namespace sonde::resolve {
namespace {

constexpr unsigned kStack = 256U * 1024;  // reserved; of it only what is touched takes memory

unsigned __stdcall run_body(void* owned) {
  const std::unique_ptr<std::function<void()>> body(static_cast<std::function<void()>*>(owned));
  (*body)();
  return 0;
}

}  // namespace

int start_detached(std::function<void()> body) {
  auto owned = std::make_unique<std::function<void()>>(std::move(body));
  const auto thread = ::_beginthreadex(nullptr, kStack, run_body, owned.get(),
                                       STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
  if (thread == 0) {
    return errno;
  }
  (void)owned.release();  // run_body's now
  (void)::CloseHandle(std::bit_cast<HANDLE>(thread));
  return 0;
}

}  // namespace sonde::resolve
