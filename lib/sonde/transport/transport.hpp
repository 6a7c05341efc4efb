// transport.hpp: what moves probes. Five verbs that every backend has, and what it turned away.
// Batches both ways; no allocation, virtual call or clock read per probe on that path.
// One thread calls them; only wake() may come from another thread or a signal handler.
#pragma once

#include <cstdint>
#include <span>

#include "sonde/base/time.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/probe/spec.hpp"
#include "sonde/transport/capabilities.hpp"

namespace sonde::transport {

class Transport {
 public:
  virtual ~Transport() = default;

  [[nodiscard]] virtual Capabilities capabilities() const = 0;
  // Tries each spec once, in order; never blocks. reports.size() >= specs.size(). Returns
  // specs.size(): one report each, with the reason where the system refused.
  virtual std::size_t send(std::span<const probe::ProbeSpec> specs,
                           std::span<probe::SendReport> reports) = 0;
  // Moves out all that has arrived, at most out.size(); 0 when nothing is there. Transmit stamps
  // come before the replies to the same probes where the system delivers them so.
  [[nodiscard]] virtual std::size_t receive(std::span<probe::Observation> out) = 0;
  // Returns when something may have arrived, at `until`, or after wake(). Instant::max(): for ever.
  virtual void wait(Instant until) = 0;
  virtual void wake() noexcept = 0;
  // Strangers' and forged packets so far.
  [[nodiscard]] virtual probe::RejectCounts rejects() const = 0;
  // Packets that the system had for us and dropped, because they were not fetched in time.
  [[nodiscard]] virtual std::uint64_t dropped() const { return 0; }
};

}  // namespace sonde::transport
