// address_text.cpp: Address::parse and Address::to_text.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

#include "sonde/net/address.hpp"

namespace sonde::net {
namespace {

constexpr int kDecimal = 10;
constexpr int kHex = 16;
constexpr std::size_t kGroups = 8;  // of 16 bits in an IPv6 address
constexpr int kByteBits = 8;
constexpr int kGroupBits = 16;

// A number that fills `text`: nothing before, between or behind its digits, at most max_digits.
std::optional<std::uint32_t> parse_digits(std::string_view text, int base,
                                          std::size_t max_digits) noexcept {
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  if (text.empty() || text.size() > max_digits) {
    return std::nullopt;
  }
  const auto [stop, error] = std::from_chars(text.data(), end, value, base);
  return error == std::errc{} && stop == end ? std::optional(value) : std::nullopt;
}

// Decimal without leading zeros, which other parsers take for octal.
std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t max) noexcept {
  constexpr std::size_t kMaxDigits = std::numeric_limits<std::uint32_t>::digits10 + 1;
  if (text.size() > 1 && text.front() == '0') {
    return std::nullopt;
  }
  const auto value = parse_digits(text, kDecimal, kMaxDigits);
  return value && *value <= max ? value : std::nullopt;
}

// What stands before the first `separator`, which is removed from `text` with it; all of `text`
// when there is none. `more`: a separator was there.
struct Part {
  std::string_view text;
  bool more = false;
};
Part next_part(std::string_view& text, char separator) noexcept {
  const std::size_t at = text.find(separator);
  const Part part{.text = text.substr(0, at), .more = at != std::string_view::npos};
  text.remove_prefix(part.more ? at + 1 : text.size());
  return part;
}

std::optional<std::uint32_t> parse_v4(std::string_view text) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < Address::kV4Bytes; ++i) {
    const Part part = next_part(text, '.');
    const auto byte = parse_decimal(part.text, std::numeric_limits<std::uint8_t>::max());
    if (!byte || part.more != (i + 1 < Address::kV4Bytes)) {
      return std::nullopt;
    }
    value = (value << kByteBits) | *byte;
  }
  return value;
}

struct GroupList {
  std::array<std::uint16_t, kGroups> values{};
  std::size_t count = 0;

  [[nodiscard]] bool add(std::uint32_t group) noexcept {
    if (count == kGroups) {
      return false;
    }
    values[count++] = static_cast<std::uint16_t>(group);
    return true;
  }
};

// Groups between colons; the last two may be written as a dotted quad (RFC 4291 section 2.2.3).
std::optional<GroupList> parse_groups(std::string_view text, bool dotted_allowed) noexcept {
  constexpr std::size_t kMaxDigits = 4;
  GroupList groups;
  while (!text.empty()) {
    const Part part = next_part(text, ':');
    if (part.more && text.empty()) {
      return std::nullopt;  // a colon with nothing behind it
    }
    if (dotted_allowed && !part.more && part.text.contains('.')) {
      const auto quad = parse_v4(part.text);
      const bool fits = quad && groups.add(*quad >> kGroupBits) && groups.add(*quad);
      return fits ? std::optional(groups) : std::nullopt;
    }
    const auto group = parse_digits(part.text, kHex, kMaxDigits);
    if (!group || !groups.add(*group)) {
      return std::nullopt;
    }
  }
  return groups;
}

std::optional<std::array<std::uint16_t, kGroups>> parse_v6_groups(std::string_view text) noexcept {
  const std::size_t gap = text.find("::");
  const bool has_gap = gap != std::string_view::npos;
  auto head = parse_groups(text.substr(0, gap), !has_gap);
  const auto tail = parse_groups(has_gap ? text.substr(gap + 2) : std::string_view{}, true);
  if (!head || !tail) {
    return std::nullopt;
  }
  // "::" stands for at least one group.
  const std::size_t count = head->count + tail->count;
  if (has_gap ? count >= kGroups : count != kGroups) {
    return std::nullopt;
  }
  std::ranges::copy(std::span(tail->values).first(tail->count),
                    std::span(head->values).last(tail->count).begin());
  return head->values;
}

Address from_groups(const std::array<std::uint16_t, kGroups>& groups, std::uint32_t zone) noexcept {
  std::array<std::byte, Address::kV6Bytes> bytes{};
  Writer out{bytes};
  for (const std::uint16_t group : groups) {
    out.u16(group);
  }
  return Address::v6(bytes, zone);
}

void append_number(std::string& out, std::uint32_t value, int base) {
  constexpr std::size_t kMaxDigits = std::numeric_limits<std::uint32_t>::digits10 + 1;
  std::array<char, kMaxDigits> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, base).ptr;
  out.append(digits.data(), end);
}

// "0." to "255.".
struct DottedPart {
  std::array<char, Address::kV4Bytes> text{};
  std::uint8_t size = 0;
};
constexpr auto kDottedParts = [] {
  constexpr unsigned kHundred = 100;
  constexpr unsigned kTen = 10;
  constexpr std::size_t kParts = 256;
  std::array<DottedPart, kParts> parts{};
  for (unsigned value = 0; value < kParts; ++value) {
    DottedPart& part = parts[value];
    if (value >= kHundred) {
      part.text[part.size++] = static_cast<char>('0' + value / kHundred);
    }
    if (value >= kTen) {
      part.text[part.size++] = static_cast<char>('0' + value / kTen % kTen);
    }
    part.text[part.size++] = static_cast<char>('0' + value % kTen);
    part.text[part.size++] = '.';
  }
  return parts;
}();

// Four parts into one small array, and that into the text at once: lists of millions of addresses
// come by here.
// Where it is to stand: a copy would wait for its bytes to leave the store buffer.
void append_dotted(std::string& out, Bytes four) {
  const std::size_t before = out.size();
  constexpr std::size_t kRoom = 4 * Address::kV4Bytes;
  out.resize_and_overwrite(before + kRoom, [&](char* text, std::size_t /*size*/) {
    std::size_t at = before;
    for (const std::byte value : four) {
      const DottedPart& part = kDottedParts[std::to_integer<std::size_t>(value)];
      std::ranges::copy(part.text, text + at);
      at += part.size;
    }
    return at - 1;  // without the last dot
  });
}

struct Run {
  std::size_t begin = 0;
  std::size_t length = 0;
};
// RFC 5952 section 4.2: the longest run of zero groups, the first of equals, never a single one.
Run run_to_shorten(const std::array<std::uint16_t, kGroups>& groups) noexcept {
  Run best;
  for (std::size_t i = 0; i < kGroups; ++i) {
    std::size_t end = i;
    while (end < kGroups && groups[end] == 0) {
      ++end;
    }
    if (end - i > std::max<std::size_t>(best.length, 1)) {
      best = {.begin = i, .length = end - i};
    }
  }
  return best;
}

void append_groups(std::string& out, Bytes sixteen) {
  std::array<std::uint16_t, kGroups> groups{};
  Reader in{sixteen};
  for (std::uint16_t& group : groups) {
    group = in.u16();
  }
  const Run run = run_to_shorten(groups);
  bool separate = false;
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (run.length > 0 && i == run.begin) {
      out += "::";
      i += run.length - 1;
      separate = false;
      continue;
    }
    if (std::exchange(separate, true)) {
      out += ':';
    }
    append_number(out, groups[i], kHex);
  }
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) noexcept {
  if (!text.contains(':')) {
    const auto value = parse_v4(text);
    return value ? std::optional(v4(*value)) : std::nullopt;
  }
  const Part address = next_part(text, '%');
  std::uint32_t zone = 0;
  if (address.more) {
    const auto number = parse_decimal(text, std::numeric_limits<std::uint32_t>::max());
    if (!number) {
      return std::nullopt;
    }
    zone = *number;
  }
  const auto groups = parse_v6_groups(address.text);
  return groups ? std::optional(from_groups(*groups, zone)) : std::nullopt;
}

void Address::append_text(std::string& out) const {
  if (is_v4()) {
    append_dotted(out, bytes());
    return;
  }
  if (is_v4_mapped()) {  // RFC 5952 section 5
    out += "::ffff:";
    append_dotted(out, bytes().last(kV4Bytes));
  } else {
    append_groups(out, bytes());
  }
  if (zone_ != 0) {
    out += '%';
    append_number(out, zone_, kDecimal);
  }
}

std::string Address::to_text() const {
  std::string out;
  append_text(out);
  return out;
}

}  // namespace sonde::net
