// values.hpp: the text of an option's value as a typed value. Strict: the whole text or nothing, no
// locale, no sign, no blank, no exponent. Errors name the text and say what would be right.
// Pure. Callers: options.cpp, and later the configuration file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/usage_error.hpp"
#include "sonde/base/time.hpp"
#include "sonde/net/fields.hpp"

namespace sonde::app {

template <typename T>
using Parsed = std::expected<T, UsageError>;

// Text that a user typed, fit for a message: in quotes, control characters as \xNN.
[[nodiscard]] std::string in_quotes(std::string_view text);

// Digits, with 0x and hexadecimal digits where allowed. nullopt: anything else, or over 64 bits.
enum class Hex : std::uint8_t { no, yes };
[[nodiscard]] std::optional<std::uint64_t> whole_number(std::string_view text, Hex hex = Hex::no);

// `200ms`, `1.5s`, `2m`, `1h`, `50us`; a bare number is seconds. More than 0, at most kLongest.
inline constexpr Duration kLongest = std::chrono::hours(100'000);
[[nodiscard]] Parsed<Duration> parse_duration(std::string_view text);

[[nodiscard]] Parsed<std::uint64_t> parse_count(std::string_view text);    // 1 to 2^53
[[nodiscard]] Parsed<std::uint32_t> parse_preload(std::string_view text);  // 1 to 65536
[[nodiscard]] Parsed<std::uint32_t> parse_size(std::string_view text);     // 0 to 65527
[[nodiscard]] Parsed<net::Ttl> parse_ttl(std::string_view text);           // 1 to 255
[[nodiscard]] Parsed<net::Tos> parse_tos(std::string_view text);       // a byte, or a DSCP's name
[[nodiscard]] Parsed<std::uint8_t> parse_dscp(std::string_view text);  // 0 to 63, or a name
[[nodiscard]] Parsed<std::uint8_t> parse_ecn(std::string_view text);   // 0 to 3, or a name
[[nodiscard]] Parsed<net::FlowLabel> parse_flow_label(std::string_view text);
[[nodiscard]] Parsed<std::uint32_t> parse_mark(std::string_view text);
[[nodiscard]] Parsed<net::IcmpIdent> parse_ident(std::string_view text);
[[nodiscard]] Parsed<net::Port> parse_port(std::string_view text);  // 1 to 65535
// Two hexadecimal digits a byte, 1 to 16 bytes; a lone digit is one byte.
[[nodiscard]] Parsed<std::vector<std::byte>> parse_pattern(std::string_view text);
// What a terminal may see: the system's messages tell it as it is.
[[nodiscard]] Parsed<std::string> parse_interface(std::string_view text);
// A file: anything that is not empty.
[[nodiscard]] Parsed<std::string> parse_text(std::string_view text);

}  // namespace sonde::app
