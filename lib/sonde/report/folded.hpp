// folded.hpp: lines that are longer than a terminal is wide, broken where they may be.
// In:  whole lines, with colours and UTF-8; each character is taken to be one column wide.
// Out: the same with line breaks at blanks, what goes on behind one indented by kFoldIndent; rather
//      where two blanks are, as between the times of a hop. A longer word stays whole.
// Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sonde::report {

inline constexpr std::size_t kFoldIndent = 4;

// 0 columns, or too few to read anything: the text as it is.
[[nodiscard]] std::string folded(std::string_view text, std::size_t columns);

}  // namespace sonde::report
