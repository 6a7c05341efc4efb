// json_tree.cpp: JSON text as a tree of values, and as text again.
#include "sonde/report/json_tree.hpp"

#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <string>

namespace sonde::report {
namespace {

// What is read of a text, as text again; "no" when it is refused.
std::string again(std::string_view text) {
  JsonValue root;
  std::string out;
  if (!parse_json(text, root)) {
    return "no";
  }
  append_json(out, root);
  return out;
}

TEST_CASE("json_tree: what is read is written as it was") {
  constexpr auto kTexts = std::to_array<std::string_view>(
      {R"({"a":null,"b":[true,false,{}],"c":"x","d":-1.5})", "18446744073709551615", "0.1",
       "1.7976931348623157e+308", "5e-324", "-7.0", "-0.0", R"("\u0007")"});
  for (const std::string_view text : kTexts) {
    CHECK(again(text) == text);
  }
}

TEST_CASE("json_tree: a number beyond a double's range is refused however it is written") {
  CHECK(again("1e362") == "no");
  CHECK(again("1" + std::string(62, '0') + "e300") == "no");
  CHECK(again("-1" + std::string(400, '0')) == "no");
  CHECK(again("[1" + std::string(62, '0') + ".5e300]") == "no");
  CHECK(again("-18446744073709551616") == "-1.8446744073709552e+19");
  CHECK(again("18446744073709551616") == "1.8446744073709552e+19");
}

TEST_CASE("json_tree: a double is read to the last bit") {
  JsonValue root;
  REQUIRE(parse_json("[0.00407,2.2250738585072014e-308,123456789.12345679]", root));
  REQUIRE(root.items.size() == 3);
  CHECK(root.items[0].number == 0.00407);
  CHECK(root.items[1].number == std::numeric_limits<double>::min());
  CHECK(root.items[2].number == 123456789.12345679);
}

TEST_CASE("json_tree: a text in pieces is the same text") {
  constexpr std::string_view kText = R"({"a":[1.5,"x\u00e9y",null],"b":{"c":12345}})";
  for (std::size_t size = 1; size <= kText.size(); ++size) {
    std::string_view rest = kText;
    std::string piece;
    const JsonPieces next = [&]() -> std::string_view {
      piece = rest.substr(0, size);  // what was given before is gone
      rest.remove_prefix(piece.size());
      return piece;
    };
    JsonValue root;
    REQUIRE(parse_json(next, root));
    std::string out;
    append_json(out, root);
    CHECK(out == again(kText));
  }
  JsonValue root;
  CHECK_FALSE(parse_json(JsonPieces([] { return std::string_view(); }), root));
}

TEST_CASE("json_tree: text that nests too deep is refused, not followed") {
  CHECK(again(std::string(100, '[') + std::string(100, ']')) == "no");
  CHECK(again("[[[1]]]") == "[[[1]]]");
}

}  // namespace
}  // namespace sonde::report
