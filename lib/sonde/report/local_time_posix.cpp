#include "sonde/report/local_time.hpp"

namespace sonde::report {

// Not localtime(), which looks at the zone's file each time, and tells UTC when it may not.
std::optional<std::tm> local_time(std::time_t stamp) noexcept {
  std::tm out{};
  return ::localtime_r(&stamp, &out) != nullptr ? std::optional(out) : std::nullopt;
}

}  // namespace sonde::report
