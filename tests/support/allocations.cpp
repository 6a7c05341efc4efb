#include "tests/support/allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

// The thread sanitizer has an operator new of its own, and can say when it is asked.
#if defined(__SANITIZE_THREAD__)
#define SONDE_COUNT_BY_HOOK 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SONDE_COUNT_BY_HOOK 1
#endif
#endif
#ifdef SONDE_COUNT_BY_HOOK
#include <sanitizer/allocator_interface.h>
#endif

namespace {

std::atomic<std::uint64_t> asked{0};  // NOLINT: operator new is global, and so is its count

}  // namespace

namespace sonde::test {

std::uint64_t allocations() noexcept { return asked.load(std::memory_order_relaxed); }

}  // namespace sonde::test

#ifdef SONDE_COUNT_BY_HOOK
namespace {

const int kHook = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void* /*memory*/, std::size_t /*size*/) {
      asked.fetch_add(1, std::memory_order_relaxed);
    },
    [](const volatile void* /*memory*/) {});

}  // namespace
#else
void* operator new(std::size_t size) {
  asked.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) {
    return memory;
  }
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
#endif
