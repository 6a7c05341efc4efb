// What a target can be, and what it cannot.
#include "app/target_text.hpp"

#include <doctest/doctest.h>

#include "app/sweep_policy.hpp"

namespace sonde::app {
namespace {

std::optional<net::Address> numeric(const std::string& text) { return net::Address::parse(text); }
net::AddressRange range_of(std::string_view text) {
  return parse_target(text, numeric).value().range.value();
}
net::Address at(std::string_view text) { return net::Address::parse(text).value(); }

TEST_CASE("target: an address, a prefix, a range, a name") {
  CHECK(range_of("192.0.2.1") == net::AddressRange{.first = at("192.0.2.1"), .count = 1});
  CHECK(range_of("192.0.2.77/24") == net::AddressRange{.first = at("192.0.2.1"), .count = 254});
  CHECK(range_of("192.0.2.1-192.0.3.0").count == 256);
  CHECK(range_of("192.0.2.1-20").count == 20);
  CHECK(range_of("2001:db8::1-2001:db8::ff").count == 255);
  for (const char* name : {"host", "a-b.example", "1.2.3.4-dsl.example.net", "1-2-3-4.example"}) {
    CAPTURE(name);
    CHECK_FALSE(parse_target(name, numeric).value().range.has_value());
  }
}

TEST_CASE("target: what is neither") {
  for (const char* text :
       {"", "10.0.0.256", "10.0.0", "1.2.3.4/33", "x/24", "1.2.3.4/", "1.2.3.9-1.2.3.1",
        "1.2.3.4-::1", "1.2.3.4-300", "1::2::3", "2001:db8::/64", "a b", "a\x01", "10.0.0.1-"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_target(text, numeric).has_value());
  }
}

TEST_CASE("target: a name has 253 characters at most, and a refusal does not repeat the rest") {
  const std::string longest(253, 'a');
  REQUIRE(parse_target(longest, numeric).has_value());
  CHECK(parse_target(longest, numeric)->text == longest);
  for (const std::size_t size : {254U, 100'000U}) {
    for (const char letter : {'a', '-', '1', ',', ':', '%'}) {
      CAPTURE(size);
      CAPTURE(letter);
      const auto refused = parse_target(std::string(size, letter), numeric);
      REQUIRE_FALSE(refused.has_value());
      CHECK(refused.error().message.size() < 400);
    }
  }
}

TEST_CASE("target: other spellings of an IPv4 address are refused, with the one to use") {
  const auto read = [](std::string_view text) {
    const auto target = parse_target(text, numeric);
    return target ? "a name" : target.error().message;
  };
  for (const char* text :
       {"127.1", "127.0.1", "0x7f000001", "0X7F.1", "2130706433", "0x7f.0.0.1", "127.0.0.01"}) {
    CAPTURE(text);
    CHECK(read(text).ends_with(": an address is four decimal numbers: 127.0.0.1"));
  }
  CHECK(read("192.168.0.09").ends_with("numbers: 192.168.0.9"));
  CHECK(read("010.001.002.003")
            .ends_with(": 8.1.2.3 if its zeros mean octal, 10.1.2.3 if they only fill"));
  for (const char* text : {"0x", "0xg", "0x7f.host", "0x7f000001.example", "0x100000000"}) {
    CAPTURE(text);
    CHECK(read(text) == "a name");
  }
  for (const char* text : {"5", "1.2.3.4.5", "4294967296", "10.0.0.300", "10.256.1"}) {
    CAPTURE(text);
    CHECK(read(text).ends_with("neither an address nor a name"));
  }
  CHECK(parse_target("a.example,b.example", numeric).error().hint.starts_with("targets are sep"));
}

TEST_CASE("target: the first word of a line, as fping") {
  CHECK(target_of_line("  192.0.2.1\tthe router\r") == "192.0.2.1");
  CHECK(target_of_line("host\r") == "host");
  CHECK(target_of_line("# 192.0.2.1").empty());
  CHECK(target_of_line("  #x").empty());
  CHECK(target_of_line(" \r").empty());
}

TEST_CASE("sweep policy: what is refused, and what asks for it") {
  SweepPolicy policy{.rate = {.per_second = 1000}};
  const auto why = [&policy](std::string_view text) { return refuse(policy, range_of(text)); };
  CHECK_FALSE(why("192.0.2.0/24").has_value());
  CHECK(why("224.0.0.1")->hint.contains("--allow multicast"));
  CHECK(why("223.255.255.0-224.0.0.9")->hint.contains("--allow multicast"));
  CHECK(why("0.1.2.3")->hint.contains("--allow zero"));
  CHECK(why("255.255.255.255")->hint.contains("-b"));
  CHECK(why("::")->hint.contains("::1"));
  policy.allowed = {.multicast = true, .zero = true};
  CHECK_FALSE(why("224.0.0.1").has_value());
  CHECK_FALSE(why("0.1.2.3").has_value());
  policy.interval = 2ms;
  CHECK(why("224.0.0.1")->message.contains("many hosts at once"));
  CHECK_FALSE(why("192.0.2.0/24").has_value());
  policy.broadcast = true;
  CHECK(why("192.0.2.0/24")->hint.contains("leave out -b"));
  CHECK_FALSE(why("2001:db8::/120").has_value());
  CHECK_FALSE(why("127.0.0.0/24").has_value());
  policy.trusted = true;
  CHECK_FALSE(why("192.0.2.0/24").has_value());
  policy.trusted = policy.broadcast = false;
  policy.interval.reset();
  policy.rate = {};
  CHECK(why("192.0.2.1")->hint.contains("--allow fast"));
  CHECK(why("2001:db8::1")->hint.contains("--allow fast"));
  CHECK_FALSE(why("::1").has_value());
  CHECK_FALSE(why("127.0.0.0/8").has_value());
  CHECK(refuse_many(policy, 65'537)->hint.contains("--allow many"));
  CHECK_FALSE(refuse_many(policy, 65'536).has_value());
}

}  // namespace
}  // namespace sonde::app
