// driver.hpp: THE loop's body. It carries probes from an engine to a transport and observations
// back, and is the only code that calls either. It holds buffers, no policy and no clock.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "sonde/base/time.hpp"
#include "sonde/engine/engine.hpp"
#include "sonde/transport/transport.hpp"

namespace sonde::run {

class Driver {
 public:
  static constexpr std::size_t kBatch = 64;

  // Both outlive the driver.
  Driver(engine::Engine& engine, transport::Transport& transport)
      : engine_(engine), transport_(transport) {}

  // Sends what is due at `now` (just read, once a turn: arrivals carry their own times) and takes
  // in what has arrived. Probes expire only when all that has arrived was taken in. Never waits.
  // False when there was nothing to do. The engine's events are the caller's to take.
  bool step(Instant now);
  // Waits for an arrival, the engine's next deadline, `limit` or a wake().
  void wait(std::optional<Instant> limit);

 private:
  bool send_due(Instant now);
  bool receive_arrived();

  engine::Engine& engine_;
  transport::Transport& transport_;
  unsigned undrained_ = 0;  // turns in a row that left arrivals behind
  // Some 20 KiB, which is much of a stack that a caller made small.
  std::vector<probe::ProbeSpec> specs_ = std::vector<probe::ProbeSpec>(kBatch);
  std::vector<probe::SendReport> reports_ = std::vector<probe::SendReport>(kBatch);
  std::vector<probe::Observation> observations_ = std::vector<probe::Observation>(kBatch);
};

}  // namespace sonde::run
