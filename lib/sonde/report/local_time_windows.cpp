#include "sonde/report/local_time.hpp"

namespace sonde::report {

std::optional<std::tm> local_time(std::time_t stamp) noexcept {
  std::tm out{};
  return ::localtime_s(&out, &stamp) == 0 ? std::optional(out) : std::nullopt;
}

}  // namespace sonde::report
