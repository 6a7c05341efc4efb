// driver.hpp: THE loop's body. It carries probes from an engine to a transport and observations
// back, and is the only code that calls either. It holds buffers, no policy and no clock.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <span>

#include "sonde/base/clock.hpp"
#include "sonde/engine/engine.hpp"
#include "sonde/transport/transport.hpp"

namespace sonde::run {

class Driver {
 public:
  static constexpr std::size_t kBatch = 64;
  using EventSink = std::function<void(std::span<const probe::Event>)>;

  // All three outlive the driver.
  Driver(engine::Engine& engine, transport::Transport& transport, const Clock& clock)
      : engine_(engine), transport_(transport), clock_(clock) {}

  // Sends what is due, takes in what has arrived, passes on the events. Never waits. False when
  // there was nothing to do.
  bool step(const EventSink& events);
  // Waits for an arrival, the engine's next deadline, `limit` or a wake().
  void wait(std::optional<Instant> limit);

 private:
  bool send_due(Instant now);
  bool receive_arrived();

  engine::Engine& engine_;
  transport::Transport& transport_;
  const Clock& clock_;
  std::array<probe::ProbeSpec, kBatch> specs_{};
  std::array<probe::SendReport, kBatch> reports_{};
  std::array<probe::Observation, kBatch> observations_{};
};

}  // namespace sonde::run
