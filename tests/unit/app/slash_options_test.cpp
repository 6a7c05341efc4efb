// ping.exe's spelling, which only Windows builds take, put into ours.
#include "app/slash_options.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <sstream>
#include <string>
#include <vector>

#include "app/cli.hpp"
#include "app/help.hpp"
#include "app/options.hpp"
#include "app/trace_options.hpp"

namespace sonde::app {
namespace {

using Words = std::vector<std::string>;

Words plain(const Words& typed) {
  const auto words = without_slashes(Mode::ping, typed);
  REQUIRE_MESSAGE(words.has_value(), words.error().message);
  return *words;
}

std::string refusal(const Words& typed) {
  const auto words = without_slashes(Mode::ping, typed);
  return words ? "" : words.error().message;
}

PingOptions options(const Words& typed) {
  const auto line = read_command_line(Mode::ping, plain(typed));
  REQUIRE(line.has_value());
  const auto read = read_ping_options(*line);
  REQUIRE_MESSAGE(read.has_value(), read.error().message);
  return *read;
}

TEST_CASE("slash: every letter has ping.exe's meaning and unit") {
  const PingOptions read = options({"/n", "3", "/l", "32", "/i", "7", "/v", "16", "/w", "1500",
                                    "/S", "127.0.0.1", "/4", "/a", "/f", "127.0.0.2"});
  CHECK(read.count == 3);
  CHECK(read.size == 32);
  CHECK(read.ttl == net::Ttl(7));
  CHECK(read.tos == net::Tos(16));
  CHECK(read.timeout == 1500ms);
  CHECK(read.source == "127.0.0.1");
  CHECK(read.ipv4);
  CHECK(read.resolve);
  CHECK(read.df);
  CHECK(read.targets == Words{"127.0.0.2"});
  CHECK(options({"/t", "/6", "::1"}).endless);
  CHECK(options({"/6", "::1"}).ipv6);
  CHECK(options({"/r", "4", "127.0.0.1"}).record_route == std::uint8_t{4});
  const auto stamps = options({"/s", "2", "127.0.0.1"}).timestamp_option;
  REQUIRE(stamps.has_value());
  CHECK(stamps->what == TimestampOption::and_address);
  CHECK(stamps->slots == 2);
  CHECK(plain({"/?"}) == Words{"--help"});
}

TEST_CASE("slash: the options of a dash keep their meaning beside it") {
  const PingOptions read = options({"-w", "2", "/w", "200", "-t", "9", "/t", "127.0.0.1"});
  CHECK(read.deadline == 2s);
  CHECK(read.timeout == 200ms);
  CHECK(read.ttl == net::Ttl(9));
  CHECK(read.endless);
}

TEST_CASE("slash: what is a value, or stands behind two dashes, is no option") {
  CHECK(plain({"--output", "/t", "-j", "h"}) == Words{"--output", "/t", "-j", "h"});
  CHECK(plain({"-jI", "/n", "h"}) == Words{"-jI", "/n", "h"});
  CHECK(plain({"--output=/x", "/t"}) == Words{"--output=/x", "--endless"});
  CHECK(plain({"-c3", "/t"}) == Words{"-c3", "--endless"});
  CHECK(plain({"-q", "/t"}) == Words{"-q", "--endless"});
  CHECK(plain({"-R", "/4"}) == Words{"-R", "--ipv4"});
  CHECK(plain({"/f", "--", "/t"}) == Words{"--df", "--", "/t"});
  CHECK(plain({"--nosuch", "/t"}) == Words{"--nosuch", "--endless"});
  CHECK(plain({}).empty());
}

TEST_CASE("slash: what nobody knows, or lacks its value, is refused") {
  CHECK(refusal({"/x"}) == "there is no option '/x'");
  CHECK(refusal({"/"}) == "there is no option '/'");
  CHECK(refusal({"/nn", "3"}) == "there is no option '/nn'");
  CHECK(refusal({"/tmp/file"}) == "there is no option '/tmp/file'");
  CHECK(refusal({"h", "/n"}) == "/n needs a value");
  CHECK(refusal({"/n", "three", "h"}) ==
        "/n COUNT: 'three' is not a whole number from 1 to 4294967295");
  CHECK(refusal({"/w", "1s", "h"}).starts_with("/w MS: '1s' is not a whole number"));
  CHECK(refusal({"/n", "/t", "h"}).starts_with("/n COUNT: '/t' is not a whole number"));
}

TEST_CASE("slash: the hint says what was meant, where that can be told") {
  const auto hint = [](const char* typed) {
    const auto words = without_slashes(Mode::ping, Words{typed, "host"});
    REQUIRE_FALSE(words.has_value());
    return words.error().hint;
  };
  CHECK(hint("/N") == "did you mean /n?");
  CHECK(hint("/n5") == "the value stands apart: /n 5");
  CHECK(hint("/w:500") == "the value stands apart: /w 500");
  CHECK(hint("/l=32") == "the value stands apart: /l 32");
  CHECK(hint("/k") == "ping.exe's /k is not in sonde");
  CHECK(hint("/R") == "ping.exe's /R is not in sonde");
  for (const char* typed : {"/x", "/", "/tmp/x", "/n:", "/t5", "/help"}) {
    CAPTURE(typed);
    CHECK(hint(typed).empty());
  }
}

TEST_CASE("slash: a number beyond its range is refused by the name that was typed") {
  for (const SlashOption& option : slash_options(Mode::ping)) {
    if (option.most == 0) {
      continue;
    }
    CAPTURE(option.letter);
    const std::string typed = {'/', option.letter};
    CHECK(refusal({typed, std::to_string(option.most + 1)}).starts_with(typed + ' '));
    CHECK(refusal({typed, "-1"}).starts_with(typed + ' '));
    // What is in the range is in that of our option as well.
    for (const std::uint64_t value : {option.least, option.most}) {
      const auto line = read_command_line(Mode::ping, plain({typed, std::to_string(value)}));
      REQUIRE(line.has_value());
      CHECK(read_ping_options(*line).has_value());
    }
  }
}

TEST_CASE("slash: messages name an option as it was typed") {
  const auto spellings =
      slash_spellings(Mode::ping, Words{"/r", "3", "-j", "/s", "2", "/tmp", "/", "host"});
  REQUIRE(spellings.size() == 2);
  CHECK(spellings[0].ours == "-R, --record-route");
  CHECK(spellings[0].typed == "/r");
  CHECK(spellings[1].ours == "-T, --timestamp-option");
  CHECK(spellings[1].typed == "/s");
}

TEST_CASE("slash: a sweep has files behind a slash, and no options") {
  const auto sweep = [](const Words& typed) {
    const auto words = without_slashes(Mode::sweep, typed);
    return words ? fmt::format("{}", fmt::join(*words, " ")) : words.error().message;
  };
  CHECK(sweep({"--merge", "/tmp/part1", "/x"}) == "--merge /tmp/part1 /x");
  CHECK(sweep({"-f", "/n", "-c", "2"}) == "-f /n -c 2");
  CHECK(sweep({"--", "/n"}) == "-- /n");
  CHECK(sweep({"/?"}) == "--help");
  for (const SlashOption& option : slash_options(Mode::ping)) {
    const std::string typed = {'/', option.letter};
    if (option.before != "--help") {
      CHECK(sweep({typed, "1", "127.0.0.1"}) ==
            "'" + typed + "' is an option of ping.exe and 'sonde ping'");
    }
  }
}

TEST_CASE("slash: every row is in the help, within 80 columns") {
  for (const Mode mode : {Mode::ping, Mode::trace}) {
    const std::string help = slash_help(mode);
    for (const SlashOption& option : slash_options(mode)) {
      CAPTURE(option.letter);
      CHECK(help.find(std::string("\n  /") + option.letter + ' ') != std::string::npos);
    }
    std::istringstream lines(help);
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(line.size() <= kHelpColumns);
    }
  }
  CHECK(slash_help(Mode::sweep).empty());
}

TEST_CASE("slash: a trace has the letters of tracert") {
  const auto trace = [](const Words& typed) {
    const auto words = without_slashes(Mode::trace, typed);
    return words ? fmt::format("{}", fmt::join(*words, " ")) : words.error().message;
  };
  CHECK(trace({"/d", "/h", "12", "/w", "500", "/S", "127.0.0.1", "/4", "host"}) ==
        "--numeric --max-ttl=12 --timeout=500ms --source=127.0.0.1 --ipv4 host");
  CHECK(trace({"/6", "::1"}) == "--ipv6 ::1");
  CHECK(trace({"/?"}) == "--help");
  CHECK(trace({"-m", "/d", "--", "/d"}) == "-m /d -- /d");
  CHECK(trace({"/h", "256", "host"}) == "/h HOPS: '256' is not a whole number from 1 to 255");
  CHECK(trace({"host", "/h"}) == "/h needs a value");
  CHECK(trace({"/n", "4", "host"}) == "there is no option '/n'");
  const auto hint = [](const char* typed) {
    return without_slashes(Mode::trace, Words{typed, "host"}).error().hint;
  };
  CHECK(hint("/D") == "did you mean /d?");
  CHECK(hint("/h20") == "the value stands apart: /h 20");
  CHECK(hint("/j") == "tracert.exe's /j is not in sonde");
  CHECK(hint("/R") == "tracert.exe's /R is not in sonde");
}

TEST_CASE("slash: what tracert's letters become, a trace's options take") {
  for (const SlashOption& option : slash_options(Mode::trace)) {
    CAPTURE(option.letter);
    const std::string typed = {'/', option.letter};
    const Words words = option.value_name.empty() ? Words{typed}
                        : option.most == 0        ? Words{typed, "127.0.0.1"}
                                                  : Words{typed, std::to_string(option.most)};
    const auto plain_words = without_slashes(Mode::trace, words);
    REQUIRE(plain_words.has_value());
    const auto line = read_command_line(Mode::trace, *plain_words);
    REQUIRE(line.has_value());
    CHECK(read_trace_options(*line).has_value());
  }
  const auto spellings = slash_spellings(Mode::trace, Words{"/h", "3", "/n", "host"});
  REQUIRE(spellings.size() == 1);
  CHECK(spellings[0].ours == "-m, --max-ttl");
  CHECK(slash_spellings(Mode::sweep, Words{"/n", "host"}).empty());
}

TEST_CASE("ttl: a host where the TTL should be gets the hint that ping.exe's users need") {
  const auto line = read_command_line(Mode::ping, Words{"-t", "host.example"});
  REQUIRE(line.has_value());
  const auto read = read_ping_options(*line);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().hint ==
        "-t takes a TTL; for an endless ping leave out -c (or use /t on Windows)");
  const auto number = read_command_line(Mode::ping, Words{"-t", "300", "host.example"});
  REQUIRE(number.has_value());
  CHECK(read_ping_options(*number).error().hint.empty());
}

}  // namespace
}  // namespace sonde::app
