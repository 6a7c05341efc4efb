// target_text.hpp: one target of a sweep as text: an address, a prefix (192.0.2.0/24), a range
// (192.0.2.1-192.0.2.20, 192.0.2.1-20, 2001:db8::1-2001:db8::ff) or a name; and the lines of a
// target file. Errors: UsageError, one line. Pure, but for `numeric`, which knows interfaces.
// Fuzzed by tests/fuzz/target_text.cpp.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "app/usage_error.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/range.hpp"

namespace sonde::app {

struct TargetText {
  std::string text;                          // as typed
  std::optional<net::AddressRange> range{};  // absent: a name
  bool several = false;                      // typed as a prefix or a range
};

using NumericAddress = std::function<std::optional<net::Address>(const std::string&)>;

// What has a slash is a prefix, what looks like two addresses around a hyphen is a range; digits
// and dots that are no address are refused (no host has such a name: RFC 1123 section 2.1), and so
// are inet_aton's other spellings (127.1, 0x7f000001, 010.0.0.1), with the one to use.
[[nodiscard]] std::expected<TargetText, UsageError> parse_target(std::string_view text,
                                                                 const NumericAddress& numeric);
// `sonde sweep -g FIRST LAST`.
[[nodiscard]] std::expected<TargetText, UsageError> parse_target_pair(
    std::string_view first, std::string_view last, const NumericAddress& numeric);

// The target of a line as fping reads it: the first word; what follows is ignored. Empty: a blank
// line, or one whose first word starts with '#'. A carriage return is a blank.
[[nodiscard]] std::string_view target_of_line(std::string_view line) noexcept;

}  // namespace sonde::app
