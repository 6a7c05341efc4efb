// optional.hpp: copying small optionals on hot paths.
// copy_value(from, to): to = from, in the pieces in which it was written. The plain assignment
// copies value and flag by one load, which stalls when they have just been stored one by one: about
// 10 ns, and there are several of them in a packet. Pure.
#pragma once

#include <optional>

namespace sonde {

template <typename T>
constexpr void copy_value(const std::optional<T>& from, std::optional<T>& to) noexcept {
  if (from) {
    to = *from;
  } else {
    to.reset();
  }
}

}  // namespace sonde
