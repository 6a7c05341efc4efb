// path_stats.hpp: what a trace learned of one target's path, from its events alone.
// Hops by TTL, in each the outcomes by probe: a responder belongs to a probe, not to a hop. What
// was sent beyond the destination is in the target's counts, but makes no hop. For counting, an
// ICMP error is the answer that was asked for: Counts::received, or late.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sonde/net/address.hpp"
#include "sonde/probe/event.hpp"
#include "sonde/stats/target_stats.hpp"

namespace sonde::stats {

// One probe and what became of it, as it is known now.
struct HopProbe {
  probe::Event last{};  // sent: still out. send_failed, timeout, reply, late or error: its outcome
  std::uint32_t duplicates = 0;

  [[nodiscard]] std::uint64_t sequence() const noexcept { return last.probe.sequence; }
  [[nodiscard]] const probe::PathStep& step() const noexcept { return last.step; }
  // Somebody said something: last.observation has who and what.
  [[nodiscard]] bool answered() const noexcept;
  // There was no room for it: it was sent again, under another sequence.
  [[nodiscard]] bool made_up_for() const noexcept;
};

struct Hop {
  net::Ttl ttl{};
  TargetStats stats{};             // of its queries
  std::vector<HopProbe> probes{};  // by sequence; query 0: only for the path MTU
  std::optional<probe::PathMtu> mtu{};
  // Every query of it has its outcome. Probes for the path MTU may follow.
  bool complete = false;
};

struct PathLimits {
  std::uint32_t queries = 0;  // a hop, of all flows
  std::uint16_t flows = 1;
  std::uint8_t gap = 0;  // silent hops in a row that end a path; 0: none do
};

class PathStats {
 public:
  PathStats() = default;
  PathStats(const net::Address& destination, const PathLimits& limits)
      : destination_(destination),
        limits_(limits),
        flows_(limits.flows > 1 ? limits.flows : 0),
        repeats_(limits.flows) {}

  void apply(const probe::Event& event);
  // The event as the target's own statistics count it, to be asked before apply(): whatever shows
  // that the probe got there is a reply.
  [[nodiscard]] probe::Event for_target(const probe::Event& event) const;

  // By TTL, up to where the path ends: at the destination, at the router that lets nothing pass, or
  // where the trace was given up; with several flows where the last of them ends, and without the
  // probes of a flow behind its own end; silent hops before that are there, too. While the trace
  // goes on, up to the last hop of which anything is known, and at most `gap` behind the last
  // answer; and as far as where somebody answers a flow for the third time and nobody new behind
  // it: that may prove to be a loop, which ends the path there.
  [[nodiscard]] std::span<const Hop> hops() const noexcept;
  [[nodiscard]] const Hop* find(net::Ttl ttl) const noexcept;
  [[nodiscard]] bool reached() const noexcept { return distance_.has_value(); }
  // The nearest TTL at which the destination answered.
  [[nodiscard]] std::optional<net::Ttl> distance() const noexcept { return distance_; }
  [[nodiscard]] std::optional<probe::PathEnd> end() const noexcept { return end_; }
  // The destination answered a query of that flow.
  [[nodiscard]] bool reached_by(std::uint16_t flow) const noexcept;
  // How that flow ended; nullopt: not yet, or there is but one.
  [[nodiscard]] std::optional<probe::PathEnd> end_of(std::uint16_t flow) const noexcept;
  // The last hop that belongs to the way of that flow, as far as it is known.
  [[nodiscard]] std::optional<net::Ttl> last_of(std::uint16_t flow) const noexcept;
  // The hop with the smallest MTU, of those whose MTU is known.
  [[nodiscard]] const Hop* narrowest() const noexcept;
  // The flow that the MTU is looked for in.
  [[nodiscard]] std::uint16_t mtu_flow() const noexcept { return mtu_flow_; }
  // The farthest hop of that flow that packets pass or arrive at, if its MTU is not known; nullptr
  // otherwise.
  [[nodiscard]] const Hop* mtu_unknown_at() const noexcept;
  // That smallest MTU, if the farthest hop's is known, too: then it is the path's, as far as that
  // answers.
  [[nodiscard]] std::optional<probe::PathMtu> mtu() const noexcept;
  // The weakest clock that any of the RTTs was measured with.
  [[nodiscard]] std::optional<probe::RttClock> clock() const noexcept;

 private:
  // What is known of one flow among several.
  struct Flow {
    std::optional<net::Ttl> arrived{};  // the nearest TTL
    std::optional<net::Ttl> refused{};  // the nearest
    net::Ttl passed{0};                 // the farthest at which a probe was on its way
    std::optional<net::Ttl> last{};     // as flow_end says it
    std::optional<probe::PathEnd> end{};

    [[nodiscard]] std::optional<net::Ttl> limit() const noexcept;
  };
  [[nodiscard]] bool several_flows() const noexcept { return limits_.flows > 1; }
  void learn(const probe::Event& event);
  void shorten(std::uint16_t flow);
  [[nodiscard]] bool beyond(const probe::PathStep& step) const noexcept;
  [[nodiscard]] Hop& hop_at(net::Ttl ttl);
  void record(const probe::Event& event);
  [[nodiscard]] std::optional<net::Ttl> refused_at() const noexcept;
  [[nodiscard]] std::optional<net::Ttl> last() const noexcept;
  [[nodiscard]] std::optional<net::Ttl> known_until() const noexcept;
  [[nodiscard]] static std::optional<std::vector<net::Address>> passers_at(const Hop& hop,
                                                                           std::uint16_t flow);
  [[nodiscard]] std::optional<net::Ttl> repeats_at(std::uint16_t flow) const;

  net::Address destination_{};
  PathLimits limits_{};
  std::vector<Hop> hops_;  // by TTL
  std::optional<net::Ttl> distance_;
  std::optional<probe::PathEnd> end_;
  std::uint16_t mtu_flow_ = 0;
  std::vector<Flow> flows_;                       // if there are several
  std::vector<std::optional<net::Ttl>> repeats_;  // by flow: where a loop may end
  std::optional<net::Ttl> end_ttl_;               // the last hop of the path, as path_end says it
};

// An ICMP error that is no time exceeded: packets like this one go no further.
[[nodiscard]] bool refuses(const probe::Observation& seen) noexcept;

}  // namespace sonde::stats
