// packet_bytes.hpp: bytes for tests of codecs.
// hex("45 00 00 54"): spaces are free; an odd digit or another sign throws std::invalid_argument.
// exactly(): a copy in a heap block of exactly its size, so that a sanitizer sees the first byte
// read outside. inside(): the oracle for views into received bytes.
#pragma once

#include <cctype>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sonde/base/bytes.hpp"
#include "sonde/base/random.hpp"

namespace sonde::test {

using Packet = std::vector<std::byte>;

inline unsigned hex_digit(char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::size_t at = kDigits.find(c);
  if (at == std::string_view::npos) {
    throw std::invalid_argument("not a hexadecimal digit");
  }
  return static_cast<unsigned>(at);
}

inline Packet hex(std::string_view text) {
  Packet out;
  while (!text.empty()) {
    if (text.front() == ' ') {
      text.remove_prefix(1);
      continue;
    }
    if (text.size() < 2) {
      throw std::invalid_argument("half a byte");
    }
    out.push_back(static_cast<std::byte>(hex_digit(text[0]) << 4 | hex_digit(text[1])));
    text.remove_prefix(2);
  }
  return out;
}

inline std::string to_hex(Bytes bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const std::byte b : bytes) {
    const auto value = std::to_integer<unsigned>(b);
    out += kDigits[value >> 4];
    out += kDigits[value & 15U];
  }
  return out;
}

inline Packet exactly(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

inline Packet joined(const Packet& a, const Packet& b) {
  Packet out = a;
  out.insert(out.end(), b.begin(), b.end());
  return out;
}

inline bool inside(Bytes view, Bytes whole) {
  const std::less_equal<> le;
  return view.empty() || (le(whole.data(), view.data()) &&
                          le(view.data() + view.size(), whole.data() + whole.size()));
}

inline Packet random_bytes(Rng& rng, std::size_t size) {
  Packet out(size);
  for (std::byte& b : out) {
    b = static_cast<std::byte>(rng.next());
  }
  return out;
}

// A few bytes changed, perhaps the end cut off or lengthened.
inline Packet mutated(Rng& rng, Packet packet) {
  for (std::uint64_t i = rng.below(4); i > 0 && !packet.empty(); --i) {
    packet[rng.below(packet.size())] = static_cast<std::byte>(rng.next());
  }
  switch (rng.below(4)) {
    case 0:
      packet.resize(rng.below(packet.size() + 1));
      break;
    case 1:
      packet = joined(packet, random_bytes(rng, rng.below(16)));
      break;
    default:
      break;
  }
  return exactly(packet);
}

}  // namespace sonde::test
