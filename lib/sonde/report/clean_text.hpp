// clean_text.hpp: the only place where text that others chose is unwrapped, for one kind of sink.
// Terminal: printable ASCII stays; letters beyond ASCII stay only on a UTF-8 terminal; every other
// byte (C0, DEL, C1, bidi and zero-width characters, invalid UTF-8) becomes \xNN; at most 253
// columns. Letters are those of left-to-right scripts without combining marks (Latin, Greek,
// Cyrillic, Armenian, Georgian, kana, Hangul, Han): anything else could reorder or overprint a
// line. JSON: always valid UTF-8; what is not becomes U+FFFD, and the raw bytes are kept as hex.
// Source: RELIABILITY.md 5.5. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sonde/base/untrusted.hpp"

namespace sonde::report {

enum class Utf8Terminal : std::uint8_t { no, yes };

inline constexpr std::size_t kMaxNameColumns = 253;  // of a DNS name, RFC 1035 section 2.3.4

[[nodiscard]] std::string terminal_text(const Untrusted& text, Utf8Terminal utf8);

// A reverse name as a terminal may show it. Absent: "" and "." are no names.
[[nodiscard]] std::optional<std::string> terminal_name(const Untrusted& name, Utf8Terminal utf8);

struct JsonText {
  std::string text;                // valid UTF-8
  std::optional<std::string> hex;  // all the raw bytes, if `text` could not keep them
};
[[nodiscard]] JsonText json_text(const Untrusted& text);
[[nodiscard]] std::optional<JsonText> json_name(const Untrusted& name);  // absent as above

// A JSON string literal with its quotes, for valid UTF-8 (anything else becomes U+FFFD). What a
// terminal must not see raw is written as \uXXXX, so that looking at a document is safe as well.
void append_json_string(std::string& out, std::string_view text);

}  // namespace sonde::report
