// recent_sends.hpp: what a transport remembers of its last sends, to know a probe again from what
// the network gives back: by number (the kernel's transmit stamps count sends), or by destination
// and ICMP sequence (short payloads, and routers that quote only 8 bytes of the probe); for UDP
// another 16 bits stand in the sequence's place (transport/probe_shape.hpp).
// A ring that grows from 64 to 65,536 records while those it would overwrite are younger than
// kRemember and have no answer; then the oldest is forgotten. Answered ones are kept up to
// kAnswered records: their token proves a second answer all the same, and a sweep that everybody
// answers stays in the processor's cache. Amortised constant time, no allocation once grown; a
// find() that replies in order answer costs one comparison.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "sonde/base/bytes.hpp"
#include "sonde/base/time.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/spec.hpp"

namespace sonde::probe {

struct SentProbe {
  ProbeId id;
  net::Address destination;
  net::IcmpSeq seq;
  bool authenticated = true;
  bool answered = false;       // an honest reply came
  bool balanced = false;       // the two bytes behind the token balance a checksum
  std::uint16_t checksum = 0;  // that the probe left with; 0: not known
  Bytes payload{};             // the template that ProbeSpec named
  std::uint64_t tag =
      0;  // of its token (TokenSealer::seal); 0: to be computed when it is asked for
  Instant at{};
};

class RecentSends {
 public:
  static constexpr std::size_t kInitial = 64;
  static constexpr std::size_t kAnswered = 1024;
  static constexpr std::size_t kMax = 65536;
  static constexpr Duration kRemember = 60s;

  // `most`: a power of two in [kInitial, kMax]; a few are enough for who waits for each answer.
  explicit RecentSends(std::size_t most = kMax);
  // Returns the send's number: 0, 1, 2 ...
  std::uint64_t add(const SentProbe& sent) {
    next(sent.at) = sent;
    return next_ - 1;
  }
  // The same, without a copy: the record of a send at this time, all of it to be filled in at once.
  [[nodiscard]] SentProbe& next(Instant sent_at) {
    const SentProbe& oldest = at(next_);
    const std::size_t most = oldest.answered ? std::min(kAnswered, most_) : most_;
    if (next_ >= ring_.size() && ring_.size() < most && sent_at - oldest.at < kRemember) {
      grow();
    }
    return at(next_++);
  }
  // Where the record of the send `ahead` of the next one will be written: to fetch it in time, as
  // the ring is larger than the caches near the processor.
  [[nodiscard]] const SentProbe* upcoming(std::size_t ahead) const noexcept {
    return &at(next_ + ahead);
  }
  [[nodiscard]] const SentProbe* by_number(std::uint64_t number) const noexcept;
  // The send to this destination with this sequence; null: none remembered. Of several (one host
  // named twice) the newest, or the one behind the last found.
  [[nodiscard]] const SentProbe* find(const net::Address& destination, net::IcmpSeq seq);
  // As find(), for whatever destination: replies to multicast and broadcast probes come from
  // somewhere else. The newest send with this sequence to a destination that is not one host.
  [[nodiscard]] const SentProbe* find_group(net::IcmpSeq seq);
  // A reply to this one, which a find() returned, was an honest answer.
  void answered(const SentProbe& sent) noexcept {
    ring_[static_cast<std::size_t>(&sent - ring_.data())].answered = true;
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return next_; }
  // All of them; numbers go on.
  void forget() noexcept { first_ = likely_ = next_; }

 private:
  [[nodiscard]] SentProbe& at(std::uint64_t number) noexcept {
    return ring_[number & (ring_.size() - 1)];
  }
  [[nodiscard]] const SentProbe& at(std::uint64_t number) const noexcept {
    return ring_[number & (ring_.size() - 1)];
  }
  [[nodiscard]] std::size_t slot(std::uint64_t key, std::size_t step) const noexcept;
  template <typename Fits>
  [[nodiscard]] const SentProbe* lookup(std::uint64_t key, Fits fits);
  [[gnu::noinline]] void update_index();
  void index(std::uint64_t number) noexcept;
  [[gnu::noinline]] void grow();

  std::size_t most_;
  std::vector<SentProbe> ring_;  // record n at n mod size, a power of two
  std::uint64_t next_ = 0;
  std::uint64_t first_ = 0;   // those before were overwritten before the ring grew, or forgotten
  std::uint64_t likely_ = 0;  // behind the last one found: replies mostly come in order
  // Open addressing, number + 1; 0 = free. Made when it is first needed, and then only brought up
  // to date when the guess fails: a run whose replies come in order never pays for it.
  std::vector<std::uint64_t> index_;
  std::uint64_t indexed_ = 0;  // those before are in the index
};

}  // namespace sonde::probe
