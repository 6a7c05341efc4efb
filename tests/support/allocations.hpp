// allocations.hpp: how often this process asked for memory with operator new (allocations.cpp
// replaces it). For tests of paths that must not allocate.
#pragma once

#include <cstdint>

namespace sonde::test {

[[nodiscard]] std::uint64_t allocations() noexcept;

}  // namespace sonde::test
