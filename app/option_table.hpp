// option_table.hpp: every option of the program, once. --help, the manual's option list, the
// completions and the command-line parser all read this table; nothing else names an option.
// Names are unique within a mode, and a letter has one meaning there; an option whose default or
// wording differs between modes has a row for each. Constant data, no start-up cost.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sonde::app {

enum class OptionId : std::uint8_t {
  adaptive,
  alive,
  allow,
  back,
  backoff,
  bell,
  broadcast,
  bypass_routing,
  classic,
  clock,
  color,
  completions,
  count,
  deadline,
  debug,
  df,
  dscp,
  dublin,
  ecn,
  elapsed,
  endless,
  extensions,
  file,
  first_ttl,
  flood,
  flow_label,
  flows,
  format,
  gap,
  generate,
  help,
  icmp_id,
  interface,
  interval,
  ipv4,
  ipv6,
  json,
  json_probes,
  loop,
  man_options,
  mark,
  max_ttl,
  merge,
  min_reachable,
  mtu,
  ndjson,
  no_multicast_loop,
  numeric,
  one_reply,
  order,
  output,
  outstanding,
  parallel,
  paris,
  pattern,
  pmtu,
  port,
  preload,
  print_schema,
  protocol,
  queries,
  quiet,
  random_payload,
  rate,
  record_route,
  resolve,
  resume,
  retry,
  shard,
  size,
  source,
  stats,
  sticky_source,
  summary_every,
  timeout,
  timestamp_option,
  timestamps,
  tos,
  transport,
  ttl,
  unreachable,
  until_replies,
  user_latency,
  vcount,
  verbose,
  version,
};

enum class Mode : std::uint8_t { ping = 1, trace = 2, sweep = 4 };
using Modes = std::uint8_t;  // Mode values, or-ed
inline constexpr Modes kEveryMode = 7;

enum class Value : std::uint8_t { none, optional, required };

// What a shell can offer for the value.
enum class Completion : std::uint8_t { nothing, choices, file, network_interface };

enum class Group : std::uint8_t { probes, timing, header, addressing, output, other };

enum class Visibility : std::uint8_t {
  everywhere,
  manual,    // in the manual and the completions, not in --help
  internal,  // generators for packagers
};

struct OptionTraits {
  std::string_view choices{};  // separated by spaces
  Completion completion = Completion::nothing;
  Visibility visibility = Visibility::everywhere;
  bool no_effect = false;  // accepted for scripts: what it asks for is always on, or nothing to us
  bool linux_only = false;
};

struct OptionSpec {
  OptionId id;
  char letter;            // 0: none
  std::string_view name;  // without dashes
  Value value;
  std::string_view value_name;
  std::string_view standard;  // the default, in words; empty: off
  std::string_view doc;       // one phrase, lower case, no full stop
  Group group;
  Modes modes;
  OptionTraits traits{};
};

// In the order of --help: by group, the most used first.
[[nodiscard]] std::span<const OptionSpec> option_table() noexcept;
[[nodiscard]] const OptionSpec& option(OptionId id) noexcept;
[[nodiscard]] const OptionSpec* find_option(Mode mode, std::string_view name) noexcept;
[[nodiscard]] const OptionSpec* find_option(Mode mode, char letter) noexcept;
[[nodiscard]] constexpr bool belongs_to(const OptionSpec& spec, Mode mode) noexcept {
  return (spec.modes & static_cast<Modes>(mode)) != 0;
}

[[nodiscard]] std::string_view group_title(Group group) noexcept;
// "-i, --interval": how messages name an option.
[[nodiscard]] std::string spelled(const OptionSpec& spec);

// The words that choose a mode, as the first argument. `built`: this version has it.
struct ModeWord {
  std::string_view word;
  std::optional<Mode> mode;  // nullopt: no mode of its own ("help"), or not in this version
  std::string_view doc;
  bool built = false;
};
[[nodiscard]] std::span<const ModeWord> mode_words() noexcept;

}  // namespace sonde::app
