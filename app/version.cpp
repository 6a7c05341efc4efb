#include "app/version.hpp"

namespace sonde::app {

const std::string_view kVersion = SONDE_VERSION;

}  // namespace sonde::app
