// raw_filter.hpp: a filter on a raw socket, such that nothing that came before it is ever seen
// (RELIABILITY.md 5.1, step 4): reject everything, throw away what is there, let in what is ours,
// lock. 0 or the errno.
#pragma once

#include "sonde/transport/linux/bpf.hpp"

namespace sonde::transport {

[[nodiscard]] int install_filter(int fd, FilterProgram program) noexcept;

}  // namespace sonde::transport
