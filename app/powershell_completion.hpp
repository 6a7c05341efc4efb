// powershell_completion.hpp: the completion script for PowerShell (5.1 and later), from the option
// table. Pure; completions.hpp gives it out.
#pragma once

#include <string>

namespace sonde::app {

[[nodiscard]] std::string powershell_script();

}  // namespace sonde::app
