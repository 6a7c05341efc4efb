// line_splitter.hpp: lines out of pieces of a file, as they are read. In: chunks of any size. Out:
// each line without its line feed, with its number from 1; finish() gives a last line without one.
// Lines longer than `longest` are cut there: no target is that long. Memory: one line. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sonde::app {

class LineSplitter {
 public:
  static constexpr std::size_t kLongest = 65'536;

  explicit LineSplitter(std::size_t longest = kLongest) : longest_(longest) {}

  // `on_line`: callable with (line, number); the view is valid during the call.
  template <typename OnLine>
  void feed(std::string_view chunk, OnLine on_line) {
    while (!chunk.empty()) {
      const std::size_t end = chunk.find('\n');
      const std::string_view piece = chunk.substr(0, end);
      if (end == std::string_view::npos) {
        keep(piece);
        return;
      }
      if (rest_.empty()) {
        on_line(piece, ++number_);
      } else {
        keep(piece);
        on_line(std::string_view(rest_), ++number_);
        rest_.clear();
      }
      chunk.remove_prefix(end + 1);
    }
  }
  template <typename OnLine>
  void finish(OnLine on_line) {
    if (!rest_.empty()) {
      on_line(std::string_view(rest_), ++number_);
      rest_.clear();
    }
  }

 private:
  void keep(std::string_view piece) {
    rest_ += piece.substr(0, std::min(piece.size(), longest_ - rest_.size()));
  }

  std::size_t longest_;
  std::string rest_;
  std::uint64_t number_ = 0;
};

}  // namespace sonde::app
