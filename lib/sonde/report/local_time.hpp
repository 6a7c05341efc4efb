// local_time.hpp: a moment in this computer's zone, daylight saving included.
// In: seconds since 1970-01-01 UTC. Out: absent if the system cannot tell. The zone is read at the
// first call and not again: where files are out of reach by then, tzset() must have come before.
#pragma once

#include <ctime>
#include <optional>

namespace sonde::report {

[[nodiscard]] std::optional<std::tm> local_time(std::time_t stamp) noexcept;

}  // namespace sonde::report
