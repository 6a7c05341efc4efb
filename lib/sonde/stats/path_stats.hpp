// path_stats.hpp: what a trace learned of one target's path, from its events alone.
// Hops by TTL, in each the outcomes by probe: a responder belongs to a probe, not to a hop. What
// was sent beyond the destination is in the target's counts, but makes no hop. For counting, an
// ICMP error is the answer that was asked for: Counts::received.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "sonde/net/address.hpp"
#include "sonde/probe/event.hpp"
#include "sonde/stats/target_stats.hpp"

namespace sonde::stats {

// One probe and what became of it, as it is known now.
struct HopProbe {
  std::uint64_t sequence = 0;
  probe::PathStep step{};
  // sent: still out. reply, late or error: answered, and `observation` has who and what.
  probe::EventKind outcome = probe::EventKind::sent;
  Instant sent_at{};
  std::optional<Duration> rtt{};
  probe::Observation observation{};
  std::optional<probe::SendError> send_error{};
};

struct Hop {
  net::Ttl ttl{};
  TargetStats stats{};
  std::vector<HopProbe> probes{};  // by sequence
  std::optional<probe::PathMtu> mtu{};
  // Every probe of it that will be sent has its outcome.
  bool complete = false;
};

class PathStats {
 public:
  PathStats() = default;
  // `queries`: probes a hop, of all flows.
  PathStats(const net::Address& destination, std::uint32_t queries)
      : destination_(destination), queries_(queries) {}

  void apply(const probe::Event& event);

  // By TTL, up to the destination or the last one that was asked; what lies behind the last answer
  // and is silent is there too, at most `gap` of it.
  [[nodiscard]] std::span<const Hop> hops() const noexcept { return hops_; }
  [[nodiscard]] bool reached() const noexcept;
  // The nearest TTL at which the destination answered.
  [[nodiscard]] std::optional<net::Ttl> distance() const noexcept;
  [[nodiscard]] std::optional<probe::PathEnd> end() const noexcept { return end_; }
  // The smallest MTU of the path, where it was looked for.
  [[nodiscard]] std::optional<probe::PathMtu> mtu() const noexcept;

 private:
  net::Address destination_{};
  std::uint32_t queries_ = 0;
  std::vector<Hop> hops_;
  std::optional<probe::PathEnd> end_;
};

}  // namespace sonde::stats
