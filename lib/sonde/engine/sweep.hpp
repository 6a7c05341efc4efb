// sweep.hpp: the engine of `sonde sweep`: echo requests to any number of targets.
// Targets are indices into a net::AddressList that may grow while the sweep runs; names join when
// they get their address. Order: as they stand, or a permutation of all (known once the list is
// closed); a shard takes every N-th of that order.
// Modes (probe::SweepMode). until_answer: a target gets a probe, and after its time-out another one
// with a longer time-out, until one is answered, the retries are used up or the system refuses to
// send. count, loop: that many probes a target, or without end, an interval apart, each on its own.
// All probes share one rate. A probe that the system has no room for is sent again, after a pause.
// A probe's sequence is the count of all sends, so a reply finds it in constant time
// (sweep_flights.hpp). Kept a target: 2 bits; with rounds also 4 bytes and a queue entry of 16.
// No allocation a probe once queues and ring have grown.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <unordered_set>
#include <vector>

#include "sonde/base/paged_array.hpp"
#include "sonde/base/permutation.hpp"
#include "sonde/base/ring_queue.hpp"
#include "sonde/engine/config_error.hpp"
#include "sonde/engine/engine.hpp"
#include "sonde/engine/sweep_flights.hpp"
#include "sonde/net/address_list.hpp"
#include "sonde/probe/ip_options.hpp"
#include "sonde/probe/rate_pacer.hpp"
#include "sonde/probe/state_map.hpp"
#include "sonde/probe/sweep_event.hpp"

namespace sonde::engine {

struct SweepConfig {
  static constexpr Duration kLongest = 1h;  // time-out
  static constexpr double kBackoff = 1.5;

  probe::SweepMode mode = probe::SweepMode::until_answer;
  Duration timeout = 500ms;                  // of a target's first probe
  std::uint32_t retries = 3;                 // until_answer
  double backoff = kBackoff;                 // until_answer: each retry waits so many times longer
  std::uint32_t count = 1;                   // mode count: probes a target
  Duration interval = 1s;                    // count, loop: between probes to one target
  std::optional<std::uint64_t> rate = 1000;  // probes a second in all; absent: no limit
  std::optional<std::uint64_t> random_order{};  // its seed; absent: in input order
  std::uint32_t shard = 1;                      // of `shards`, from 1
  std::uint32_t shards = 1;
  probe::IpOptions ip{};
  std::vector<std::byte> payload{};  // the template; tokens overwrite its start
  bool authenticate = true;
};

class SweepEngine final : public Engine {
 public:
  // `targets` outlives the engine. Errors: a time-out, count, interval or rate of 0, a back-off
  // under 1, a time-out of more than an hour (longer ones of retries are cut to that), a shard that
  // is not one of `shards`.
  [[nodiscard]] static std::expected<SweepEngine, ConfigError> make(
      SweepConfig config, const net::AddressList& targets);

  // The list has grown.
  void extend(Instant now);
  // It will not grow any more: done() may become true.
  void close_targets();
  // A target of the list that an earlier run has settled: never probed. Before anything was sent.
  void skip(std::uint32_t target);
  // A name of the list has got its address, or never will.
  void resolved(std::uint32_t target);
  void failed(std::uint32_t target, Instant now);

  [[nodiscard]] std::size_t next_probes(Instant now, std::span<probe::ProbeSpec> out) override;
  void on_sent(std::span<const probe::SendReport> reports) override;
  void on_observations(std::span<const probe::Observation> observations) override;
  void on_tick(Instant now) override;
  [[nodiscard]] std::optional<Instant> deadline() const override;
  [[nodiscard]] bool done() const override;
  // What was concluded since the last call, oldest first; valid until the next call of any method.
  [[nodiscard]] std::span<const probe::SweepEvent> take_events();

  [[nodiscard]] std::optional<std::uint64_t> rate() const noexcept { return pacer_.rate(); }
  void set_rate(std::uint64_t rate, Instant now) noexcept { pacer_.set_rate(rate, now); }
  // Targets that stand in the list and whose turn has not come. With a random order 0: it begins
  // when the list is whole.
  [[nodiscard]] std::uint64_t waiting() const noexcept;
  // Targets of this shard, as far as the list is known, those to be skipped too.
  [[nodiscard]] std::uint64_t planned() const noexcept;
  // Answers to probes so old that they are no longer known.
  [[nodiscard]] std::uint64_t forgotten() const noexcept { return forgotten_; }

 private:
  using Flight = SweepFlights::Flight;
  struct Task {  // a probe to be sent
    std::uint32_t target = 0;
    std::uint32_t round = 0;
  };
  struct Repeat {  // count, loop: the next probe of a target
    Task task;
    Instant due{};
  };
  SweepEngine(SweepConfig config, const net::AddressList& targets);
  // Each finds the next probe of its kind that is due, and writes its address; false: none.
  [[nodiscard]] bool next_task(Instant now, Task& task, net::Address& destination);
  [[nodiscard]] bool next_again(Task& task, net::Address& destination) noexcept;
  [[nodiscard]] bool next_retry(Task& task, net::Address& destination) noexcept;
  [[nodiscard]] bool next_new(Instant now, Task& task, net::Address& destination);
  [[nodiscard]] bool next_joined(Task& task, net::Address& destination) noexcept;
  [[nodiscard]] bool next_repeat(Instant now, Task& task, net::Address& destination);
  [[nodiscard]] bool has_new() const noexcept;
  [[nodiscard]] std::uint32_t index_at(std::uint64_t position) const noexcept;
  void schedule_after(const Task& task, Instant due);
  [[nodiscard]] std::uint8_t level_of(std::uint32_t round) const noexcept;
  probe::SweepEvent& add_event(probe::SweepEventKind kind, const Flight& flight, Instant at);
  // With what an answer says of itself and its RTT.
  probe::SweepEvent& add_answer(probe::SweepEventKind kind, const Flight& flight,
                                const probe::Observation& seen);
  void withdraw(const probe::SendReport& report);
  void refuse(const probe::SendReport& report, const probe::SendError& error);
  void note_room(Instant at, bool full);
  void on_reply(const probe::Observation& reply, Flight& flight);
  void on_error(const probe::Observation& error, Flight& flight);
  void on_failure(const probe::Observation& failure, Flight& flight);
  // Its time-out passed, or a reply came: no more waiting.
  void time_out(std::uint64_t number, Flight& flight);
  void close(std::uint64_t number, const Flight& flight, Instant at);
  void answered(std::uint32_t target);
  // The last event tells that its target is settled.
  void settle(probe::SweepState state);
  void give_up(std::uint32_t target, Instant at);  // a name without an address

  SweepConfig config_;
  const net::AddressList* targets_;
  SweepFlights flights_;
  probe::RatePacer pacer_;
  std::optional<Permutation> order_{};
  probe::StateMap states_;
  PagedArray<std::uint32_t> outcomes_;  // count: probes of a target that have their outcome
  std::uint64_t position_;              // the next of the order, in this shard
  Instant extended_at_{};
  std::vector<bool> skip_;  // by index; may be shorter than the list
  bool closed_ = false;

  RingQueue<Task> again_;                          // found no room in the system
  RingQueue<Task> retries_;                        // until_answer
  RingQueue<Repeat> repeats_;                      // count, loop; by due
  RingQueue<std::uint32_t> joined_;                // names that got their address after their turn
  std::unordered_set<std::uint32_t> passed_over_;  // names without an address at their turn

  Instant blocked_until_ = Instant::min();
  Duration pause_{};                        // the last one; 0: the last send had room
  std::optional<Instant> blocked_since_{};  // nothing was sent since
  bool under_way_ = false;                  // others were, when the last ones were handed out
  std::uint64_t forgotten_ = 0;

  std::vector<probe::SweepEvent> events_;  // not yet taken
  std::vector<probe::SweepEvent> taken_;   // what take_events() showed last
  std::vector<probe::Observation> seen_;   // of error events, in their order
  std::vector<probe::Observation> seen_taken_;
  std::vector<probe::SendError> send_errors_;  // of send_failed events, in their order
  std::vector<probe::SendError> send_errors_taken_;
};

}  // namespace sonde::engine
