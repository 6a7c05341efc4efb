// fuzz.hpp: what the targets in tests/fuzz share. A broken oracle aborts: libFuzzer and the replay
// main both see that as a crash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "sonde/base/bytes.hpp"
#include "tests/support/packet_bytes.hpp"

namespace sonde::test {

inline Bytes input_of(const std::uint8_t* data, std::size_t size) {
  return std::as_bytes(std::span(data, size));
}

inline void expect(bool oracle) {
  if (!oracle) {
    std::abort();
  }
}

inline void expect_inside(Bytes view, Bytes whole) { expect(inside(view, whole)); }

}  // namespace sonde::test
