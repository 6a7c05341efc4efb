// sweep_options.hpp: what was typed after `sonde sweep`: values typed and in range. Whether they go
// together is resolve_sweep's business. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "app/options.hpp"

namespace sonde::app {

// --order: as given, or a permutation of everything; the seed makes the same one again.
struct SweepOrder {
  bool random = false;
  std::optional<std::uint64_t> seed{};
};

// --shard I/N.
struct Shard {
  std::uint32_t index = 1;  // 1 to count
  std::uint32_t count = 1;
};

// --rate: probes a second over all targets; absent: max.
struct Rate {
  std::optional<std::uint64_t> per_second{};
};

// --allow: what a sweep does only when asked.
struct Allowed {
  bool many = false;  // more than 65536 targets
  bool fast = false;  // more than 10000 probes a second
  bool multicast = false;
  bool zero = false;  // 0.0.0.0/8
};

struct SweepStats {
  bool totals = false;
  bool percentiles = false;
};

struct SweepOptions : EchoOptions {
  std::optional<std::uint64_t> vcount{};
  bool loop = false;
  std::optional<std::uint32_t> retry{};
  std::optional<double> backoff{};
  std::optional<std::uint64_t> min_reachable{};
  SweepOrder order{};
  std::optional<Shard> shard{};
  std::optional<Rate> rate{};
  std::optional<std::string> file{};
  bool generate = false;
  Allowed allowed{};
  bool alive = false;
  bool unreachable = false;
  bool elapsed = false;
  std::optional<Duration> summary_every{};
  SweepStats stats{};
  bool json_probes = false;
  std::optional<std::string> resume{};
  bool merge = false;
};

[[nodiscard]] std::expected<SweepOptions, UsageError> read_sweep_options(const CommandLine& line);

}  // namespace sonde::app
