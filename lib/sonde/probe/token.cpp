#include "sonde/probe/token.hpp"

#include <algorithm>
#include <array>

namespace sonde::probe {
namespace {

constexpr std::size_t kWord = 4;  // bytes of target and of the sequence's low half
constexpr int kHalf = 32;         // bits
constexpr std::uint64_t kLowHalf = 0xffffffff;

std::array<std::byte, TokenSealer::kFull> token_bytes(std::uint64_t tag,
                                                      const ProbeId& probe) noexcept {
  std::array<std::byte, TokenSealer::kFull> token{};
  Writer out(token);
  out.u64(tag);
  out.u32(probe.target);
  out.u32(static_cast<std::uint32_t>(probe.sequence));
  return token;
}

// How much of a token a payload has room for.
std::size_t size_within(std::size_t payload) noexcept {
  if (payload >= TokenSealer::kFull) {
    return TokenSealer::kFull;
  }
  if (payload >= TokenSealer::kTag) {
    return TokenSealer::kTag;
  }
  return payload >= TokenSealer::kShortTag ? TokenSealer::kShortTag : 0;
}

// All bytes are looked at whatever they are: the time taken tells a forger nothing.
bool equal_in_constant_time(Bytes a, Bytes b) noexcept {
  std::byte difference{0};
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= a[i] ^ b[i];
  }
  return difference == std::byte{0};
}

}  // namespace

std::uint64_t TokenSealer::tag(const ProbeId& probe, const net::Address& destination,
                               net::IcmpIdent ident) const noexcept {
  constexpr std::size_t kCovered = 1 + net::Address::kV6Bytes + 2 + kWord + 8;
  std::array<std::byte, kCovered> covered{};
  Writer out(covered);
  out.u8(static_cast<std::uint8_t>(destination.family()));
  out.bytes(destination.bytes());
  out.u16(ident.value);
  out.u32(probe.target);
  out.u64(probe.sequence);
  return siphash24(key_, out.written());
}

std::uint64_t TokenSealer::seal(const ProbeId& probe, const net::Address& destination,
                                net::IcmpIdent ident, MutableBytes payload) noexcept {
  newest_sequence_ = std::max(newest_sequence_, probe.sequence);
  const std::uint64_t proof = tag(probe, destination, ident);
  const auto token = token_bytes(proof, probe);
  Writer(payload).bytes(Bytes(token).first(size_within(payload.size())));
  return proof;
}

bool TokenSealer::carries(std::uint64_t tag, const ProbeId& probe, Bytes payload) noexcept {
  const std::size_t size = size_within(payload.size());
  const auto token = token_bytes(tag, probe);
  return size > 0 && equal_in_constant_time(Bytes(token).first(size), payload.first(size));
}

std::optional<ProbeId> TokenSealer::open(const net::Address& destination, net::IcmpIdent ident,
                                         Bytes payload) const noexcept {
  if (payload.size() < kFull) {
    return std::nullopt;
  }
  Reader in(payload.subspan(kTag, 2 * kWord));
  ProbeId probe;
  probe.target = in.u32();
  const std::uint64_t low = in.u32();
  std::uint64_t high = newest_sequence_ >> kHalf;
  if (low > (newest_sequence_ & kLowHalf) && high > 0) {
    --high;  // sent before the low half wrapped
  }
  // Nearly always the first: only a target far slower than another is further behind.
  for (std::uint64_t back = 0; back <= high; ++back) {
    probe.sequence = ((high - back) << kHalf) | low;
    if (check(probe, destination, ident, payload) == Check::match) {
      return probe;
    }
  }
  return std::nullopt;
}

TokenSealer::Check TokenSealer::check(const ProbeId& probe, const net::Address& destination,
                                      net::IcmpIdent ident, Bytes payload) const noexcept {
  if (payload.size() < kShortTag) {
    return Check::too_short;
  }
  const Bytes proof = payload.first(std::min(payload.size(), kTag));
  return carries(tag(probe, destination, ident), probe, proof) ? Check::match : Check::mismatch;
}

}  // namespace sonde::probe
