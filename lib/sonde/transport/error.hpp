// error.hpp: why a transport could not be opened or configured, for people.
// message(): what failed and why; hint(): what to do about it, possibly empty.
#pragma once

#include <cstdint>
#include <string>

namespace sonde::transport {

enum class ErrorCode : std::uint8_t {
  permission,   // no privilege and no unprivileged way
  unsupported,  // this system or backend cannot do what was asked
  bad_source,   // the source address or interface is not usable
  system,       // anything else: see os_code
};

struct Error {
  ErrorCode code = ErrorCode::system;
  std::string operation{};   // "open raw ICMP socket", "bind to 192.0.2.1"
  int os_code = 0;           // errno or the Win32 error; 0: none
  std::string why{};         // one line, in words
  std::string what_to_do{};  // one line; empty: nothing known

  [[nodiscard]] std::string message() const {
    return why.empty() ? operation : operation + ": " + why;
  }
  [[nodiscard]] const std::string& hint() const noexcept { return what_to_do; }
};

}  // namespace sonde::transport
