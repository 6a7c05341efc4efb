#define _CRT_RAND_S  // NOLINT: what stdlib.h wants to hear before it declares rand_s
#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): rand_s is no standard function

#include <cerrno>
#include <system_error>

#include "sonde/base/random.hpp"

namespace sonde {

// rand_s: 32 bits of the system's generator (RtlGenRandom), no handle, on every Windows.
std::uint64_t SystemRng::next() {
  constexpr int kHalf = 32;
  unsigned int high = 0;
  unsigned int low = 0;
  if (::rand_s(&high) != 0 || ::rand_s(&low) != 0) {
    throw std::system_error(EINVAL, std::generic_category(), "rand_s");
  }
  return (static_cast<std::uint64_t>(high) << kHalf) | low;
}

}  // namespace sonde
