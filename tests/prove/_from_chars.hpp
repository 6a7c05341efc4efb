// _from_chars.hpp: what libc++ lacks before version 20, std::from_chars for double, by strtod in
// the locale "C". OSS-Fuzz's libc++ has it; tests/prove/oss_fuzz.py includes this before every file
// where the one that Debian has is older.
#pragma once

#include <charconv>

#if defined(_LIBCPP_VERSION) && _LIBCPP_VERSION < 200000
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <string>

namespace std {
inline from_chars_result from_chars(const char* first, const char* last, double& value,
                                    chars_format format = chars_format::general) {
  const string text(first, last);
  const bool digits = !text.empty() && (isdigit(static_cast<unsigned char>(text[0])) != 0 ||
                                        text[0] == '-' || text[0] == '.');
  const auto end = format == chars_format::fixed ? text.find_first_of("eEpPxX") : text.npos;
  const string part = text.substr(0, end);
  char* stop = nullptr;
  const double read = digits ? strtod(part.c_str(), &stop) : 0;
  if (!digits || stop == part.c_str()) {
    return {first, errc::invalid_argument};
  }
  if (!isfinite(read)) {
    return {first + (stop - part.c_str()), errc::result_out_of_range};
  }
  value = read;
  return {first + (stop - part.c_str()), errc{}};
}
}  // namespace std
#endif
