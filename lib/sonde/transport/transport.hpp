// transport.hpp: what moves probes. Five verbs that every backend has, and what it turned away.
// Batches both ways; no allocation, virtual call or clock read per probe on that path.
// One thread calls them; only wake() may come from another thread or a signal handler.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sonde/base/time.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/probe/spec.hpp"
#include "sonde/transport/capabilities.hpp"

namespace sonde::transport {

// Bytes that a receive buffer takes for a probe beside its data: Linux counts some 768 for the
// answer, and as many for the transmit stamp.
inline constexpr std::size_t kReceiveOverhead = std::size_t{2} * 768;

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
  // The system's code where reading has failed since something was last read, or nothing was there;
  // 0: no. What came meanwhile is not known.
  [[nodiscard]] virtual int receive_error() const { return 0; }
};

}  // namespace sonde::transport
