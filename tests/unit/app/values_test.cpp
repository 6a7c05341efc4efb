// The text of option values: every kind against what people and scripts get wrong.
#include "app/values.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sonde::app {
namespace {

// Wrong for every numeric option.
const std::vector<std::string> kNonsense{"",
                                         "-1",
                                         "-0",
                                         "+1",
                                         "nan",
                                         "NaN",
                                         "inf",
                                         "-inf",
                                         "infinity",
                                         "1e308",
                                         "1e3",
                                         "1,5",
                                         "10xyz",
                                         "xyz",
                                         " 1",
                                         "1 ",
                                         "1\n",
                                         "\t1",
                                         "0x",
                                         "0x1g",
                                         "1.2.3",
                                         "..",
                                         ".",
                                         "1..",
                                         "--",
                                         "1s1",
                                         "1 s",
                                         "1ms2",
                                         "s",
                                         "ms",
                                         "1S",
                                         "1MS",
                                         "1d",
                                         "1ns",
                                         "1min",
                                         "1_000",
                                         "1'000",
                                         "\xc2\xb2",
                                         "\xd9\xa1",
                                         "1\xc2\xa0",
                                         "99999999999999999999999999999999",
                                         "18446744073709551616",
                                         std::string("1\0", 2)};

TEST_CASE("values: nonsense is refused by every numeric option, with a message of one line") {
  for (const std::string& text : kNonsense) {
    CAPTURE(text);
    const std::vector<std::pair<std::string_view, std::string>> messages{
        {"duration", parse_duration(text) ? "" : parse_duration(text).error().message},
        {"count", parse_count(text) ? "" : parse_count(text).error().message},
        {"preload", parse_preload(text) ? "" : parse_preload(text).error().message},
        {"size", parse_size(text) ? "" : parse_size(text).error().message},
        {"ttl", parse_ttl(text) ? "" : parse_ttl(text).error().message},
        {"tos", parse_tos(text) ? "" : parse_tos(text).error().message},
        {"dscp", parse_dscp(text) ? "" : parse_dscp(text).error().message},
        {"ecn", parse_ecn(text) ? "" : parse_ecn(text).error().message},
        {"flow label", parse_flow_label(text) ? "" : parse_flow_label(text).error().message},
        {"mark", parse_mark(text) ? "" : parse_mark(text).error().message},
        {"ident", parse_ident(text) ? "" : parse_ident(text).error().message},
        {"port", parse_port(text) ? "" : parse_port(text).error().message}};
    for (const auto& [kind, message] : messages) {
      CAPTURE(kind);
      CHECK_FALSE(message.empty());
      CHECK(message.find('\n') == std::string::npos);
    }
  }
}

TEST_CASE("values: a duration is seconds, or has a unit") {
  const std::vector<std::pair<std::string_view, Duration>> good{
      {"1", 1s},         {"2", 2s},           {"0.5", 500ms},
      {".5", 500ms},     {"1.", 1s},          {"0.2", 200ms},
      {"200ms", 200ms},  {"1.5s", 1500ms},    {"50us", 50us},
      {"2m", 2min},      {"1h", 1h},          {"0.1ms", 100us},
      {"0.000001", 1us}, {"0.001us", 1ns},    {"100000h", kLongest},
      {"000001", 1s},    {"1.0000000001", 1s}};
  for (const auto& [text, duration] : good) {
    CAPTURE(text);
    REQUIRE(parse_duration(text).has_value());
    CHECK(parse_duration(text)->count() == duration.count());
  }
}

TEST_CASE("values: a duration is more than nothing and less than eleven years") {
  for (const std::string_view text : {"0", "0.0", "0ms", "0h", "0.0000000001", "0.1us0"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text).has_value());
  }
  for (const std::string_view text : {"100001h", "1000000000", "9223372036854775807",
                                      "9223372036854775808", "1000000000000000000000h"}) {
    CAPTURE(text);
    REQUIRE_FALSE(parse_duration(text).has_value());
    CHECK(parse_duration(text).error().message.find("too long") != std::string::npos);
  }
}

TEST_CASE("values: counts go from 1 to what JSON keeps exactly, 0 is told how to be endless") {
  CHECK(parse_count("1").value() == 1);
  CHECK(parse_count("0010").value() == 10);
  CHECK(parse_count("9007199254740992").value() == 9007199254740992U);
  CHECK_FALSE(parse_count("9007199254740993").has_value());
  CHECK_FALSE(parse_count("9223372036854775808").has_value());
  CHECK(parse_count("0").error().hint.find("leave out") != std::string::npos);
}

TEST_CASE("values: limits of the numbers in headers") {
  CHECK(parse_ttl("1").value() == net::Ttl(1));
  CHECK(parse_ttl("255").value() == net::Ttl(255));
  CHECK_FALSE(parse_ttl("0").has_value());
  CHECK_FALSE(parse_ttl("256").has_value());
  CHECK(parse_size("0").value() == 0);
  CHECK(parse_size("65527").value() == 65527);
  CHECK_FALSE(parse_size("65528").has_value());
  CHECK(parse_preload("65536").value() == 65536);
  CHECK_FALSE(parse_preload("0").has_value());
  CHECK_FALSE(parse_preload("65537").has_value());
  CHECK(parse_flow_label("0xfffff").value().value() == 0xfffff);
  CHECK_FALSE(parse_flow_label("0x100000").has_value());
  CHECK(parse_mark("4294967295").value() == 4294967295U);
  CHECK_FALSE(parse_mark("4294967296").has_value());
  CHECK(parse_ident("0xFFFF").value() == net::IcmpIdent(65535));
  CHECK_FALSE(parse_ident("65536").has_value());
  CHECK_FALSE(parse_port("0").has_value());
}

TEST_CASE("values: a TTL that is no number is probably Windows' -t") {
  CHECK(parse_ttl("host.example").error().hint.find("leave out -c") != std::string::npos);
  CHECK(parse_ttl("127.0.0.1").error().hint.find("leave out -c") != std::string::npos);
  CHECK(parse_ttl("300").error().hint.empty());
}

TEST_CASE("values: type of service as number, hexadecimal or the name of a DSCP") {
  CHECK(parse_tos("0").value() == net::Tos(0));
  CHECK(parse_tos("255").value() == net::Tos(255));
  CHECK(parse_tos("0xB8").value() == net::Tos(0xb8));
  CHECK(parse_tos("ef").value() == net::Tos(0xb8));
  CHECK(parse_tos("EF").value() == net::Tos(0xb8));
  CHECK(parse_tos("af41").value() == net::Tos(0x88));
  CHECK(parse_tos("cs5").value() == net::Tos(0xa0));
  CHECK_FALSE(parse_tos("256").has_value());
  CHECK_FALSE(parse_tos("af44").has_value());
  CHECK(parse_dscp("46").value() == 46);
  CHECK(parse_dscp("cs7").value() == 56);
  CHECK_FALSE(parse_dscp("64").has_value());
  CHECK(parse_ecn("ce").value() == 3);
  CHECK(parse_ecn("ect0").value() == 2);
  CHECK_FALSE(parse_ecn("4").has_value());
}

TEST_CASE("values: a pattern is 1 to 16 bytes") {
  CHECK(parse_pattern("ff").value() == std::vector{std::byte{0xff}});
  CHECK(parse_pattern("0").value() == std::vector{std::byte{0}});
  CHECK(parse_pattern("00fF55").value() ==
        std::vector{std::byte{0}, std::byte{0xff}, std::byte{0x55}});
  CHECK(parse_pattern(std::string(32, 'a')).value().size() == 16);
  for (const std::string& text :
       {std::string(), std::string("abc"), std::string("g0"), std::string("-1"), std::string("0x"),
        std::string("+1"), std::string(34, 'a')}) {
    CAPTURE(text);
    CHECK_FALSE(parse_pattern(text).has_value());
  }
}

TEST_CASE("values: what was typed reaches a message without control characters") {
  CHECK(in_quotes("a\x1b[31m\n").find('\x1b') == std::string::npos);
  CHECK(parse_count("\x1b]0;x\a").error().message.find('\x1b') == std::string::npos);
}

}  // namespace
}  // namespace sonde::app
