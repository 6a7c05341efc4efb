#include <pthread.h>

#include <memory>
#include <utility>

#include "sonde/resolve/detached_thread.hpp"

namespace sonde::resolve {
namespace {

// getaddrinfo keeps answers of up to 64 KiB on its stack, and calls modules of the system.
constexpr std::size_t kStack = std::size_t{256} * 1024;

extern "C" void* run_body(void* owned) {
  const std::unique_ptr<std::function<void()>> body(static_cast<std::function<void()>*>(owned));
  (*body)();
  return nullptr;
}

}  // namespace

int start_detached(std::function<void()> body) {
  pthread_attr_t attributes;
  if (const int code = ::pthread_attr_init(&attributes); code != 0) {
    return code;
  }
  (void)::pthread_attr_setstacksize(&attributes, kStack);
  (void)::pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  auto owned = std::make_unique<std::function<void()>>(std::move(body));
  pthread_t thread{};
  const int code = ::pthread_create(&thread, &attributes, run_body, owned.get());
  (void)::pthread_attr_destroy(&attributes);
  if (code == 0) {
    static_cast<void>(owned.release());  // NOLINT(bugprone-unused-return-value): run_body's now
  }
  return code;
}

}  // namespace sonde::resolve
