#include "sonde/transport/sent_syns.hpp"

namespace sonde::transport {
namespace {

constexpr unsigned kRounds = 4;
constexpr unsigned kHalf = 16;  // bits

std::uint16_t upper(std::uint32_t v) noexcept { return static_cast<std::uint16_t>(v >> kHalf); }
std::uint16_t lower(std::uint32_t v) noexcept { return static_cast<std::uint16_t>(v); }
std::uint32_t joined(std::uint16_t high, std::uint16_t low) noexcept {
  return std::uint32_t{high} << kHalf | low;
}
std::uint16_t exclusive(std::uint16_t a, std::uint16_t b) noexcept {
  return static_cast<std::uint16_t>(a ^ b);
}

}  // namespace

std::uint16_t SequenceCipher::round(unsigned index, std::uint16_t half) const noexcept {
  constexpr std::size_t kSize = 3;  // bytes: the half and the round
  return static_cast<std::uint16_t>(
      SipHash24{key_}.finish(half | std::uint64_t{index} << kHalf, kSize));
}

std::uint32_t SequenceCipher::seal(std::uint32_t number) const noexcept {
  std::uint16_t left = upper(number);
  std::uint16_t right = lower(number);
  for (unsigned i = 0; i < kRounds; ++i) {
    const std::uint16_t mixed = exclusive(left, round(i, right));
    left = right;
    right = mixed;
  }
  return joined(left, right);
}

std::uint32_t SequenceCipher::open(std::uint32_t sealed) const noexcept {
  std::uint16_t left = upper(sealed);
  std::uint16_t right = lower(sealed);
  for (unsigned i = kRounds; i > 0; --i) {
    const std::uint16_t mixed = exclusive(right, round(i - 1, left));
    right = left;
    left = mixed;
  }
  return joined(left, right);
}

void SentSyns::add(const SentSyn& sent) {
  if (sent_.size() >= kMost || (sent_.size() >= kFew && sent.at - sent_.front().at > kRemember)) {
    sent_.pop_front();
  }
  sent_.push_back(sent);
  ++count_;
}

const SentSyn* SentSyns::find(std::uint32_t sequence) const noexcept {
  // Numbers are 64 bits here and 32 in the packet: the distance to the newest is what counts.
  const auto next = static_cast<std::uint32_t>(count_);
  const std::uint32_t back = next - cipher_.open(sequence);
  return back == 0 || back > sent_.size() ? nullptr : &sent_[sent_.size() - back];
}

const SentSyn* SentSyns::by_number(std::uint64_t number) const noexcept {
  const std::uint64_t first = count_ - sent_.size();
  return number < first || number >= count_ ? nullptr : &sent_[number - first];
}

}  // namespace sonde::transport
