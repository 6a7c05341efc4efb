// memory.cpp: loaded before the C library (LD_PRELOAD): memory that runs out. SONDE_FAIL_AT=N: the
// N-th request for memory fails, counted from 1 over all threads; SONDE_FAIL_ON=1: all behind it
// fail too. SONDE_FAIL_SPARE=1: those of the C library are not counted. SONDE_FAIL_COUNT=FD: how
// many requests there were, as text, when the process ends.
#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" {
void* __libc_malloc(std::size_t size);                     // NOLINT: glibc's own names
void* __libc_calloc(std::size_t count, std::size_t size);  // NOLINT
void* __libc_realloc(void* old, std::size_t size);         // NOLINT
void* __libc_memalign(std::size_t, std::size_t size);      // NOLINT
}

namespace {

std::atomic<long> asked{0};

long number_in(const char* name) {
  const char* text = std::getenv(name);
  return text == nullptr ? 0 : std::strtol(text, nullptr, 10);
}

// Did the C library ask?
bool from_library(const void* caller) {
  Dl_info info{};
  return ::dladdr(caller, &info) != 0 && std::strstr(info.dli_fname, "/libc.so") != nullptr;
}

bool fails(const void* caller) {
  if (number_in("SONDE_FAIL_SPARE") != 0 && from_library(caller)) {
    return false;
  }
  const long at = number_in("SONDE_FAIL_AT");
  const long number = ++asked;
  const bool now = at > 0 && (number == at || (number > at && number_in("SONDE_FAIL_ON") != 0));
  if (now) {
    errno = ENOMEM;
  }
  return now;
}

__attribute__((destructor)) void tell() {
  const auto fd = static_cast<int>(number_in("SONDE_FAIL_COUNT"));
  char text[32];  // NOLINT: no memory is asked for
  const int length = std::snprintf(text, sizeof text, "%ld", asked.load());
  if (fd > 0 && ::write(fd, text, static_cast<std::size_t>(length)) < 0) {
    std::abort();
  }
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) noexcept {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) noexcept {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  return fails(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) noexcept {
  void* memory = fails(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
  if (memory == nullptr) {
    return ENOMEM;
  }
  *out = memory;
  return 0;
}
}
