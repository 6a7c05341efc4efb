// sent_syns.hpp: the SYNs that went out of raw sockets, found again by their sequence number.
// The TCP sequence number is the send's number under a keyed permutation of 32 bits: it stands in
// the first 8 bytes of the header, which every router quotes, and comes back as ack - 1 from the
// destination. Without the key nobody can name the sequence number of a probe that he did not see
// (RELIABILITY.md 5.2); with it, one step leads from the number to the probe.
// Remembered: at most kMost, and none that is older than kRemember when there are more than a few.
// Pure; amortised constant time.
#pragma once

#include <cstdint>
#include <deque>

#include "sonde/base/random.hpp"
#include "sonde/base/siphash.hpp"
#include "sonde/base/time.hpp"
#include "sonde/transport/tcp_observation.hpp"

namespace sonde::transport {

// A Feistel network of four rounds over two halves of 16 bits, with SipHash-2-4 as its function
// (Luby and Rackoff, SIAM J. Comput. 1988).
class SequenceCipher {
 public:
  explicit SequenceCipher(Rng& rng) : key_{.k0 = rng.next(), .k1 = rng.next()} {}
  [[nodiscard]] std::uint32_t seal(std::uint32_t number) const noexcept;
  [[nodiscard]] std::uint32_t open(std::uint32_t sealed) const noexcept;

 private:
  [[nodiscard]] std::uint16_t round(unsigned index, std::uint16_t half) const noexcept;
  SipKey key_;
};

class SentSyns {
 public:
  static constexpr std::size_t kMost = 65536;
  static constexpr std::size_t kFew = 256;
  static constexpr Duration kRemember = 60s;

  explicit SentSyns(Rng& rng) : cipher_(rng) {}

  // The TCP sequence number of the next send.
  [[nodiscard]] std::uint32_t next_sequence() const noexcept {
    return cipher_.seal(static_cast<std::uint32_t>(count_));
  }
  // It went out, with that sequence number.
  void add(const SentSyn& sent);

  // null: never sent, or forgotten. Valid until the next add().
  [[nodiscard]] const SentSyn* find(std::uint32_t sequence) const noexcept;
  [[nodiscard]] const SentSyn* by_number(std::uint64_t number) const noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  SequenceCipher cipher_;
  std::deque<SentSyn> sent_;  // the last of them is number count_ - 1
  std::uint64_t count_ = 0;
};

}  // namespace sonde::transport
