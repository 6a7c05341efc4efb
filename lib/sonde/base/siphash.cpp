#include "sonde/base/siphash.hpp"

#include <bit>
#include <cstring>

namespace sonde {
namespace {

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
  SipHash24 hash{key};
  const std::size_t size = data.size();
  while (data.size() >= kWord) {
    hash.word(little_endian_word(data.first<kWord>()));
    data = data.subspan(kWord);
  }
  return hash.finish(little_endian_word(data), size);
}

}  // namespace sonde
