// config_error.hpp: why an engine cannot be made from its configuration, for people.
#pragma once

#include <string>

namespace sonde::engine {

struct ConfigError {
  std::string message;
};

}  // namespace sonde::engine
