// version.hpp: what this program calls itself; the number comes from the build.
#pragma once

#include <string_view>

namespace sonde::app {

extern const std::string_view kVersion;  // "0.1.0"

}  // namespace sonde::app
