#include "sonde/probe/token.hpp"

#include <algorithm>

namespace sonde::probe {
namespace {

constexpr std::size_t kWord = 4;  // bytes of target and of the sequence's low half
constexpr int kHalf = 32;         // bits
constexpr std::uint64_t kLowHalf = 0xffffffff;

// What stands behind the tag.
std::uint64_t identity_of(const ProbeId& probe) noexcept {
  return std::uint64_t{probe.target} << kHalf | (probe.sequence & kLowHalf);
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

// Zero if the payload starts with as much of the token as it has room for (some, that is), in a
// time that hangs on its size alone: it tells a forger nothing.
std::uint64_t difference(std::uint64_t tag, const ProbeId& probe, Bytes payload) noexcept {
  Reader in{payload};
  switch (size_within(payload.size())) {
    case TokenSealer::kFull: {
      const std::uint64_t of_tag = in.u64() ^ tag;
      return of_tag | (in.u64() ^ identity_of(probe));
    }
    case TokenSealer::kTag:
      return in.u64() ^ tag;
    case TokenSealer::kShortTag:
      return in.u32() ^ (tag >> kHalf);
    default:
      return 1;
  }
}

}  // namespace

// Covered, in this order: | address 4 or 16 | target 4 (IPv4) | sequence 8 | target 4 (IPv6) |
// family 1 | identifier 2 |. The two sizes differ, so no IPv4 probe shares a tag with an IPv6 one.
std::uint64_t TokenSealer::tag(const ProbeId& probe, const net::Address& destination,
                               net::IcmpIdent ident) const noexcept {
  constexpr std::size_t kBehindAddress = kWord + 8 + 1 + 2;
  constexpr int kByte = 8;  // bits
  const std::uint64_t family = static_cast<std::uint8_t>(destination.family());
  const std::uint64_t last = family | std::uint64_t{ident.value} << kByte;
  SipHash24 hash{key_};
  Reader address{destination.bytes()};
  if (destination.is_v4()) {
    hash.word(address.u32() | std::uint64_t{probe.target} << kHalf);
    hash.word(probe.sequence);
    return hash.finish(last, net::Address::kV4Bytes + kBehindAddress);
  }
  hash.word(address.u64());
  hash.word(address.u64());
  hash.word(probe.sequence);
  return hash.finish(probe.target | last << kHalf, net::Address::kV6Bytes + kBehindAddress);
}

std::uint64_t TokenSealer::seal(const ProbeId& probe, const net::Address& destination,
                                net::IcmpIdent ident, MutableBytes payload) noexcept {
  newest_sequence_ = std::max(newest_sequence_, probe.sequence);
  return write(probe, destination, ident, payload);
}

std::uint64_t TokenSealer::write(const ProbeId& probe, const net::Address& destination,
                                 net::IcmpIdent ident, MutableBytes payload) const noexcept {
  const std::uint64_t proof = tag(probe, destination, ident);
  Writer out{payload};
  switch (size_within(payload.size())) {
    case kFull:
      out.u64(proof);
      out.u64(identity_of(probe));
      break;
    case kTag:
      out.u64(proof);
      break;
    case kShortTag:
      out.u32(static_cast<std::uint32_t>(proof >> kHalf));
      break;
    default:
      break;
  }
  return proof;
}

bool TokenSealer::carries(std::uint64_t tag, const ProbeId& probe, Bytes payload) noexcept {
  return difference(tag, probe, payload) == 0;
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
