#include "app/target_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "app/values.hpp"
#include "sonde/net/prefix.hpp"

namespace sonde::app {

namespace {

using Result = std::expected<TargetText, UsageError>;

constexpr std::size_t kLongestName = 253;  // RFC 1035 section 2.3.4, in text

std::unexpected<UsageError> refuse(std::string_view text, std::string_view what,
                                   std::string_view hint = {}) {
  return std::unexpected(UsageError{.message = fmt::format("{}: {}", in_quotes(text), what),
                                    .hint = std::string(hint)});
}

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool only_digits_and(std::string_view text, std::string_view others) noexcept {
  return std::ranges::all_of(text, [&](char c) { return is_digit(c) || others.contains(c); });
}

// Bytes over 0x7f are the resolver's business.
bool may_stand_in_name(char c) noexcept {
  return static_cast<unsigned char>(c) > ' ' && c != '\x7f';
}

Result parse_prefix(std::string_view text, std::size_t slash, const NumericAddress& numeric) {
  constexpr std::string_view kHint = "a prefix is an address, a slash and a length: 192.0.2.0/24";
  const auto address = numeric(std::string(text.substr(0, slash)));
  const auto length = whole_number(text.substr(slash + 1));
  if (!address || !length) {
    return refuse(text, "not a prefix", kHint);
  }
  constexpr std::uint64_t kOutside = 129;
  const auto prefix =
      net::Prefix::make(*address, static_cast<unsigned>(std::min(*length, kOutside)));
  if (!prefix) {
    return refuse(text, fmt::format("an IPv{} prefix has a length of 0 to {}",
                                    address->is_v4() ? 4 : 6, address->is_v4() ? 32 : 128));
  }
  const auto hosts = net::AddressRange::hosts_of(*prefix);
  if (!hosts) {
    return refuse(text, "too many addresses", "a sweep has at most 4294967295 targets");
  }
  return TargetText{.text = std::string(text), .range = hosts, .several = true};
}

// --- other spellings of an IPv4 address ---

enum class LeadingZero : std::uint8_t { octal, padding };

std::optional<std::uint32_t> loose_number(std::string_view text, LeadingZero zero) {
  constexpr int kOctal = 8;
  constexpr int kDecimal = 10;
  constexpr int kHex = 16;
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  const bool octal = zero == LeadingZero::octal && text.size() > 1 && text.front() == '0';
  text.remove_prefix(hex ? 2 : 0);
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const int base = hex ? kHex : octal ? kOctal : kDecimal;
  const auto read = std::from_chars(text.data(), end, number, base);
  return !text.empty() && read.ec == std::errc{} && read.ptr == end ? std::optional(number)
                                                                    : std::nullopt;
}

// One to four numbers with dots between them, of which the last fills what is left.
std::optional<net::Address> loose_address(std::string_view text, LeadingZero zero) {
  constexpr unsigned kByte = 8;
  constexpr std::uint32_t kMostOfByte = 0xff;
  std::uint32_t before = 0;
  for (unsigned left = net::Address::kV4Bytes * kByte; left >= kByte; left -= kByte) {
    const std::size_t dot = text.find('.');
    const auto number = loose_number(text.substr(0, dot), zero);
    if (!number) {
      return std::nullopt;
    }
    if (dot == std::string_view::npos) {
      const bool fits = (std::uint64_t{*number} >> left) == 0;
      return fits ? std::optional(net::Address::v4(before | *number)) : std::nullopt;
    }
    if (*number > kMostOfByte) {
      return std::nullopt;
    }
    before |= *number << (left - kByte);
    text.remove_prefix(dot + 1);
  }
  return std::nullopt;
}

// What inet_aton(3) and so every resolver takes for an address: in a list of targets it is a slip,
// and a number padded with zeros means another host to people than to inet_aton.
std::optional<UsageError> refuse_loose(std::string_view text) {
  const auto octal = loose_address(text, LeadingZero::octal);
  const auto padded = loose_address(text, LeadingZero::padding);
  constexpr unsigned kFirstByte = 24;
  if ((!octal && !padded) || (octal && octal->v4_value() >> kFirstByte == 0)) {
    return std::nullopt;
  }
  const std::string instead = octal && padded && octal != padded
                                  ? fmt::format("{} if its zeros mean octal, {} if they only fill",
                                                octal->to_text(), padded->to_text())
                                  : octal.value_or(padded.value_or(net::Address{})).to_text();
  return UsageError{.message = fmt::format("{}: an address is four decimal numbers: {}",
                                           in_quotes(text), instead),
                    .hint = {}};
}

// "192.0.2.1" and "20": the last part is another.
std::optional<net::Address> short_last(const net::Address& first, std::string_view last) {
  constexpr std::uint32_t kLastByte = 0xff;
  const auto number = whole_number(last);
  if (!first.is_v4() || !number || *number > kLastByte) {
    return std::nullopt;
  }
  return net::Address::v4((first.v4_value() & ~kLastByte) | static_cast<std::uint32_t>(*number));
}

Result make_range(std::string_view text, const net::Address& first, const net::Address& last) {
  const auto range = net::AddressRange::between(first, last);
  if (range) {
    return TargetText{.text = std::string(text), .range = range, .several = true};
  }
  if (first.family() != last.family()) {
    return refuse(text, "the ends of the range are of two families");
  }
  return refuse(text, last < first ? "the last address is before the first"
                                   : "too many addresses, or two zones");
}

}  // namespace

Result parse_target_pair(std::string_view first, std::string_view last,
                         const NumericAddress& numeric) {
  const auto from = numeric(std::string(first));
  auto to = numeric(std::string(last));
  if (!from || !to) {
    return refuse(from ? last : first, "not an address",
                  "-g takes prefixes, or pairs of addresses: -g 192.0.2.1 192.0.2.20");
  }
  return make_range(fmt::format("{}-{}", first, last), *from, *to);
}

Result parse_target(std::string_view text, const NumericAddress& numeric) {
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    return parse_prefix(text, slash, numeric);
  }
  if (const auto address = numeric(std::string(text))) {
    return TargetText{.text = std::string(text),
                      .range = net::AddressRange{.first = *address, .count = 1}};
  }
  if (const std::size_t hyphen = text.find('-'); hyphen != std::string_view::npos) {
    const auto first = numeric(std::string(text.substr(0, hyphen)));
    const std::string_view rest = text.substr(hyphen + 1);
    auto last = numeric(std::string(rest));
    if (first && !last) {
      last = short_last(*first, rest);
    }
    if (first && last) {
      return make_range(text, *first, *last);
    }
  }
  if (auto loose = refuse_loose(text)) {
    return std::unexpected(*std::move(loose));
  }
  if (text.contains(':') || only_digits_and(text, ".-")) {
    return refuse(text, "neither an address nor a name",
                  text.contains('-') ? "a range is 192.0.2.1-192.0.2.20, or 192.0.2.1-20" : "");
  }
  if (text.contains(',')) {
    return refuse(text.substr(0, kLongestName), "not a host name",
                  "targets are separated by blanks, not by commas");
  }
  if (text.empty() || text.size() > kLongestName || !std::ranges::all_of(text, may_stand_in_name)) {
    return refuse(text.substr(0, kLongestName), "not a host name");
  }
  return TargetText{.text = std::string(text)};
}

std::string_view target_of_line(std::string_view line) noexcept {
  constexpr std::string_view kBlank = " \t\r\n\v\f";
  const std::size_t begin = line.find_first_not_of(kBlank);
  if (begin == std::string_view::npos || line[begin] == '#') {
    return {};
  }
  line.remove_prefix(begin);
  return line.substr(0, line.find_first_of(kBlank));
}

}  // namespace sonde::app
