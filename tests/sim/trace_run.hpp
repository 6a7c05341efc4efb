// trace_run.hpp: one path, traced by the real engine and driver over the simulated network; what
// came out hop by hop, and the truth beside it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sonde/engine/trace_config.hpp"
#include "sonde/probe/event.hpp"
#include "tests/support/sim_path.hpp"
#include "tests/support/sim_transport.hpp"

namespace sonde::test {

struct TraceRan {
  net::Address destination;
  engine::TraceConfig config{};
  Instant started{};
  Instant ended{};
  std::vector<probe::Event> events{};
  probe::RejectCounts rejects{};
  std::vector<PathTruth> truth{};  // of each probe that was sent, in that order
  std::uint64_t waits = 0;
};

struct TraceSetup {
  engine::TraceConfig engine{};
  SimTransportConfig transport{};
  PathModel path{};
  net::Family family = net::Family::v4;
};

// Throws if it does not end, or spins.
[[nodiscard]] TraceRan run_trace(const TraceSetup& setup);

// What is known in the end of a probe: its last event that is no duplicate.
struct ProbeEnd {
  std::uint64_t sequence = 0;
  probe::Event last{};
};
// By TTL; in each by flow, query and sequence. Probes of the MTU search are left out.
[[nodiscard]] std::map<unsigned, std::vector<ProbeEnd>> probes_by_hop(const TraceRan& ran);
// Where that flow ended.
net::Ttl last_of(const TraceRan& ran, std::uint16_t flow);
// The one path_end.
[[nodiscard]] const probe::Event& end_of(const TraceRan& ran);

// What holds in every run; reports through doctest.
void check_trace_invariants(const TraceRan& ran);

}  // namespace sonde::test
