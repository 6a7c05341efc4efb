#include "sonde/report/folded.hpp"

#include <algorithm>

namespace sonde::report {
namespace {

constexpr std::size_t kFewest = 20;
constexpr char kEscape = '\x1b';

// Where the character, or the colour sequence, that begins at `at` ends.
[[nodiscard]] std::size_t next(std::string_view line, std::size_t at) noexcept {
  constexpr unsigned kTopBits = 0xc0;
  constexpr unsigned kInside = 0x80;
  if (line[at] == kEscape) {
    return std::min(line.find('m', at), line.size() - 1) + 1;
  }
  do {
    ++at;
  } while (at < line.size() && (static_cast<unsigned char>(line[at]) & kTopBits) == kInside);
  return at;
}

// How much of the line fits; all of it, if it does.
[[nodiscard]] std::size_t fitting(std::string_view line, std::size_t columns) noexcept {
  std::size_t at = 0;
  for (std::size_t used = 0; at < line.size(); at = next(line, at)) {
    used += line[at] == kEscape ? 0 : 1;
    if (used > columns) {
      break;
    }
  }
  return at;
}

// The blank to break at, whose line is too long; npos: none. Blanks at its beginning are no place.
[[nodiscard]] std::size_t place(std::string_view line, std::size_t fits) noexcept {
  const std::size_t first = line.find_first_not_of(' ');
  const std::size_t wide = line.rfind("  ", fits);
  if (wide != std::string_view::npos && wide > fits / 2 && wide > first) {
    return wide;
  }
  const std::size_t blank = line.rfind(' ', fits);
  return blank != std::string_view::npos && blank > first ? blank : line.find(' ', fits);
}

void fold_line(std::string_view line, std::size_t columns, std::string& out) {
  const std::string indent(kFoldIndent, ' ');
  std::size_t room = columns;
  while (true) {
    const std::size_t fits = fitting(line, room);
    const std::size_t at = fits == line.size() ? std::string_view::npos : place(line, fits);
    out += line.substr(0, at == std::string_view::npos ? at : line.find_last_not_of(' ', at) + 1);
    const std::size_t rest = at == std::string_view::npos ? at : line.find_first_not_of(' ', at);
    if (rest == std::string_view::npos) {
      return;
    }
    out += '\n' + indent;
    line.remove_prefix(rest);
    room = columns - kFoldIndent;
  }
}

}  // namespace

std::string folded(std::string_view text, std::size_t columns) {
  if (columns < kFewest) {
    return std::string(text);
  }
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    fold_line(text.substr(0, end), columns, out);
    if (end < text.size()) {
      out += '\n';
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace sonde::report
