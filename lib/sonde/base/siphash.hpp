// siphash.hpp: SipHash-2-4 (Aumasson and Bernstein, INDOCRYPT 2012), a keyed 64-bit hash.
// In: a secret 128-bit key and any bytes. Out: a tag that cannot be guessed without the key.
// Pure, no allocation. Checked against the test vectors of the paper's appendix A.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sonde {

struct SipKey {
  std::uint64_t k0 = 0;
  std::uint64_t k1 = 0;
};

[[nodiscard]] std::uint64_t siphash24(const SipKey& key, std::span<const std::byte> data) noexcept;

}  // namespace sonde
