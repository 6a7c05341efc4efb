// token.hpp: proof that a reply answers a probe of ours.
// The first 16 payload bytes of a probe:
//   | tag: SipHash-2-4 of the identity, 8 bytes | target, 4 bytes | sequence mod 2^32, 4 bytes |
// The tag is keyed with 128 random bits of this run and covers family, destination, identifier,
// target and the whole 64-bit sequence. Without the key nobody can make one for a probe that he did
// not see; no time and no process number is on the wire (RELIABILITY.md 5.2).
// A payload of 8 to 15 bytes carries the tag alone, 4 to 7 bytes its first four; shorter ones none.
// Pure; no allocation.
#pragma once

#include <cstdint>
#include <optional>

#include "sonde/base/bytes.hpp"
#include "sonde/base/random.hpp"
#include "sonde/base/siphash.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/spec.hpp"

namespace sonde::probe {

class TokenSealer {
 public:
  static constexpr std::size_t kFull = 16;     // tag and identity
  static constexpr std::size_t kTag = 8;       // tag alone
  static constexpr std::size_t kShortTag = 4;  // half a tag

  explicit TokenSealer(Rng& rng) : key_{.k0 = rng.next(), .k1 = rng.next()} {}

  // Overwrites the start of the payload with as much token as fits. Returns the tag.
  std::uint64_t seal(const ProbeId& probe, const net::Address& destination, net::IcmpIdent ident,
                     MutableBytes payload) noexcept;

  // The same once more, for a probe that was sealed before.
  [[nodiscard]] std::uint64_t write(const ProbeId& probe, const net::Address& destination,
                                    net::IcmpIdent ident, MutableBytes payload) const noexcept;

  // The probe that a payload of 16 bytes or more names, if its tag proves it. nullopt otherwise.
  [[nodiscard]] std::optional<ProbeId> open(const net::Address& destination, net::IcmpIdent ident,
                                            Bytes payload) const noexcept;

  // Is the payload's start what seal() wrote for this probe and returned `tag` for? In constant
  // time. Of fewer than 16 bytes, those that are there are compared; under 4, never.
  [[nodiscard]] static bool carries(std::uint64_t tag, const ProbeId& probe,
                                    Bytes payload) noexcept;

  enum class Check : std::uint8_t { match, mismatch, too_short };
  // Does the payload carry this probe's token? In constant time.
  [[nodiscard]] Check check(const ProbeId& probe, const net::Address& destination,
                            net::IcmpIdent ident, Bytes payload) const noexcept;

 private:
  [[nodiscard, gnu::noinline]] std::uint64_t tag(const ProbeId& probe,
                                                 const net::Address& destination,
                                                 net::IcmpIdent ident) const noexcept;
  SipKey key_;
  std::uint64_t newest_sequence_ = 0;  // to complete the 32 bits on the wire
};

}  // namespace sonde::probe
