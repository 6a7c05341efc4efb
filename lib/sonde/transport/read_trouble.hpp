// read_trouble.hpp: has a socket refused to be read, again and again? Then answers may have come
// that nobody saw. One refusal is normal: the error of a probe is told by a read.
#pragma once

#include <cerrno>

namespace sonde::transport {

class ReadTrouble {
 public:
  // 0, or the error of a read. That nothing is there is none.
  void note(int os_code) noexcept {
    const bool failed = os_code != 0 && os_code != EAGAIN && os_code != EWOULDBLOCK;
    why_ = failed ? os_code : 0;
    times_ = failed ? times_ + 1 : 0;
  }
  // Why, as the system's code; 0: it can be read.
  [[nodiscard]] int why() const noexcept { return times_ >= kLeast ? why_ : 0; }

 private:
  static constexpr unsigned kLeast = 4;  // in a row
  int why_ = 0;
  unsigned times_ = 0;
};

}  // namespace sonde::transport
