// options.hpp: what was typed, as one plain struct a mode. Values are typed and in range; whether
// they go together, and what the defaults are, is resolve_options' business. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "app/cli.hpp"
#include "app/usage_error.hpp"
#include "sonde/base/time.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/transport/open.hpp"

namespace sonde::app {

enum class Format : std::uint8_t { text, json, ndjson };
enum class When : std::uint8_t { automatic, always, never };
enum class Stamping : std::uint8_t { off, local, epoch };
enum class TimestampOption : std::uint8_t { only, and_address };  // RFC 791, flags 0 and 1
struct TimestampRequest {
  TimestampOption what = TimestampOption::only;
  std::uint8_t slots = 0;  // hops; 0: as many as there is room for
};

struct MoreStats {
  bool percentiles = false;
  bool jitter = false;
};

// What every mode that sends echo requests has.
struct EchoOptions {
  // Probes.
  std::optional<std::uint64_t> count{};
  std::optional<std::uint32_t> size{};
  std::optional<std::vector<std::byte>> pattern{};
  bool random_payload = false;
  std::optional<net::Port> port{};
  // Timing.
  std::optional<Duration> interval{};
  std::optional<Duration> timeout{};
  std::optional<Duration> deadline{};
  // IP header.
  std::optional<net::Ttl> ttl{};
  std::optional<net::Tos> tos{};
  std::optional<std::uint8_t> dscp{};
  std::optional<std::uint8_t> ecn{};
  std::optional<transport::PathMtu> path_mtu{};
  bool df = false;
  std::optional<net::FlowLabel> flow_label{};
  // Addresses and routes.
  bool ipv4 = false;
  bool ipv6 = false;
  std::optional<std::string> source{};
  std::optional<std::string> interface{};
  bool broadcast = false;
  std::optional<std::uint32_t> mark{};
  transport::Backend backend = transport::Backend::automatic;
  // Output.
  bool quiet = false;
  Stamping stamps = Stamping::off;
  bool numeric = false;
  bool resolve = false;
  bool json = false;
  bool ndjson = false;
  std::optional<Format> format{};
  std::optional<std::string> output{};
  When color = When::automatic;
  bool verbose = false;

  std::vector<std::string> targets{};
};

// What an RTT is measured with.
enum class Stopwatch : std::uint8_t { kernel, hardware, steady };

struct PingOptions : EchoOptions {
  bool endless = false;
  bool one_reply = false;
  std::optional<std::uint64_t> until_replies{};
  bool flood = false;
  bool adaptive = false;
  std::optional<std::uint32_t> preload{};
  std::optional<std::uint8_t> record_route{};  // slots
  std::optional<TimestampRequest> timestamp_option{};
  std::optional<net::IcmpIdent> ident{};
  bool no_multicast_loop = false;
  bool bypass_routing = false;
  bool bell = false;
  Stopwatch clock = Stopwatch::kernel;
  MoreStats stats{};
};

// One option of EchoOptions; any other leaves them as they are.
[[nodiscard]] std::optional<UsageError> set_echo_option(const GivenOption& given,
                                                        EchoOptions& options);

[[nodiscard]] std::expected<PingOptions, UsageError> read_ping_options(const CommandLine& line);

}  // namespace sonde::app
