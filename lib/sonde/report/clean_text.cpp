#include "sonde/report/clean_text.hpp"

#include <algorithm>
#include <array>

namespace sonde::report {
namespace {

// NOLINTBEGIN(readability-magic-numbers): Unicode code points and the bit layout of UTF-8

struct Range {
  char32_t first;
  char32_t last;
  unsigned columns;
};

// Blocks of letters that neither combine, nor reorder, nor hide. Ascending.
constexpr std::array kLetters{
    Range{0x00C0, 0x00D6, 1}, Range{0x00D8, 0x00F6, 1}, Range{0x00F8, 0x02AF, 1},
    Range{0x0370, 0x0373, 1}, Range{0x0376, 0x0377, 1}, Range{0x0386, 0x0386, 1},
    Range{0x0388, 0x03FF, 1}, Range{0x0400, 0x0481, 1}, Range{0x048A, 0x052F, 1},
    Range{0x0531, 0x0556, 1}, Range{0x0561, 0x0587, 1}, Range{0x10A0, 0x10FA, 1},
    Range{0x1E00, 0x1EFF, 1}, Range{0x1F00, 0x1FBC, 1}, Range{0x2C60, 0x2C7B, 1},
    Range{0x3041, 0x3096, 2}, Range{0x30A1, 0x30FA, 2}, Range{0x30FC, 0x30FC, 2},
    Range{0x3400, 0x4DBF, 2}, Range{0x4E00, 0x9FFF, 2}, Range{0xAC00, 0xD7A3, 2},
};

constexpr char32_t kReplacement = 0xFFFD;

struct Scalar {
  char32_t code = kReplacement;
  std::size_t bytes = 1;
  bool valid = false;
};

[[nodiscard]] unsigned byte_at(std::string_view text, std::size_t i) noexcept {
  return static_cast<unsigned char>(text[i]);
}

[[nodiscard]] bool is_scalar(char32_t code, std::size_t bytes) noexcept {
  constexpr std::array<char32_t, 5> kSmallest{0, 0, 0x80, 0x800, 0x10000};  // RFC 3629: no longer
  return code >= kSmallest[bytes] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

// The UTF-8 sequence at the start of a text that is not empty; an invalid one takes one byte.
[[nodiscard]] Scalar first_scalar(std::string_view text) noexcept {
  const unsigned lead = byte_at(text, 0);
  if (lead < 0x80) {
    return {.code = lead, .bytes = 1, .valid = true};
  }
  const std::size_t bytes = lead >= 0xF0 ? 4U : lead >= 0xE0 ? 3U : 2U;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) {
    return {};
  }
  char32_t code = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80U) {
      return {};
    }
    code = (code << 6U) | (byte_at(text, i) & 0x3FU);
  }
  return is_scalar(code, bytes) ? Scalar{.code = code, .bytes = bytes, .valid = true} : Scalar{};
}

// How many columns it takes; 0: not for a terminal.
[[nodiscard]] unsigned columns_of(char32_t code) noexcept {
  if (code < 0x80) {
    return code >= 0x20 && code != 0x7F ? 1 : 0;
  }
  const auto at = std::ranges::find_if(kLetters, [&](const Range& r) { return code <= r.last; });
  return at != kLetters.end() && code >= at->first ? at->columns : 0;
}

constexpr std::string_view kHexDigits = "0123456789abcdef";

void append_hex(std::string& out, unsigned value, unsigned digits) {
  for (unsigned shift = 4 * digits; shift > 0; shift -= 4) {
    out += kHexDigits[(value >> (shift - 4)) & 0xFU];
  }
}

void append_json_escape(std::string& out, char32_t code) {
  const auto unit = [&](char32_t u) {
    out += "\\u";
    append_hex(out, u, 4);
  };
  if (code > 0xFFFF) {
    unit(0xD800 + ((code - 0x10000) >> 10U));
    unit(0xDC00 + ((code - 0x10000) & 0x3FFU));
  } else {
    unit(code);
  }
}

// \xNN for each byte.
[[nodiscard]] std::string escaped(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    out += "\\x";
    append_hex(out, static_cast<unsigned char>(c), 2);
  }
  return out;
}

// NOLINTEND(readability-magic-numbers)

[[nodiscard]] bool no_name(const Untrusted& name) noexcept {
  return name.empty() || name.raw() == ".";
}

}  // namespace

std::string terminal_text(const Untrusted& text, Utf8Terminal utf8) {
  std::string out;
  std::size_t columns = 0;
  for (std::string_view rest = text.raw(); !rest.empty();) {
    const Scalar scalar = first_scalar(rest);
    const std::string_view bytes = rest.substr(0, scalar.bytes);
    const bool may_stay = scalar.valid && (scalar.bytes == 1 || utf8 == Utf8Terminal::yes);
    const unsigned shown = may_stay ? columns_of(scalar.code) : 0;
    const std::string piece = shown > 0 ? std::string(bytes) : escaped(bytes);
    columns += shown > 0 ? shown : piece.size();
    if (columns > kMaxNameColumns) {
      break;
    }
    out += piece;
    rest.remove_prefix(scalar.bytes);
  }
  return out;
}

std::optional<std::string> terminal_name(const Untrusted& name, Utf8Terminal utf8) {
  return no_name(name) ? std::nullopt : std::optional(terminal_text(name, utf8));
}

JsonText json_text(const Untrusted& text) {
  JsonText out;
  bool whole = true;
  for (std::string_view rest = text.raw(); !rest.empty();) {
    const Scalar scalar = first_scalar(rest);
    out.text += scalar.valid ? rest.substr(0, scalar.bytes) : std::string_view("\xEF\xBF\xBD");
    whole = whole && scalar.valid;
    rest.remove_prefix(scalar.bytes);
  }
  if (!whole) {
    out.hex.emplace();
    for (const char c : text.raw()) {
      append_hex(*out.hex, static_cast<unsigned char>(c), 2);
    }
  }
  return out;
}

std::optional<JsonText> json_name(const Untrusted& name) {
  return no_name(name) ? std::nullopt : std::optional(json_text(name));
}

namespace {

[[nodiscard]] bool is_plain_in_json(char c) noexcept {
  return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (true) {
    // Nearly all of it is plain.
    const auto odd =
        static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain_in_json) - text.begin());
    out += text.substr(0, odd);
    text.remove_prefix(odd);
    if (text.empty()) {
      break;
    }
    const Scalar scalar = first_scalar(text);
    if (scalar.code == U'"' || scalar.code == U'\\') {
      out += '\\';
      out += static_cast<char>(scalar.code);
    } else if (scalar.valid && columns_of(scalar.code) > 0) {
      out += text.substr(0, scalar.bytes);
    } else {
      append_json_escape(out, scalar.code);
    }
    text.remove_prefix(scalar.bytes);
  }
  out += '"';
}

}  // namespace sonde::report
