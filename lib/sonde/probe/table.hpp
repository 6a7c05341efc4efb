// table.hpp: one target's probes in flight, and the recently closed ones, so that a second reply is
// known as a duplicate and a slow one as late.
// Shape: a ring over the 64-bit sequence, grown from 16 to 65,536 entries while the entry that it
// would overwrite is pending or younger than kRemember; at full size a pending probe that must make
// room is given out by the next expire(). Sequences are opened in ascending order, deadlines do not
// descend. Amortised constant time. Checked against a naive map in tests/property.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sonde/base/time.hpp"

namespace sonde::probe {

class ProbeTable {
 public:
  static constexpr std::size_t kInitial = 16;
  static constexpr std::size_t kMax = 65536;
  static constexpr Duration kRemember = 60s;

  ProbeTable() : ring_(kInitial) {}

  void open(std::uint64_t sequence, Instant sent_at, Instant deadline);

  // A better transmit time, for a probe that has no answer yet.
  void refine(std::uint64_t sequence, Instant transmitted_at) noexcept;
  void refine(std::uint64_t sequence, DeviceTime transmitted_at) noexcept;

  enum class State : std::uint8_t { unknown, pending, expired, refused, answered, failed };
  struct Found {
    State before = State::unknown;  // unknown: never opened, or forgotten
    Instant sent_at;
    Instant deadline;
    bool transmit_stamp = false;  // sent_at came from refine()
    DeviceTime device_sent{};     // zero: not known
  };
  // A reply: the probe is answered, whatever it was before, unless it failed.
  [[nodiscard]] Found answer(std::uint64_t sequence) noexcept;
  // An ICMP error: refused, unless it is answered or refused already.
  [[nodiscard]] Found refuse(std::uint64_t sequence) noexcept;
  // The same for an error that nothing proves. It stays pending until its deadline: somebody who
  // does not see the probe may have made the error up, and the answer is on its way.
  [[nodiscard]] Found doubt(std::uint64_t sequence) noexcept;
  // It was not sent after all: failed for good, unless somebody has reacted to it.
  [[nodiscard]] Found fail(std::uint64_t sequence) noexcept;

  struct Expired {
    std::uint64_t sequence = 0;
    Instant sent_at;
    Instant deadline;
  };
  // The oldest pending probe whose deadline is before `now`, now expired; call until nullopt. Those
  // in doubt are closed on the way, without a word.
  [[nodiscard]] std::optional<Expired> expire(Instant now) noexcept;

  [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
  [[nodiscard]] std::size_t pending() const noexcept { return pending_; }

 private:
  struct Entry {
    std::uint64_t sequence = 0;
    State state = State::unknown;
    bool transmit_stamp = false;
    bool awaited = false;  // State::pending, or in doubt
    Instant sent_at;
    Instant deadline;
    DeviceTime device_sent{};
  };
  [[nodiscard]] Entry& at(std::uint64_t sequence) noexcept {
    return ring_[sequence % ring_.size()];
  }
  [[nodiscard]] Entry* find(std::uint64_t sequence) noexcept;
  [[nodiscard]] Found settle(std::uint64_t sequence, State outcome, bool doubted = false) noexcept;
  [[nodiscard]] bool must_keep(const Entry& entry, Instant now) const noexcept;
  void grow();
  void close_oldest() noexcept;
  void find_oldest() noexcept;

  std::vector<Entry> ring_;         // sequence s at s mod size
  std::vector<Expired> displaced_;  // made room while pending
  std::uint64_t oldest_ = 0;        // the lowest pending sequence, if any is
  std::uint64_t newest_ = 0;
  std::size_t pending_ = 0;
};

}  // namespace sonde::probe
