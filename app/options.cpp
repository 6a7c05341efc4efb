#include "app/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "app/values.hpp"

namespace sonde::app {

namespace {

using Refusal = std::optional<UsageError>;
using Setter = Refusal (*)(PingOptions&, std::string_view);

template <auto Member>
Refusal flag(PingOptions& options, std::string_view /*value*/) {
  options.*Member = true;
  return std::nullopt;
}

template <auto Member, auto Parse>
Refusal value(PingOptions& options, std::string_view text) {
  auto parsed = Parse(text);
  if (!parsed) {
    return std::move(parsed.error());
  }
  options.*Member = *std::move(parsed);
  return std::nullopt;
}

Refusal nothing(PingOptions& /*options*/, std::string_view /*value*/) { return std::nullopt; }

// One word of a closed list, with what it stands for.
template <typename T>
struct Choice {
  std::string_view word;
  T value;
};

template <typename T, std::size_t N>
Parsed<T> choose(std::string_view text, const std::array<Choice<T>, N>& choices) {
  const auto at = std::ranges::find(choices, text, &Choice<T>::word);
  if (at != choices.end()) {
    return at->value;
  }
  std::string words;
  for (const Choice<T>& choice : choices) {
    words += fmt::format("{}{}", words.empty() ? "" : ", ", choice.word);
  }
  return std::unexpected(UsageError{
      .message = fmt::format("{} is not one of {}", in_quotes(text), words), .hint = {}});
}

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
  MoreStats stats;
  const auto known = std::to_array<Choice<bool MoreStats::*>>(
      {{"percentiles", &MoreStats::percentiles}, {"jitter", &MoreStats::jitter}});
  while (true) {
    const std::size_t comma = text.find(',');
    const auto member = choose(text.substr(0, comma), known);
    if (!member) {
      return std::unexpected(member.error());
    }
    stats.** member = true;
    if (comma == std::string_view::npos) {
      return stats;
    }
    text.remove_prefix(comma + 1);
  }
}

// -P has nothing to choose from as yet.
Refusal protocol(PingOptions& /*options*/, std::string_view text) {
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

using P = PingOptions;
constexpr auto kSetters = std::to_array<std::pair<OptionId, Setter>>({
    {OptionId::count, value<&P::count, parse_count>},
    {OptionId::endless, flag<&P::endless>},
    {OptionId::size, value<&P::size, parse_size>},
    {OptionId::pattern, value<&P::pattern, parse_pattern>},
    {OptionId::random_payload, flag<&P::random_payload>},
    {OptionId::one_reply, flag<&P::one_reply>},
    {OptionId::until_replies, value<&P::until_replies, parse_count>},
    {OptionId::protocol, protocol},
    {OptionId::port, value<&P::port, parse_port>},
    {OptionId::interval, value<&P::interval, parse_duration>},
    {OptionId::timeout, value<&P::timeout, parse_duration>},
    {OptionId::deadline, value<&P::deadline, parse_duration>},
    {OptionId::flood, flag<&P::flood>},
    {OptionId::adaptive, flag<&P::adaptive>},
    {OptionId::preload, value<&P::preload, parse_preload>},
    {OptionId::ttl, value<&P::ttl, parse_ttl_option>},
    {OptionId::tos, value<&P::tos, parse_tos>},
    {OptionId::dscp, value<&P::dscp, parse_dscp>},
    {OptionId::ecn, value<&P::ecn, parse_ecn>},
    {OptionId::pmtu, value<&P::path_mtu, parse_path_mtu>},
    {OptionId::df, flag<&P::df>},
    {OptionId::flow_label, value<&P::flow_label, parse_flow_label>},
    {OptionId::record_route, value<&P::record_route, parse_record_route>},
    {OptionId::timestamp_option, value<&P::timestamp_option, parse_timestamp_option>},
    {OptionId::icmp_id, value<&P::ident, parse_ident>},
    {OptionId::ipv4, flag<&P::ipv4>},
    {OptionId::ipv6, flag<&P::ipv6>},
    {OptionId::source, value<&P::source, parse_text>},
    {OptionId::interface, value<&P::interface, parse_text>},
    {OptionId::broadcast, flag<&P::broadcast>},
    {OptionId::no_multicast_loop, flag<&P::no_multicast_loop>},
    {OptionId::bypass_routing, flag<&P::bypass_routing>},
    {OptionId::mark, value<&P::mark, parse_mark>},
    {OptionId::transport, value<&P::backend, parse_backend>},
    {OptionId::quiet, flag<&P::quiet>},
    {OptionId::timestamps, value<&P::stamps, parse_stamping>},
    {OptionId::numeric, flag<&P::numeric>},
    {OptionId::resolve, flag<&P::resolve>},
    {OptionId::bell, flag<&P::bell>},
    {OptionId::stats, value<&P::stats, parse_stats>},
    {OptionId::json, flag<&P::json>},
    {OptionId::ndjson, flag<&P::ndjson>},
    {OptionId::format, value<&P::format, parse_format>},
    {OptionId::output, value<&P::output, parse_text>},
    {OptionId::color, value<&P::color, parse_when>},
    {OptionId::verbose, flag<&P::verbose>},
});

}  // namespace

std::expected<PingOptions, UsageError> read_ping_options(const CommandLine& line) {
  PingOptions options;
  for (const GivenOption& given : line.options) {
    const auto at =
        std::ranges::find(kSetters, given.spec->id, &std::pair<OptionId, Setter>::first);
    const Setter set = at == kSetters.end() ? nothing : at->second;
    if (Refusal refusal = set(options, given.value)) {
      refusal->message = fmt::format("{}: {}", spelled(*given.spec), refusal->message);
      return std::unexpected(*std::move(refusal));
    }
  }
  options.targets = line.operands;
  return options;
}

}  // namespace sonde::app
