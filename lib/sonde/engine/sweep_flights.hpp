// sweep_flights.hpp: a sweep's probes in flight, and the recently closed ones, so that a second
// reply is known as a duplicate and a slow one as late.
// Shape: a ring over the send number (1, 2, 3 ...), 24 bytes a flight. It grows while the flight
// that it would overwrite is open, without bound; while that one is unanswered and younger than
// kRemember, up to kTail; and while it is answered and as young, up to kAnsweredTail, which keeps a
// sweep whose replies come at once within the processor's cache. Time-outs come in a few levels;
// those of one level end in the order of their sends, so each level needs only to know its oldest
// open flight. Amortised constant time. Checked against a naive map in tests/property.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sonde/base/time.hpp"

namespace sonde::engine {

class SweepFlights {
 public:
  static constexpr std::size_t kInitial = 1024;
  static constexpr std::size_t kTail = 262144;
  static constexpr std::size_t kAnsweredTail = 8192;
  static constexpr Duration kRemember = 10s;

  enum class State : std::uint8_t {
    withdrawn,  // it was not sent after all, and does not count; also: a slot never used
    issued,     // handed out to be sent
    pending,
    refused,  // an error came
    failed,   // the system would not send it
    dropped,  // the system took it, and had no room for it then
    expired,
    answered,
  };
  struct Flight {
    Instant sent_at{};
    std::uint32_t target = 0;
    std::uint32_t round = 0;
    State state = State::withdrawn;
    bool open = false;  // its time-out has not passed, and no reply came
    std::uint8_t level = 0;
    // How long after sent_at the kernel says that it left; 0: it did not say.
    std::uint32_t left_after_ns = 0;
  };

  // The time-out of each level; at most 256.
  explicit SweepFlights(std::vector<Duration> timeouts);

  // The number of the new flight.
  std::uint64_t open(std::uint32_t target, std::uint32_t round, std::uint8_t level, Instant now);
  // Null: never opened, or forgotten.
  [[nodiscard]] Flight* find(std::uint64_t number) noexcept;
  // No more waiting for this one. Only for an open one.
  void close(std::uint64_t number) noexcept;
  [[nodiscard]] Duration timeout(std::uint8_t level) const noexcept { return timeouts_[level]; }
  [[nodiscard]] Instant deadline(const Flight& flight) const noexcept {
    return flight.sent_at + timeouts_[flight.level];
  }
  // The number of an open flight whose deadline is before `now`; of several any.
  [[nodiscard]] std::optional<std::uint64_t> overdue(Instant now) const noexcept;
  // The earliest deadline of an open flight.
  [[nodiscard]] std::optional<Instant> next_deadline() const noexcept;
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }
  [[nodiscard]] std::size_t levels() const noexcept { return timeouts_.size(); }

 private:
  struct Level {
    std::uint64_t oldest = 0;  // its first open flight, while it has one
    std::size_t waiting = 0;
  };
  [[nodiscard]] Flight& at(std::uint64_t number) noexcept {
    return ring_[number & (ring_.size() - 1)];
  }
  [[nodiscard]] const Flight& at(std::uint64_t number) const noexcept {
    return ring_[number & (ring_.size() - 1)];
  }
  [[nodiscard]] bool must_keep(const Flight& flight, Instant now) const noexcept;
  void grow();

  std::vector<Duration> timeouts_;
  std::vector<Level> levels_;
  std::vector<Flight> ring_;  // flight n at n mod size, a power of two
  std::uint64_t next_ = 1;
  std::size_t waiting_ = 0;
};

}  // namespace sonde::engine
