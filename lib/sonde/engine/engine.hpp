// engine.hpp: what decides. No clock, no I/O: time and observations come in, probes and events go
// out. Spurious calls are harmless. Engine is what the driver (run/driver.hpp) calls; sessions add
// the targets and take the events.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "sonde/base/time.hpp"
#include "sonde/net/address.hpp"
#include "sonde/probe/event.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/probe/spec.hpp"

namespace sonde::engine {

class Engine {
 public:
  virtual ~Engine() = default;

  // The probes due now, at most out.size(); 0 when none. What is handed out counts as a slot used:
  // each must come back in on_sent().
  [[nodiscard]] virtual std::size_t next_probes(Instant now, std::span<probe::ProbeSpec> out) = 0;
  virtual void on_sent(std::span<const probe::SendReport> reports) = 0;
  virtual void on_observations(std::span<const probe::Observation> observations) = 0;
  // Expires probes. Call after on_observations(), so that what was read in time counts in time.
  virtual void on_tick(Instant now) = 0;
  // The earliest useful next call; nullopt: only an observation can change anything.
  [[nodiscard]] virtual std::optional<Instant> deadline() const = 0;
  [[nodiscard]] virtual bool done() const = 0;
};

// An engine with few targets that join one by one, and that tells every detail of every probe
// (ping, trace): what run/session works with. A sweep has its own, leaner ways (sweep.hpp).
class TargetedEngine : public Engine {
 public:
  // A target whose address is known now. `id` becomes ProbeId::target. In any order,
  // as names resolve; each id once.
  virtual void add_target(std::uint32_t id, const net::Address& address, Instant now) = 0;
  // There will be no more: done() may become true.
  virtual void close_targets() = 0;

  // What was concluded since the last call, oldest first; valid until the next call of any method.
  [[nodiscard]] virtual std::span<const probe::Event> take_events() = 0;
};

}  // namespace sonde::engine
