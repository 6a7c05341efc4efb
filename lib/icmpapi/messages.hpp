// messages.hpp: error codes and IP_STATUS values in English words.
#pragma once

#include <windef.h>

#include <string_view>

namespace sonde::icmpapi {

// ASCII, a sentence with its full stop; empty: not a code that this library gives.
[[nodiscard]] std::string_view message_of_error(DWORD error) noexcept;
[[nodiscard]] std::string_view message_of_status(DWORD status) noexcept;

}  // namespace sonde::icmpapi
