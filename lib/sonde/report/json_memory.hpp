// json_memory.hpp: memory for RapidJSON, as its allocators are shaped. Its own does not look
// whether there was any.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

namespace sonde::report {

class JsonMemory {
 public:
  // NOLINTBEGIN(readability-identifier-naming,cppcoreguidelines-no-malloc): RapidJSON's names; it
  // asks for more room of the same
  static constexpr bool kNeedFree = true;
  [[nodiscard]] static void* Malloc(std::size_t size) {
    return size == 0 ? nullptr : resized(nullptr, size);
  }
  [[nodiscard]] static void* Realloc(void* old, std::size_t /*old_size*/, std::size_t size) {
    if (size == 0) {
      Free(old);
      return nullptr;
    }
    return resized(old, size);
  }
  static void Free(void* old) noexcept { std::free(old); }
  // NOLINTEND(readability-identifier-naming,cppcoreguidelines-no-malloc)
  friend bool operator==(const JsonMemory&, const JsonMemory&) noexcept = default;

 private:
  [[nodiscard]] static void* resized(void* old, std::size_t size) {
    void* const out = std::realloc(old, size);  // NOLINT(cppcoreguidelines-no-malloc)
    if (out == nullptr) {
      throw std::bad_alloc();
    }
    return out;
  }
};

}  // namespace sonde::report
