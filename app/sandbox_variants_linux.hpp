// sandbox_variants_linux.hpp: what sandbox_filters_linux.cpp, which makes the seccomp filters while
// the program is built, and sandbox_calls_linux.cpp, which installs one of them, have to agree on.
#pragma once

#include <cstddef>
#include <cstdint>

namespace sonde::app {

// What a filter depends on. Names need all that the two others do.
struct FilterVariant {
  bool names = false;
  bool tcp_any = false;
  bool reads = false;
  bool fatal = false;  // a violation ends the process
};

inline constexpr std::size_t kFilterVariants = 10;

[[nodiscard]] constexpr std::size_t number_of(const FilterVariant& variant) noexcept {
  constexpr std::size_t kNames = 4;
  constexpr std::size_t kFatal = 5;
  const std::size_t needs =
      variant.names ? kNames
                    : (variant.tcp_any ? std::size_t{1} : 0) + (variant.reads ? std::size_t{2} : 0);
  return needs + (variant.fatal ? kFatal : 0);
}

// Stands in the filters where the process's own number belongs: more than a process can have
// (proc(5), pid_max: 2^22 at most).
inline constexpr std::uint32_t kOwnProcess = 0x7b1d0afe;

}  // namespace sonde::app
