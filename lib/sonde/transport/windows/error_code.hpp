// error_code.hpp: Win32 errors, Winsock errors and IP_STATUS codes as what they mean to a probe and
// to people. Winsock and IP_STATUS share numbers from 11001 on (a resolver's errors): here they are
// IP_STATUS. The words are our own, because the system's are in the user's language. Pure.
#pragma once

#include <string>

#include "sonde/probe/spec.hpp"
#include "sonde/transport/error.hpp"

namespace sonde::transport {

[[nodiscard]] probe::SendFailure send_failure_of(int os_code) noexcept;
// "error 1231" where nothing better is known.
[[nodiscard]] std::string error_words(int os_code);
[[nodiscard]] Error windows_error(ErrorCode code, std::string operation, int os_code,
                                  std::string what_to_do = {});

}  // namespace sonde::transport
