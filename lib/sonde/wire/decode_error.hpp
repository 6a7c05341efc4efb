// decode_error.hpp: why bytes could not be read. One byte; a counter's index, never an exception.
#pragma once

#include <cstdint>

namespace sonde::wire {

enum class DecodeError : std::uint8_t {
  truncated,     // fewer bytes than the fixed header needs
  bad_version,   // an IP version or extension version that the format does not allow
  bad_length,    // a length field that contradicts the bytes present
  bad_checksum,  // a checksum that was computed and does not fit
  unsupported,   // well formed, but not a kind this decoder reads
};

}  // namespace sonde::wire
