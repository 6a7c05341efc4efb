// sandbox_linux.hpp: the two halves of the sandbox on Linux; sandbox_linux.cpp joins them.
// Each returns one line: what holds now, or why it does not.
#pragma once

#include <cstdint>
#include <string>

#include "app/sandbox.hpp"

namespace sonde::app {

enum class Violation : std::uint8_t { refused, fatal };  // EPERM, or SIGSYS for the whole process

[[nodiscard]] std::string close_files(const SandboxNeeds& needs);
// Needs no_new_privs, as the other half does.
[[nodiscard]] std::string filter_system_calls(const SandboxNeeds& needs, Violation violation);

}  // namespace sonde::app
