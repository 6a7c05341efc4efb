#include "sonde/base/siphash.hpp"

#include <bit>
#include <cstring>

namespace sonde {
namespace {

// The numbers below are those of the specification.
// NOLINTBEGIN(readability-magic-numbers)
struct SipState {
  std::uint64_t v0, v1, v2, v3;

  explicit SipState(const SipKey& key) noexcept
      : v0(key.k0 ^ 0x736f6d6570736575),
        v1(key.k1 ^ 0x646f72616e646f6d),
        v2(key.k0 ^ 0x6c7967656e657261),
        v3(key.k1 ^ 0x7465646279746573) {}

  void round() noexcept {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }

  void absorb(std::uint64_t word) noexcept {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }

  std::uint64_t finish() noexcept {
    v2 ^= 0xff;
    for (int i = 0; i < 4; ++i) {
      round();
    }
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

std::uint64_t little_endian_word(std::span<const std::byte> bytes) noexcept {
  std::uint64_t word = 0;
  if (!bytes.empty()) {  // memcpy(3) takes no null, not even for nothing
    std::memcpy(&word, bytes.data(), bytes.size());
  }
  return std::endian::native == std::endian::little ? word : std::byteswap(word);
}

}  // namespace

std::uint64_t siphash24(const SipKey& key, std::span<const std::byte> data) noexcept {
  constexpr std::size_t kWord = 8;
  SipState state{key};
  const std::uint64_t length_byte = static_cast<std::uint64_t>(data.size()) << 56;
  while (data.size() >= kWord) {
    state.absorb(little_endian_word(data.first<kWord>()));
    data = data.subspan(kWord);
  }
  state.absorb(length_byte | little_endian_word(data));
  return state.finish();
}
// NOLINTEND(readability-magic-numbers)

}  // namespace sonde
