#include "app/trace_options.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "app/option_setters.hpp"
#include "app/values.hpp"

namespace sonde::app {

namespace {

using transport::TraceProtocol;

Parsed<TraceProtocol> parse_protocol(std::string_view text) {
  return choose(text, std::to_array<Choice<TraceProtocol>>({{"icmp", TraceProtocol::icmp},
                                                            {"udp", TraceProtocol::udp},
                                                            {"tcp", TraceProtocol::tcp}}));
}

template <typename T, std::uint64_t Least, std::uint64_t Most>
Parsed<T> parse_whole(std::string_view text) {
  const auto number = whole_number(text);
  if (!number || *number < Least || *number > Most) {
    return std::unexpected(UsageError{
        .message =
            fmt::format("{} is not a whole number from {} to {}", in_quotes(text), Least, Most),
        .hint = {}});
  }
  return static_cast<T>(*number);
}

// The hint of ping's -t has no place here.
Parsed<net::Ttl> parse_hop_limit(std::string_view text) {
  auto ttl = parse_ttl(text);
  if (!ttl) {
    ttl.error().hint.clear();
  }
  return ttl;
}

constexpr std::uint64_t kMostQueries = 100;
constexpr std::uint64_t kMostGap = 255;
constexpr std::uint64_t kMostParallel = 65536;
constexpr std::uint64_t kMostRate = 100'000;
constexpr std::uint64_t kMostFlows = 256;

using T = TraceOptions;
constexpr auto kSetters = std::to_array<OptionSetter<T>>({
    {OptionId::protocol, set_value<T, &T::protocol, parse_protocol>},
    {OptionId::queries, set_value<T, &T::queries, parse_whole<std::uint8_t, 1, kMostQueries>>},
    {OptionId::first_ttl, set_value<T, &T::first_ttl, parse_hop_limit>},
    {OptionId::max_ttl, set_value<T, &T::max_ttl, parse_hop_limit>},
    {OptionId::gap, set_value<T, &T::gap, parse_whole<std::uint8_t, 0, kMostGap>>},
    {OptionId::parallel, set_value<T, &T::parallel, parse_whole<std::uint32_t, 1, kMostParallel>>},
    {OptionId::rate, set_value<T, &T::rate, parse_whole<std::uint32_t, 1, kMostRate>>},
    {OptionId::flows, set_value<T, &T::flows, parse_whole<std::uint16_t, 1, kMostFlows>>},
    {OptionId::paris, set_flag<T, &T::paris>},
    {OptionId::classic, set_flag<T, &T::classic>},
    {OptionId::dublin, set_flag<T, &T::dublin>},
    {OptionId::mtu, set_flag<T, &T::mtu>},
    {OptionId::extensions, set_flag<T, &T::extensions>},
    {OptionId::back, set_flag<T, &T::back>},
});

Refusal set_trace_option(const GivenOption& given, TraceOptions& options) {
  // -P has another meaning to echo probes.
  const bool echo = given.spec->id != OptionId::protocol;
  if (auto refusal = echo ? set_echo_option(given, options) : std::nullopt) {
    return refusal;
  }
  return apply_option<T>(given, kSetters, options);
}

}  // namespace

std::expected<TraceOptions, UsageError> read_trace_options(const CommandLine& line) {
  TraceOptions options;
  for (const GivenOption& given : line.options) {
    if (auto refusal = set_trace_option(given, options)) {
      return std::unexpected(with_taken_target(*std::move(refusal), given, line, "trace"));
    }
  }
  options.targets = line.operands;
  return options;
}

}  // namespace sonde::app
