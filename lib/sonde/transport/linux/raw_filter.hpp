// raw_filter.hpp: a filter on a raw socket, such that nothing that came before it is ever seen
// (RELIABILITY.md 5.1, step 4): reject everything, throw away what is there, let in what is ours,
// lock. A filter that cannot be had costs time and stamps, not truth: every packet is judged again
// when it is read. Out: a word for -v, "filter locked" or what is missing and why.
// Error: the errno, when everything is kept out and cannot be let in again.
#pragma once

#include <expected>
#include <string>

#include "sonde/transport/linux/bpf.hpp"

namespace sonde::transport {

[[nodiscard]] std::expected<std::string, int> install_filter(int fd, FilterProgram program);

}  // namespace sonde::transport
