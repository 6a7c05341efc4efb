// handle.hpp: a kernel handle that is closed when its owner goes. Null: none.
#pragma once

#include <winsock2.h>
// After winsock2.h.
#include <windows.h>

#include <utility>

namespace sonde::transport {

class Handle {
 public:
  Handle() = default;
  explicit Handle(HANDLE handle) noexcept : handle_(handle) {}
  Handle(Handle&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Handle() {
    if (handle_ != nullptr) {
      (void)::CloseHandle(handle_);
    }
  }
  [[nodiscard]] HANDLE get() const noexcept { return handle_; }
  [[nodiscard]] bool valid() const noexcept { return handle_ != nullptr; }

 private:
  HANDLE handle_ = nullptr;
};

// Reset by the wait that it ends.
[[nodiscard]] inline Handle make_event() noexcept {
  return Handle(::CreateEventW(nullptr, FALSE, FALSE, nullptr));
}

}  // namespace sonde::transport
