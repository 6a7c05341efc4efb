// target_text.cpp: fuzzes the lines of a target file: splitting, the first word, every kind of
// target.
#include "app/target_text.hpp"

#include <string>
#include <vector>

#include "app/line_splitter.hpp"
#include "tests/support/fuzz.hpp"

using namespace sonde;

namespace {

void check_target(std::string_view word) {
  const app::NumericAddress numeric = [](const std::string& text) {
    return net::Address::parse(text);
  };
  const auto target = app::parse_target(word, numeric);
  if (!target) {
    test::expect(!target.error().message.empty() && !target.error().message.contains('\n'));
    return;
  }
  test::expect(target->text == word);
  if (target->range) {
    test::expect(target->range->count >= 1);
    test::expect(net::AddressRange::between(target->range->first, target->range->last()) ==
                 target->range);
  }
}

std::vector<std::string> lines_of(std::string_view text, std::size_t piece) {
  app::LineSplitter splitter;
  std::vector<std::string> lines;
  const auto keep = [&lines](std::string_view line, std::uint64_t number) {
    lines.emplace_back(line);
    test::expect(number == lines.size());
  };
  for (std::size_t at = 0; at < text.size(); at += piece) {
    splitter.feed(text.substr(at, piece), keep);
  }
  splitter.finish(keep);
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMost = 4096;
  const std::string text(data, data + std::min(size, kMost));
  const auto lines = lines_of(text, text.size() + 1);
  test::expect(lines == lines_of(text, 1) && lines == lines_of(text, 3));  // however it comes
  for (const std::string& line : lines) {
    const std::string_view word = app::target_of_line(line);
    if (!word.empty()) {
      check_target(word);
    }
  }
  return 0;
}
