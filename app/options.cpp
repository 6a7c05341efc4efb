#include "app/options.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "app/option_setters.hpp"
#include "app/values.hpp"

namespace sonde::app {

namespace {

Parsed<transport::PathMtu> parse_path_mtu(std::string_view text) {
  using transport::PathMtu;
  return choose(text, std::to_array<Choice<PathMtu>>({{"do", PathMtu::do_df},
                                                      {"want", PathMtu::want},
                                                      {"probe", PathMtu::probe},
                                                      {"dont", PathMtu::dont}}));
}

Parsed<transport::Backend> parse_backend(std::string_view text) {
  using transport::Backend;
  return choose(
      text, std::to_array<Choice<Backend>>(
                {{"auto", Backend::automatic}, {"dgram", Backend::dgram}, {"raw", Backend::raw}}));
}

Parsed<Stopwatch> parse_stopwatch(std::string_view text) {
  return choose(text, std::to_array<Choice<Stopwatch>>({{"kernel", Stopwatch::kernel},
                                                        {"hardware", Stopwatch::hardware},
                                                        {"steady", Stopwatch::steady}}));
}

Parsed<Format> parse_format(std::string_view text) {
  return choose(text,
                std::to_array<Choice<Format>>(
                    {{"text", Format::text}, {"json", Format::json}, {"ndjson", Format::ndjson}}));
}

Parsed<When> parse_when(std::string_view text) {
  return choose(text,
                std::to_array<Choice<When>>(
                    {{"auto", When::automatic}, {"always", When::always}, {"never", When::never}}));
}

// How many hops an IPv4 option has room for (RFC 791 section 3.1: 40 bytes of options).
constexpr std::uint64_t kMostRouteSlots = 9;
constexpr std::uint64_t kMostStamps = 9;
constexpr std::uint64_t kMostStampsWithAddress = 4;

Parsed<std::uint8_t> parse_slots(std::string_view text, std::uint64_t most) {
  const auto slots = whole_number(text);
  if (!slots || *slots == 0 || *slots > most) {
    return std::unexpected(UsageError{
        .message = fmt::format("{} is not a number of hops from 1 to {}", in_quotes(text), most),
        .hint = {}});
  }
  return static_cast<std::uint8_t>(*slots);
}

// CLI11 says "true" where -R stands without a value.
Parsed<std::uint8_t> parse_record_route(std::string_view text) {
  return text == "true" ? Parsed<std::uint8_t>(kMostRouteSlots)
                        : parse_slots(text, kMostRouteSlots);
}

// "tsonly", "tsandaddr:3"
Parsed<TimestampRequest> parse_timestamp_option(std::string_view text) {
  const std::size_t colon = text.find(':');
  const auto what =
      choose(text.substr(0, colon),
             std::to_array<Choice<TimestampOption>>(
                 {{"tsonly", TimestampOption::only}, {"tsandaddr", TimestampOption::and_address}}));
  if (!what) {
    return std::unexpected(what.error());
  }
  TimestampRequest request{.what = *what};
  if (colon != std::string_view::npos) {
    const auto slots =
        parse_slots(text.substr(colon + 1),
                    *what == TimestampOption::only ? kMostStamps : kMostStampsWithAddress);
    if (!slots) {
      return std::unexpected(slots.error());
    }
    request.slots = *slots;
  }
  return request;
}

// ping.exe's -t takes no value and a host may stand behind it.
Parsed<net::Ttl> parse_ttl_option(std::string_view text) {
  auto ttl = parse_ttl(text);
  if (!ttl && !whole_number(text)) {
    ttl.error().hint = "-t takes a TTL; for an endless ping leave out -c (or use /t on Windows)";
  }
  return ttl;
}

// CLI11 says "true" where -D stands without a value.
Parsed<Stamping> parse_stamping(std::string_view text) {
  if (text == "true") {
    return Stamping::local;
  }
  return choose(text, std::to_array<Choice<Stamping>>({{"epoch", Stamping::epoch}}));
}

Parsed<MoreStats> parse_stats(std::string_view text) {
  return choose_several<MoreStats>(
      text, std::to_array<Choice<bool MoreStats::*>>(
                {{"percentiles", &MoreStats::percentiles}, {"jitter", &MoreStats::jitter}}));
}

// -P has nothing to choose from as yet.
Refusal protocol(EchoOptions& /*options*/, std::string_view text) {
  if (text == "icmp") {
    return std::nullopt;
  }
  if (text == "udp" || text == "tcp") {
    return UsageError{.message = fmt::format("probes of {} are not in this version", text),
                      .hint = "leave out -P, or say -P icmp"};
  }
  return UsageError{.message = fmt::format("{} is not one of icmp, udp, tcp", in_quotes(text)),
                    .hint = {}};
}

using E = EchoOptions;
constexpr auto kEchoSetters = std::to_array<OptionSetter<E>>({
    {OptionId::count, set_value<E, &E::count, parse_count>},
    {OptionId::size, set_value<E, &E::size, parse_size>},
    {OptionId::pattern, set_value<E, &E::pattern, parse_pattern>},
    {OptionId::random_payload, set_flag<E, &E::random_payload>},
    {OptionId::protocol, protocol},
    {OptionId::port, set_value<E, &E::port, parse_port>},
    {OptionId::interval, set_value<E, &E::interval, parse_duration>},
    {OptionId::timeout, set_value<E, &E::timeout, parse_duration>},
    {OptionId::deadline, set_value<E, &E::deadline, parse_duration>},
    {OptionId::ttl, set_value<E, &E::ttl, parse_ttl_option>},
    {OptionId::tos, set_value<E, &E::tos, parse_tos>},
    {OptionId::dscp, set_value<E, &E::dscp, parse_dscp>},
    {OptionId::ecn, set_value<E, &E::ecn, parse_ecn>},
    {OptionId::pmtu, set_value<E, &E::path_mtu, parse_path_mtu>},
    {OptionId::df, set_flag<E, &E::df>},
    {OptionId::flow_label, set_value<E, &E::flow_label, parse_flow_label>},
    {OptionId::ipv4, set_flag<E, &E::ipv4>},
    {OptionId::ipv6, set_flag<E, &E::ipv6>},
    {OptionId::source, set_value<E, &E::source, parse_text>},
    {OptionId::interface, set_value<E, &E::interface, parse_interface>},
    {OptionId::broadcast, set_flag<E, &E::broadcast>},
    {OptionId::mark, set_value<E, &E::mark, parse_mark>},
    {OptionId::transport, set_value<E, &E::backend, parse_backend>},
    {OptionId::quiet, set_flag<E, &E::quiet>},
    {OptionId::timestamps, set_value<E, &E::stamps, parse_stamping>},
    {OptionId::numeric, set_flag<E, &E::numeric>},
    {OptionId::resolve, set_flag<E, &E::resolve>},
    {OptionId::json, set_flag<E, &E::json>},
    {OptionId::ndjson, set_flag<E, &E::ndjson>},
    {OptionId::format, set_value<E, &E::format, parse_format>},
    {OptionId::output, set_value<E, &E::output, parse_text>},
    {OptionId::color, set_value<E, &E::color, parse_when>},
    {OptionId::verbose, set_flag<E, &E::verbose>},
});

using P = PingOptions;
constexpr auto kPingSetters = std::to_array<OptionSetter<P>>({
    {OptionId::endless, set_flag<P, &P::endless>},
    {OptionId::one_reply, set_flag<P, &P::one_reply>},
    {OptionId::until_replies, set_value<P, &P::until_replies, parse_count>},
    {OptionId::flood, set_flag<P, &P::flood>},
    {OptionId::adaptive, set_flag<P, &P::adaptive>},
    {OptionId::preload, set_value<P, &P::preload, parse_preload>},
    {OptionId::record_route, set_value<P, &P::record_route, parse_record_route>},
    {OptionId::timestamp_option, set_value<P, &P::timestamp_option, parse_timestamp_option>},
    {OptionId::icmp_id, set_value<P, &P::ident, parse_ident>},
    {OptionId::no_multicast_loop, set_flag<P, &P::no_multicast_loop>},
    {OptionId::bypass_routing, set_flag<P, &P::bypass_routing>},
    {OptionId::bell, set_flag<P, &P::bell>},
    {OptionId::clock, set_value<P, &P::clock, parse_stopwatch>},
    {OptionId::stats, set_value<P, &P::stats, parse_stats>},
});

}  // namespace

Refusal set_echo_option(const GivenOption& given, EchoOptions& options) {
  return apply_option<E>(given, kEchoSetters, options);
}

std::expected<PingOptions, UsageError> read_ping_options(const CommandLine& line) {
  PingOptions options;
  for (const GivenOption& given : line.options) {
    if (auto refusal = set_echo_option(given, options)) {
      return std::unexpected(*std::move(refusal));
    }
    if (auto refusal = apply_option<P>(given, kPingSetters, options)) {
      return std::unexpected(*std::move(refusal));
    }
  }
  options.targets = line.operands;
  return options;
}

}  // namespace sonde::app
