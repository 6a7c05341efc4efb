// trace.hpp: the engine of `sonde trace`: many TTLs at once, to some targets.
// Order of the probes: query 1 of every TTL first, so that the destination is found in one round
// trip, then the further queries of the hops before it. Hops that can still matter are: up to the
// nearest TTL at which the destination answered; with none, up to `gap` hops behind the last that
// answered, or up to twice as far as that. Never more than 3 probes out at one TTL and flow,
// `parallel` in all, nor faster than `rate`. How long a silent probe is waited for is scaled by the
// RTTs seen, and judged anew with every answer: the further the path is known to go on behind a
// hop, the sooner its silence is believed; silence at the end, which decides where the trace ends,
// is believed last. An answer that comes after its time-out is late, and counts. A target is done
// when all its probes that matter have their outcome: then path_end. Sequences start at 1 and count
// all probes of a target. No allocation a probe once its tables have grown.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <vector>

#include "sonde/engine/config_error.hpp"
#include "sonde/engine/engine.hpp"
#include "sonde/engine/trace_config.hpp"
#include "sonde/engine/trace_path.hpp"

namespace sonde::engine {

class TraceEngine final : public TargetedEngine {
 public:
  // Errors: first_ttl 0 or above max_ttl, queries, flows, parallel or time-out of 0, a rate that is
  // not positive.
  [[nodiscard]] static std::expected<TraceEngine, ConfigError> make(TraceConfig config);

  // Its first probe is due at once. In any order of ids; each once.
  void add_target(std::uint32_t id, const net::Address& address, Instant now) override;
  void close_targets() override { closed_ = true; }
  [[nodiscard]] std::size_t next_probes(Instant now, std::span<probe::ProbeSpec> out) override;
  void on_sent(std::span<const probe::SendReport> reports) override;
  void on_observations(std::span<const probe::Observation> observations) override;
  void on_tick(Instant now) override;
  [[nodiscard]] std::optional<Instant> deadline() const override;
  [[nodiscard]] std::span<const probe::Event> take_events() override;
  [[nodiscard]] bool done() const override;

 private:
  explicit TraceEngine(TraceConfig config);
  [[nodiscard]] TracePath* find(std::uint32_t id) noexcept;
  [[nodiscard]] bool room() const noexcept;  // for one more probe out
  void back_off(Instant now) noexcept;

  std::unique_ptr<const TraceConfig> config_;  // the paths point to it
  std::vector<TracePath> paths_;               // by id
  std::size_t turn_ = 0;                       // whose turn it is to send
  Duration slot_;                              // between two probes
  Instant next_slot_ = Instant::min();
  Duration pause_{};  // while the system has no room for probes
  bool closed_ = false;
  std::vector<probe::Event> events_;  // not yet taken
  std::vector<probe::Event> taken_;   // what take_events() showed last
};

}  // namespace sonde::engine
