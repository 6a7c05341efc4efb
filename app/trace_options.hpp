// trace_options.hpp: what was typed behind `sonde trace`. As options.hpp. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "app/options.hpp"
#include "sonde/transport/open_trace.hpp"

namespace sonde::app {

struct TraceOptions : EchoOptions {
  std::optional<transport::TraceProtocol> protocol{};
  std::optional<std::uint8_t> queries{};
  std::optional<net::Ttl> first_ttl{};
  std::optional<net::Ttl> max_ttl{};
  std::optional<std::uint8_t> gap{};
  std::optional<std::uint32_t> parallel{};
  std::optional<std::uint32_t> rate{};
  std::optional<std::uint16_t> flows{};
  bool paris = false;
  bool classic = false;
  bool dublin = false;
  bool mtu = false;
  bool extensions = false;
  bool back = false;
};

[[nodiscard]] std::expected<TraceOptions, UsageError> read_trace_options(const CommandLine& line);

}  // namespace sonde::app
