#include "tests/support/allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::uint64_t> asked{0};  // NOLINT: operator new is global, and so is its count

}  // namespace

namespace sonde::test {

std::uint64_t allocations() noexcept { return asked.load(std::memory_order_relaxed); }

}  // namespace sonde::test

void* operator new(std::size_t size) {
  asked.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) {
    return memory;
  }
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
