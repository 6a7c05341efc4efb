// json_writer.cpp: commas, brackets and values, to the letter.
#include "sonde/report/json_writer.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

namespace sonde::report {
namespace {

TEST_CASE("json writer: a comma stands between members and elements, and nowhere else") {
  JsonWriter json;
  json.begin_object();
  json.begin_object("sweep_document.options");
  json.end_object();
  json.begin_array("sweep_document.targets");
  json.begin_object();
  json.put("sweep_counts.sent", 1U);
  json.put("sweep_counts.lost", std::numeric_limits<std::uint64_t>::max());
  json.end_object();
  json.begin_object();
  json.end_object();
  json.end_array();
  json.begin_array("rtt_sketch.exact_ns");
  json.element(std::uint64_t{7});
  json.element(std::uint64_t{8});
  json.end_array();
  json.put_null("sweep_target.error");
  json.end_object();
  json.end_line();
  CHECK(json.text() == R"({"options":{},"targets":[{"sent":1,"lost":18446744073709551615},{}],)"
                       R"("exact_ns":[7,8],"error":null})"
                       "\n");
  json.clear();
  json.begin_object();
  json.end_object();
  CHECK(json.text() == "{}");  // another line begins without a comma
}

TEST_CASE("json writer: a document handed on in pieces is whole") {
  JsonWriter json;
  std::string all;
  json.begin_object();
  json.begin_array("sweep_document.targets");
  for (int i = 0; i < 3; ++i) {
    json.begin_object();
    json.end_object();
    all += json.text();
    json.clear();
  }
  json.end_array();
  json.end_object();
  all += json.text();
  CHECK(all == R"({"targets":[{},{},{}]})");
}

TEST_CASE("json writer: numbers, times and text") {
  JsonWriter json;
  json.begin_object();
  json.put("sweep_target.loss_ratio", 0.0);
  json.put("sweep_target.loss_ratio", -0.0);
  json.put("sweep_target.loss_ratio", 0.3);
  json.put("sweep_target.loss_ratio", 1e-9);
  json.put("sweep_target.loss_ratio", std::nan(""));
  json.put("check.actual", std::numeric_limits<std::int64_t>::min());
  json.put("sweep_rtt.min", Duration(1));
  json.put("sweep_rtt.min", Duration(-1'500'000));
  json.put("sweep_rtt.min", Duration(2'000'000'000));
  json.put("sweep_rtt.min", Duration(30'500));
  json.put("check.pass", true);
  json.put("sweep_target.input", std::string_view("a\"b\\c\x1b\n\xc3\xa9."));
  json.end_object();
  CHECK(json.text() ==
        R"({"loss_ratio":0.0,"loss_ratio":-0.0,"loss_ratio":0.3,"loss_ratio":1e-9,)"
        R"("loss_ratio":null,"actual":-9223372036854775808,"min":0.000001,"min":-1.5,)"
        R"("min":2000.0,"min":0.0305,"pass":true,"input":"a\"b\\c\u001b\u000aé."})");
}

TEST_CASE("json writer: a long text is not cut") {
  JsonWriter json;
  const std::string text(100'000, 'x');
  json.begin_object();
  json.put("sweep_target.input", std::string_view(text));
  json.end_object();
  CHECK(json.text() == R"({"input":")" + text + R"("})");
}

}  // namespace
}  // namespace sonde::report
