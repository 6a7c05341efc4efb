#include "app/values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

#include "sonde/report/clean_text.hpp"

namespace sonde::app {

namespace {

std::unexpected<UsageError> refuse(std::string_view text, std::string_view what,
                                   std::string hint = {}) {
  return std::unexpected(UsageError{.message = fmt::format("{} is {}", in_quotes(text), what),
                                    .hint = std::move(hint)});
}

struct Range {
  std::uint64_t least;
  std::uint64_t most;
  Hex hex = Hex::no;
};

Parsed<std::uint64_t> in_range(std::string_view text, const Range& range) {
  const auto number = whole_number(text, range.hex);
  if (!number || *number < range.least || *number > range.most) {
    return refuse(text, fmt::format("not a whole number from {} to {}", range.least, range.most));
  }
  return *number;
}

// in_range() made into what the number stands for.
template <typename Make>
auto number_as(std::string_view text, const Range& range, Make make)
    -> Parsed<decltype(make(std::uint64_t{}))> {
  const auto number = in_range(text, range);
  if (!number) {
    return std::unexpected(number.error());
  }
  return make(*number);
}

template <typename T>
T narrow(std::uint64_t number) noexcept {
  return static_cast<T>(number);
}

template <typename Int>
constexpr std::uint64_t kMostOf = std::numeric_limits<Int>::max();

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

struct Unit {
  std::string_view suffix;
  double seconds;
};
constexpr auto kUnits = std::to_array<Unit>(
    {{"", 1}, {"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"m", 60}, {"h", 3600}});  // NOLINT: units

struct Named {
  std::string_view name;
  std::uint8_t value;
};
// RFC 2474, 2597, 3246, 5865 and 8622.
constexpr auto kDscpNames =
    std::to_array<Named>({{"cs0", 0},   {"df", 0},    {"be", 0},    {"le", 1},    {"cs1", 8},
                          {"af11", 10}, {"af12", 12}, {"af13", 14}, {"cs2", 16},  {"af21", 18},
                          {"af22", 20}, {"af23", 22}, {"cs3", 24},  {"af31", 26}, {"af32", 28},
                          {"af33", 30}, {"cs4", 32},  {"af41", 34}, {"af42", 36}, {"af43", 38},
                          {"cs5", 40},  {"va", 44},   {"ef", 46},   {"cs6", 48},  {"cs7", 56}});
// RFC 3168.
constexpr auto kEcnNames =
    std::to_array<Named>({{"not-ect", 0}, {"ect1", 1}, {"ect0", 2}, {"ce", 3}});

std::optional<std::uint8_t> find_name(std::span<const Named> names, std::string_view text) {
  const auto same_letter = [](char typed, char ours) {
    return (typed >= 'A' && typed <= 'Z' ? static_cast<char>(typed - 'A' + 'a') : typed) == ours;
  };
  const auto at = std::ranges::find_if(
      names, [&](const Named& named) { return std::ranges::equal(text, named.name, same_letter); });
  return at == names.end() ? std::nullopt : std::optional(at->value);
}

std::optional<std::byte> hex_byte(std::string_view digits) {
  constexpr int kHexBase = 16;
  std::uint8_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, kHexBase);
  if (error != std::errc() || stop != end) {
    return std::nullopt;
  }
  return std::byte{value};
}

}  // namespace

std::string in_quotes(std::string_view text) {
  return "'" + report::terminal_text(Untrusted(std::string(text)), report::Utf8Terminal::no) + "'";
}

std::optional<std::uint64_t> whole_number(std::string_view text, Hex hex) {
  constexpr int kDecimal = 10;
  constexpr int kHexadecimal = 16;
  int base = kDecimal;
  if (hex == Hex::yes && (text.starts_with("0x") || text.starts_with("0X"))) {
    text.remove_prefix(2);
    base = kHexadecimal;
  }
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  if (error != std::errc() || stop != end) {
    return std::nullopt;
  }
  return value;
}

Parsed<Duration> parse_duration(std::string_view text) {
  constexpr std::string_view kHint =
      "a duration is a number of seconds (2, 0.5), or has a unit: 200ms, 50us, 10s, 5m, 1h";
  const auto digits = static_cast<std::size_t>(
      std::ranges::find_if_not(text, [](char c) { return is_digit(c) || c == '.'; }) -
      text.begin());
  const std::string_view number = text.substr(0, digits);
  const auto unit = std::ranges::find(kUnits, text.substr(digits), &Unit::suffix);
  double value = 0;
  const auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), value,
                                             std::chars_format::fixed);
  if (unit == kUnits.end() || error == std::errc::invalid_argument ||
      stop != number.data() + number.size()) {
    return refuse(text, "not a duration", std::string(kHint));
  }
  constexpr double kNanoseconds = 1e9;
  const double ns = std::round(value * unit->seconds * kNanoseconds);
  if (error == std::errc::result_out_of_range || ns > static_cast<double>(kLongest.count())) {
    return refuse(text, "too long a duration", "at most 100000h");
  }
  if (ns < 1) {
    return refuse(text, "no duration: it must be more than 0", std::string(kHint));
  }
  return Duration(static_cast<Duration::rep>(ns));
}

Parsed<std::uint64_t> parse_count(std::string_view text) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 53;  // NOLINT: what JSON numbers keep exactly
  if (text == "0") {
    return refuse(text, "no count", "to go on without end, leave out the option");
  }
  return in_range(text, {.least = 1, .most = kMost});
}

Parsed<std::uint32_t> parse_preload(std::string_view text) {
  constexpr std::uint64_t kMost = 65536;  // what the table of pending probes holds
  return number_as(text, {.least = 1, .most = kMost}, narrow<std::uint32_t>);
}

Parsed<std::uint32_t> parse_size(std::string_view text) {
  constexpr std::uint64_t kMost = 65527;  // RFC 8200: 65535 behind the IPv6 header, less ICMP's 8
  return number_as(text, {.least = 0, .most = kMost}, narrow<std::uint32_t>);
}

Parsed<net::Ttl> parse_ttl(std::string_view text) {
  const auto number = in_range(text, {.least = 1, .most = kMostOf<std::uint8_t>});
  if (!number) {
    UsageError error = number.error();
    if (text.empty() || !std::ranges::all_of(text, is_digit)) {
      error.hint = "-t takes a TTL; for an endless ping leave out -c (or use /t on Windows)";
    }
    return std::unexpected(std::move(error));
  }
  return net::Ttl(static_cast<std::uint8_t>(*number));
}

Parsed<net::Tos> parse_tos(std::string_view text) {
  if (const auto dscp = find_name(kDscpNames, text)) {
    return net::Tos(static_cast<std::uint8_t>(*dscp << net::kEcnBits));
  }
  const auto number = whole_number(text, Hex::yes);
  if (!number || *number > kMostOf<std::uint8_t>) {
    return refuse(text, "no type of service",
                  "it is 0 to 255, 0x00 to 0xff, or a DSCP name such as ef, af41, cs5");
  }
  return net::Tos(static_cast<std::uint8_t>(*number));
}

Parsed<std::uint8_t> parse_dscp(std::string_view text) {
  constexpr std::uint64_t kMost = 63;
  if (const auto dscp = find_name(kDscpNames, text)) {
    return *dscp;
  }
  const auto number = whole_number(text, Hex::yes);
  if (!number || *number > kMost) {
    return refuse(text, "no DSCP", "it is 0 to 63, or a name such as ef, af41, cs5");
  }
  return static_cast<std::uint8_t>(*number);
}

Parsed<std::uint8_t> parse_ecn(std::string_view text) {
  if (const auto ecn = find_name(kEcnNames, text)) {
    return *ecn;
  }
  const auto number = whole_number(text);
  if (!number || *number > 3) {
    return refuse(text, "no ECN value", "it is 0 to 3, or not-ect, ect0, ect1, ce");
  }
  return static_cast<std::uint8_t>(*number);
}

Parsed<net::FlowLabel> parse_flow_label(std::string_view text) {
  return number_as(text, {.least = 0, .most = net::FlowLabel::kMax, .hex = Hex::yes},
                   [](std::uint64_t n) { return *net::FlowLabel::from(narrow<std::uint32_t>(n)); });
}

Parsed<std::uint32_t> parse_mark(std::string_view text) {
  return number_as(text, {.least = 0, .most = kMostOf<std::uint32_t>, .hex = Hex::yes},
                   narrow<std::uint32_t>);
}

Parsed<net::IcmpIdent> parse_ident(std::string_view text) {
  return number_as(text, {.least = 0, .most = kMostOf<std::uint16_t>, .hex = Hex::yes},
                   [](std::uint64_t n) { return net::IcmpIdent(narrow<std::uint16_t>(n)); });
}

Parsed<net::Port> parse_port(std::string_view text) {
  return number_as(text, {.least = 1, .most = kMostOf<std::uint16_t>},
                   [](std::uint64_t n) { return net::Port(narrow<std::uint16_t>(n)); });
}

Parsed<std::vector<std::byte>> parse_pattern(std::string_view text) {
  constexpr std::size_t kMostBytes = 16;
  constexpr std::string_view kHint =
      "a pattern is 1 to 16 bytes of two hexadecimal digits each, such as ff or 00ff55aa";
  if (text.empty() || text.size() > 2 * kMostBytes || (text.size() > 1 && text.size() % 2 != 0)) {
    return refuse(text, "no pattern", std::string(kHint));
  }
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto byte = hex_byte(text.substr(i, 2));
    if (!byte) {
      return refuse(text, "no pattern", std::string(kHint));
    }
    bytes.push_back(*byte);
  }
  return bytes;
}

Parsed<std::string> parse_interface(std::string_view text) {
  std::string name(text);
  if (text.empty() || report::terminal_text(Untrusted(name), report::Utf8Terminal::yes) != text) {
    return refuse(text, "no name of an interface");
  }
  return name;
}

Parsed<std::string> parse_text(std::string_view text) {
  if (text.empty()) {
    return refuse(text, "empty");
  }
  return std::string(text);
}

}  // namespace sonde::app
