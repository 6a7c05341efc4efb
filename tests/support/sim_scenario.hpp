// sim_scenario.hpp: a scenario file: a network, what ping shall do, what goes wrong, what must come
// out. JSON with comments; the format is described in tests/sim/scenarios/README.md. Keys that
// nobody knows are errors (std::runtime_error), so that a typing mistake does not test nothing.
// load_scenario() reads the file; network_of() and the others give their part for one family.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sonde/engine/ping.hpp"
#include "tests/support/sim_network.hpp"
#include "tests/support/sim_transport.hpp"

namespace sonde::test {

struct Scenario {
  std::string name;  // the file's, without its ending
  std::string about;
  std::vector<net::Family> families;
  std::vector<SimSocket> sockets;
  nlohmann::json network;
  nlohmann::json ping;
  nlohmann::json transport;
  nlohmann::json expect;
  nlohmann::json expect_v6;     // laid over `expect`
  nlohmann::json expect_dgram;  // the same
};

[[nodiscard]] Scenario load_scenario(const std::filesystem::path& file);
[[nodiscard]] std::vector<Scenario> load_scenarios(const std::filesystem::path& folder);

struct PingTarget {
  net::Address address;
  Duration known_at{};  // after the start
};
struct PingRun {
  engine::PingConfig engine{};
  std::vector<PingTarget> targets{};
  std::optional<Duration> deadline{};
  std::optional<Duration> stop_at{};
};

[[nodiscard]] NetworkModel network_of(const Scenario& scenario, net::Family family);
[[nodiscard]] PingRun ping_of(const Scenario& scenario, net::Family family);
[[nodiscard]] SimTransportConfig transport_of(const Scenario& scenario, SimSocket socket);
[[nodiscard]] nlohmann::json expectation_of(const Scenario& scenario, net::Family family,
                                            SimSocket socket);

}  // namespace sonde::test
