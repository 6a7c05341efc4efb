// scenario_run.hpp: one scenario, run through the real engine, driver, session and statistics, over
// the simulated network. Out: everything that a listener was told.
#pragma once

#include "tests/support/recording_listener.hpp"
#include "tests/support/sim_scenario.hpp"

namespace sonde::test {

struct Ran {
  RecordingListener listener{};
  Instant started{};
  PingRun ping{};
  SimTransportConfig transport{};
  std::uint64_t send_attempts = 0;
};

[[nodiscard]] Ran run_scenario(const Scenario& scenario, net::Family family, SimSocket socket);

}  // namespace sonde::test
