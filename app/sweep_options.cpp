#include "app/sweep_options.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "app/option_setters.hpp"
#include "app/values.hpp"

namespace sonde::app {

namespace {

std::unexpected<UsageError> no(std::string_view text, std::string_view what,
                               std::string_view hint = {}) {
  return std::unexpected(UsageError{.message = fmt::format("{} is {}", in_quotes(text), what),
                                    .hint = std::string(hint)});
}

Parsed<std::uint64_t> number_between(std::string_view text, std::uint64_t least,
                                     std::uint64_t most) {
  const auto number = whole_number(text);
  if (!number || *number < least || *number > most) {
    return no(text, fmt::format("not a whole number from {} to {}", least, most));
  }
  return *number;
}

Parsed<std::uint32_t> parse_retry(std::string_view text) {
  constexpr std::uint64_t kMost = 1000;
  const auto number = number_between(text, 0, kMost);
  if (!number) {
    return std::unexpected(number.error());
  }
  return static_cast<std::uint32_t>(*number);
}

// A round of a sweep is counted in 32 bits, and -C keeps each of them.
Parsed<std::uint64_t> parse_vcount(std::string_view text) {
  constexpr std::uint64_t kMost = 100'000;
  return number_between(text, 1, kMost);
}

Parsed<std::uint64_t> parse_reachable(std::string_view text) {
  constexpr std::uint64_t kMost = 0xffff'ffff;
  return number_between(text, 0, kMost);
}

Parsed<double> parse_backoff(std::string_view text) {
  constexpr double kMost = 100;
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, std::chars_format::fixed);
  if (error != std::errc() || stop != end || !(value >= 1) || value > kMost) {
    return no(text, "not a factor from 1 to 100", "try -B 1.5");
  }
  return value;
}

Parsed<SweepOrder> parse_order(std::string_view text) {
  constexpr std::string_view kSeeded = "random:";
  if (text == "sequential" || text == "random") {
    return SweepOrder{.random = text == "random", .seed = std::nullopt};
  }
  if (text.starts_with(kSeeded)) {
    if (const auto seed = whole_number(text.substr(kSeeded.size()), Hex::yes)) {
      return SweepOrder{.random = true, .seed = seed};
    }
  }
  return no(text, "not an order", "an order is sequential, random, or random:SEED with a number");
}

Parsed<Shard> parse_shard(std::string_view text) {
  constexpr std::uint64_t kMost = 65'536;
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const auto index = whole_number(text.substr(0, slash));
    const auto count = whole_number(text.substr(slash + 1));
    if (index && count && *index >= 1 && *index <= *count && *count <= kMost) {
      return Shard{.index = static_cast<std::uint32_t>(*index),
                   .count = static_cast<std::uint32_t>(*count)};
    }
  }
  return no(text, "not a shard", "the first of four is --shard 1/4; at most 65536 parts");
}

Parsed<Rate> parse_rate(std::string_view text) {
  constexpr std::uint64_t kMost = 1'000'000'000;
  if (text == "max") {
    return Rate{};
  }
  const auto number = whole_number(text);
  if (!number || *number < 1 || *number > kMost) {
    return no(text, "not a rate", "a rate is a number of probes a second, or max");
  }
  return Rate{.per_second = number};
}

Parsed<Allowed> parse_allowed(std::string_view text) {
  using A = Allowed;
  return choose_several<A>(text, std::to_array<Choice<bool A::*>>({{"many", &A::many},
                                                                   {"fast", &A::fast},
                                                                   {"multicast", &A::multicast},
                                                                   {"zero", &A::zero}}));
}

Parsed<SweepStats> parse_sweep_stats(std::string_view text) {
  using S = SweepStats;
  return choose_several<S>(text, std::to_array<Choice<bool S::*>>(
                                     {{"totals", &S::totals}, {"percentiles", &S::percentiles}}));
}

using S = SweepOptions;
constexpr auto kSetters = std::to_array<OptionSetter<S>>({
    {OptionId::vcount, set_value<S, &S::vcount, parse_vcount>},
    {OptionId::loop, set_flag<S, &S::loop>},
    {OptionId::retry, set_value<S, &S::retry, parse_retry>},
    {OptionId::backoff, set_value<S, &S::backoff, parse_backoff>},
    {OptionId::min_reachable, set_value<S, &S::min_reachable, parse_reachable>},
    {OptionId::order, set_value<S, &S::order, parse_order>},
    {OptionId::shard, set_value<S, &S::shard, parse_shard>},
    {OptionId::rate, set_value<S, &S::rate, parse_rate>},
    {OptionId::file, set_value<S, &S::file, parse_text>},
    {OptionId::generate, set_flag<S, &S::generate>},
    {OptionId::allow, set_value<S, &S::allowed, parse_allowed>},
    {OptionId::alive, set_flag<S, &S::alive>},
    {OptionId::unreachable, set_flag<S, &S::unreachable>},
    {OptionId::elapsed, set_flag<S, &S::elapsed>},
    {OptionId::summary_every, set_value<S, &S::summary_every, parse_duration>},
    {OptionId::stats, set_value<S, &S::stats, parse_sweep_stats>},
    {OptionId::json_probes, set_flag<S, &S::json_probes>},
    {OptionId::resume, set_value<S, &S::resume, parse_text>},
    {OptionId::merge, set_flag<S, &S::merge>},
});

// Some letters mean something else to who comes from fping.
std::string hint_for(OptionId id, std::string hint) {
  switch (id) {
    case OptionId::count:
      return "to go on without end: -l, --loop";
    case OptionId::ttl:
      return "-t is the time to live; the time-out is -W, as in -W 500ms";
    case OptionId::size:
      return "-s is the size of the payload; the totals at the end are --stats totals";
    case OptionId::pattern:
      return "-p is the payload's pattern, in hexadecimal; the time from probe to probe is -i, as "
             "in "
             "-i 100ms";
    default:
      return hint;
  }
}

}  // namespace

std::expected<SweepOptions, UsageError> read_sweep_options(const CommandLine& line) {
  SweepOptions options;
  for (const GivenOption& given : line.options) {
    if (auto refusal = set_echo_option(given, options)) {
      refusal->hint = hint_for(given.spec->id, std::move(refusal->hint));
      return std::unexpected(*std::move(refusal));
    }
    if (auto refusal = apply_option<S>(given, kSetters, options)) {
      return std::unexpected(*std::move(refusal));
    }
  }
  options.targets = line.operands;
  return options;
}

}  // namespace sonde::app
