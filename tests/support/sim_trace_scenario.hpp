// sim_trace_scenario.hpp: a scenario file of a trace: a path, what trace shall do, what must come
// out. JSON with comments; the format is described in tests/sim/scenarios/README.md. Unknown keys
// are errors (std::runtime_error).
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sonde/engine/trace_config.hpp"
#include "tests/support/sim_path.hpp"
#include "tests/support/sim_transport.hpp"

namespace sonde::test {

struct TraceScenario {
  std::string name;
  std::string about;
  std::vector<net::Family> families;
  std::vector<SimSocket> sockets;
  nlohmann::json path;
  nlohmann::json destination;
  nlohmann::json trace;
  nlohmann::json transport;
  nlohmann::json expect;
  nlohmann::json expect_v6;     // laid over `expect`
  nlohmann::json expect_dgram;  // the same
  std::uint64_t seed = 1;
};

// The files whose names begin with "trace_".
[[nodiscard]] bool is_trace_scenario(const std::filesystem::path& file);
[[nodiscard]] TraceScenario load_trace_scenario(const std::filesystem::path& file);
[[nodiscard]] std::vector<TraceScenario> load_trace_scenarios(const std::filesystem::path& folder);

// Routers are numbered as they stand in the file: 198.51.100.N and 2001:db8:ff::N unless given; the
// destination is 192.0.2.1 and 2001:db8::1 unless given.
[[nodiscard]] PathModel path_of(const TraceScenario& scenario);
[[nodiscard]] engine::TraceConfig trace_of(const TraceScenario& scenario, net::Family family);
[[nodiscard]] SimTransportConfig transport_of(const TraceScenario& scenario, SimSocket socket);
[[nodiscard]] nlohmann::json expectation_of(const TraceScenario& scenario, net::Family family,
                                            SimSocket socket);

}  // namespace sonde::test
