// text_decoder.hpp: a text file's bytes as UTF-8, piece by piece. Windows PowerShell 5 writes what
// goes through its `>` in UTF-16 with a byte order mark; some editors put one before UTF-8. Marks
// are left out; without one, a zero among the first two bytes tells of UTF-16, and everything else
// passes through as it is. Half of a surrogate pair becomes U+FFFD. Memory: one piece. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sonde::app {

class TextDecoder {
 public:
  // Valid until the next call, and as long as `bytes`.
  [[nodiscard]] std::string_view feed(std::string_view bytes);
  // What was kept back, when there are no more bytes.
  [[nodiscard]] std::string_view finish();

 private:
  enum class Form : std::uint8_t { unknown, as_it_is, little_endian, big_endian };

  [[nodiscard]] std::string_view begin(bool more);
  [[nodiscard]] std::string_view decode(std::string_view bytes);
  void add_unit(char16_t unit);
  void add(char32_t character);

  Form form_ = Form::unknown;
  std::string kept_;        // the first bytes, as long as they do not tell; or half a unit
  std::string text_;        // what the last call gave out
  char16_t surrogate_ = 0;  // the first half of a pair; 0: none
};

}  // namespace sonde::app
