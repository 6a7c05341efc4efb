#include <sys/random.h>

#include <cerrno>
#include <system_error>

#include "sonde/base/random.hpp"

namespace sonde {

std::uint64_t SystemRng::next() {
  std::uint64_t value = 0;
  // getentropy(3): at most 256 bytes, all or nothing, no file descriptor.
  if (::getentropy(&value, sizeof value) != 0) {
    throw std::system_error(errno, std::generic_category(), "getentropy");
  }
  return value;
}

}  // namespace sonde
