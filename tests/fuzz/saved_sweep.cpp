// saved_sweep.cpp: fuzzes what --resume and --merge read: a line of NDJSON, and a document.
#include "sonde/report/saved_sweep.hpp"

#include <algorithm>
#include <string>

#include "sonde/report/json_tree.hpp"
#include "tests/support/fuzz.hpp"

using namespace sonde;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const report::SavedSweepSink sink{
      .on_target = [](const report::SavedSweepTarget& saved) -> report::SavedSweepSink::Answer {
        test::expect(saved.target.index < net::AddressList::kMax);
        return std::nullopt;
      },
      .on_event = [](const report::SavedEvent& saved) -> report::SavedSweepSink::Answer {
        report::JsonValue again;  // what is told again is whole, one line, and harmless
        test::expect(report::parse_json(saved.line, again));
        test::expect(std::ranges::none_of(
            saved.line, [](char c) { return static_cast<unsigned char>(c) < ' '; }));
        return std::nullopt;
      },
      .on_end = [](const report::SavedEnd& end) -> report::SavedSweepSink::Answer {
        test::expect(end.rtt.count() == end.quantiles.count());
        return std::nullopt;
      }};
  for (const auto& result :
       {report::read_saved_line(text, sink), report::read_saved_document(text, sink)}) {
    test::expect(result.has_value() || !result.error().empty());
  }
  return 0;
}
