#include "tests/sim/scenario_run.hpp"

#include "sonde/run/session.hpp"
#include "tests/support/fake_directory.hpp"

namespace sonde::test {
namespace {

stats::Target target_of(std::uint32_t id, const PingTarget& target) {
  return {.id = id, .input = target.address.to_text(), .address = target.address};
}

run::SessionConfig session_config(const PingRun& ping, const VirtualClock& clock) {
  run::SessionConfig config;
  config.start.clock = {.steady = clock.now(), .wall = clock.wall()};
  for (std::uint32_t id = 0; id < ping.targets.size(); ++id) {
    config.targets.push_back(target_of(id, ping.targets[id]));
    config.targets.back().address.reset();
  }
  config.deadline = ping.deadline;
  config.until_replies = ping.engine.until_replies;
  config.judge = [](std::span<const stats::TargetResult>, stats::EndReason) {
    return stats::Verdict{};
  };
  return config;
}

}  // namespace

Ran run_scenario(const Scenario& scenario, net::Family family, SimSocket socket) {
  Ran ran{.ping = ping_of(scenario, family), .transport = transport_of(scenario, socket)};
  VirtualClock clock;
  ran.started = clock.now();
  SeededRng rng(1);
  SimNetwork network(network_of(scenario, family));
  SimTransport transport(ran.transport, network, clock, rng);
  run::Control control;
  if (ran.ping.stop_at) {
    transport.at(clock.now() + *ran.ping.stop_at, [&] {
      control.stop = true;
      transport.wake();
    });
  }
  FakeDirectory directory;
  for (std::uint32_t id = 0; id < ran.ping.targets.size(); ++id) {
    directory.will_know(clock.now() + ran.ping.targets[id].known_at,
                        target_of(id, ran.ping.targets[id]));
  }
  auto engine = engine::PingEngine::make(ran.ping.engine).value();
  stats::Listener* const listener = &ran.listener;
  run::Session session(session_config(ran.ping, clock), {.engine = engine,
                                                         .transport = transport,
                                                         .clock = clock,
                                                         .directory = directory,
                                                         .control = control,
                                                         .listeners = std::span(&listener, 1)});
  session.run();
  ran.send_attempts = transport.sends();
  return ran;
}

}  // namespace sonde::test
