#include "sonde/report/clean_text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sonde/base/random.hpp"

namespace sonde::report {
namespace {

std::string ascii(std::string raw) {
  return terminal_text(Untrusted(std::move(raw)), Utf8Terminal::no);
}
std::string utf8(std::string raw) {
  return terminal_text(Untrusted(std::move(raw)), Utf8Terminal::yes);
}
std::string json_literal(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST_CASE("clean text: a plain host name stays as it is") {
  CHECK(ascii("r1.example_net-2.") == "r1.example_net-2.");
  CHECK(utf8("r1.example") == "r1.example");
}

TEST_CASE("clean text: control characters are escaped byte by byte on any terminal") {
  CHECK(ascii("a\x1b[31mb") == "a\\x1b[31mb");
  CHECK(utf8("a\nb\rc\td\x7f") == "a\\x0ab\\x0dc\\x09d\\x7f");
  CHECK(utf8(std::string("nul\0here", 8)) == "nul\\x00here");
  CHECK(utf8("\xc2\x9b"
             "31m") == "\\xc2\\x9b31m");  // C1: CSI
}

TEST_CASE("clean text: letters beyond ASCII stay only on a UTF-8 terminal") {
  CHECK(utf8("b\u00fccher.\u4f8b") == "b\u00fccher.\u4f8b");
  CHECK(ascii("b\u00fccher") == "b\\xc3\\xbccher");
}

TEST_CASE("clean text: what hides, reorders or combines is escaped even there") {
  CHECK(utf8("\xe2\x80\xaegnp") == "\\xe2\\x80\\xaegnp");  // right-to-left override
  CHECK(utf8("a\u200bb") == "a\\xe2\\x80\\x8bb");          // zero width space
  CHECK(utf8("e\u0301") == "e\\xcc\\x81");                 // combining acute
  CHECK(utf8("\xe2\x81\xa6x") == "\\xe2\\x81\\xa6x");      // isolate
  CHECK(utf8("\ufeff") == "\\xef\\xbb\\xbf");              // byte order mark
  CHECK(utf8("\u00a0") == "\\xc2\\xa0");                   // no-break space
}

TEST_CASE("clean text: invalid UTF-8 is escaped byte by byte") {
  CHECK(utf8("\xff\xfe") == "\\xff\\xfe");
  CHECK(utf8("\xc3") == "\\xc3");
  CHECK(utf8("\xc0\xaf") == "\\xc0\\xaf");                    // overlong slash
  CHECK(utf8("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // surrogate
  CHECK(utf8("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond U+10FFFF
}

TEST_CASE("clean text: at most 253 columns, wide letters count two, no escape is cut") {
  CHECK(ascii(std::string(1000, 'a')).size() == 253);
  CHECK(ascii(std::string(1000, '\x01')).size() == 252);
  std::string wide;
  for (int i = 0; i < 500; ++i) {
    wide += "\u4f8b";
  }
  CHECK(utf8(wide).size() == 126 * 3);
}

TEST_CASE("clean text: an empty name and a lone dot are no names") {
  CHECK_FALSE(terminal_name(Untrusted(""), Utf8Terminal::no));
  CHECK_FALSE(terminal_name(Untrusted("."), Utf8Terminal::no));
  CHECK_FALSE(json_name(Untrusted(".")));
  CHECK(terminal_name(Untrusted("a."), Utf8Terminal::no) == "a.");
}

TEST_CASE("clean text: JSON keeps the raw bytes as hex only when the text cannot") {
  CHECK(json_text(Untrusted("b\u00fc")).text == "b\u00fc");
  CHECK_FALSE(json_text(Untrusted("b\u00fc")).hex);
  const JsonText bad = json_text(Untrusted("a\xff\xc3z"));
  CHECK(bad.text == "a\ufffd\ufffdz");
  CHECK(bad.hex == "61ffc37a");
}

TEST_CASE("clean text: a JSON literal shows no control, bidi or zero-width character raw") {
  CHECK(json_literal("a\"b\\c") == R"("a\"b\\c")");
  CHECK(json_literal("\x1b\x7f\u009b\xe2\x80\xae") == R"("\u001b\u007f\u009b\u202e")");
  CHECK(json_literal("\U0001f600") == R"("\ud83d\ude00")");
  CHECK(json_literal("\xff") == R"("\ufffd")");
}

TEST_CASE(
    "clean text: whatever the bytes, no control byte comes out and JSON reads back the text") {
  SeededRng rng(7);
  for (int round = 0; round < 10'000; ++round) {
    std::string raw(rng.below(40), '\0');
    for (char& c : raw) {
      c = static_cast<char>(rng.below(3) == 0 ? rng.below(256) : 0xC0 + rng.below(0x40));
    }
    const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    const auto beyond_ascii = [](unsigned char c) { return c >= 0x80; };
    const Untrusted text_of_others(raw);
    REQUIRE(std::ranges::none_of(terminal_text(text_of_others, Utf8Terminal::yes), control));
    REQUIRE(std::ranges::none_of(terminal_text(text_of_others, Utf8Terminal::no), control));
    REQUIRE(std::ranges::none_of(terminal_text(text_of_others, Utf8Terminal::no), beyond_ascii));
    const std::string text = json_text(Untrusted(raw)).text;
    REQUIRE(nlohmann::json::parse(json_literal(text)).get<std::string>() == text);
  }
}

}  // namespace
}  // namespace sonde::report
