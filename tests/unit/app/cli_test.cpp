// Words into options and operands.
#include "app/cli.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "app/suggest.hpp"

namespace sonde::app {
namespace {

using Words = std::vector<std::string>;

std::expected<CommandLine, UsageError> read(const Words& words) {
  return read_command_line(Mode::ping, words);
}

std::string value_of(const Words& words, OptionId id) {
  const auto line = read(words);
  REQUIRE(line.has_value());
  const GivenOption* given = line->find(id);
  REQUIRE(given != nullptr);
  return given->value;
}

std::string message_of(const Words& words) {
  const auto line = read(words);
  REQUIRE_FALSE(line.has_value());
  return line.error().message;
}

TEST_CASE("option table: names and letters are unique in a mode, and every letter has a name") {
  for (const Mode mode : {Mode::ping, Mode::trace, Mode::sweep}) {
    std::set<std::string_view> names;
    std::set<char> letters;
    for (const OptionSpec& spec : option_table()) {
      if (!belongs_to(spec, mode)) {
        continue;
      }
      CAPTURE(spec.name);
      CHECK(names.insert(spec.name).second);
      CHECK_FALSE(spec.name.empty());
      if (spec.letter != 0) {
        CHECK(letters.insert(spec.letter).second);
      }
    }
  }
}

TEST_CASE("option table: documentation is a phrase, choices and value names go together") {
  for (const OptionSpec& spec : option_table()) {
    CAPTURE(spec.name);
    CHECK(option(spec.id).name == spec.name);               // a mode may have a row of its own
    if (spec.letter != 0 && option(spec.id).letter != 0) {  // or it is taken by another one there
      CHECK(option(spec.id).letter == spec.letter);
    }
    CHECK_FALSE(spec.doc.empty());
    CHECK_FALSE(spec.doc.ends_with('.'));
    CHECK(spec.value_name.empty() == (spec.value == Value::none));
    CHECK(spec.traits.choices.empty() == (spec.traits.completion != Completion::choices));
  }
}

TEST_CASE("cli: the same option in all its spellings") {
  for (const Words& words : {Words{"-c", "3", "h"}, Words{"-c3", "h"}, Words{"--count", "3", "h"},
                             Words{"--count=3", "h"}, Words{"h", "-qc3"}, Words{"-qc", "3", "h"}}) {
    CHECK(value_of(words, OptionId::count) == "3");
    CHECK(read(words)->operands == Words{"h"});
  }
}

TEST_CASE("cli: options and operands mix, the last of two counts, order of operands is kept") {
  const auto line = read({"a", "-c", "1", "b", "-q", "c", "-c", "2", "-q"});
  REQUIRE(line.has_value());
  CHECK(line->operands == Words{"a", "b", "c"});
  CHECK(line->find(OptionId::count)->value == "2");
  CHECK(line->options.size() == 2);
}

TEST_CASE("cli: behind -- everything is an operand") {
  CHECK(read({"-q", "--", "-c", "--", "x"})->operands == Words{"-c", "--", "x"});
  CHECK(read({"--"})->operands.empty());
}

TEST_CASE("cli: a value is taken as it is, also with a dash, a bracket or an equals sign") {
  CHECK(value_of({"-i", "-1", "h"}, OptionId::interval) == "-1");
  CHECK(value_of({"-p", "[a,b]", "h"}, OptionId::pattern) == "[a,b]");
  CHECK(value_of({"--output=a=b", "h"}, OptionId::output) == "a=b");
  CHECK(value_of({"-i=5", "h"}, OptionId::interval) == "=5");
  CHECK(value_of({"--output", "--", "h"}, OptionId::output) == "--");
}

TEST_CASE("cli: an optional value comes only with an equals sign") {
  CHECK(value_of({"--timestamps=epoch", "h"}, OptionId::timestamps) == "epoch");
  CHECK(value_of({"-D", "h"}, OptionId::timestamps) == "true");
  CHECK(read({"-D", "h"})->operands == Words{"h"});
}

TEST_CASE("cli: operands that CLI11 would take apart stay whole") {
  CHECK(read({"[::1]", "{a,b}", "a,b", "5"})->operands == Words{"[::1]", "{a,b}", "a,b", "5"});
  CHECK_FALSE(read({"++"}).has_value());
}

TEST_CASE("cli: unknown options are named, and the nearest known one") {
  CHECK(message_of({"--cuont", "3"}).find("--cuont") != std::string::npos);
  CHECK(read({"--cuont", "3"}).error().hint == "did you mean --count?");
  CHECK(read({"--tmeout=3"}).error().hint == "did you mean --timeout?");
  CHECK(read({"--dead", "3"}).error().hint == "did you mean --deadline?");
  CHECK(read({"--xyzzy"}).error().hint.empty());
  CHECK(message_of({"-qz"}).find("-z") != std::string::npos);
  CHECK_FALSE(read({"---count"}).has_value());
  CHECK_FALSE(read({"-"}).has_value());
  CHECK_FALSE(read({""}).has_value());
}

TEST_CASE("cli: missing, empty and superfluous values") {
  CHECK(message_of({"h", "-c"}).find("-c, --count") != std::string::npos);
  CHECK(message_of({"h", "-qc"}).find("-c, --count") != std::string::npos);
  CHECK(message_of({"h", "--count"}).find("needs a value") != std::string::npos);
  CHECK(message_of({"--count=", "h"}).find("--count=") != std::string::npos);
  CHECK(message_of({"--quiet=1", "h"}).find("takes no value") != std::string::npos);
}

TEST_CASE("cli: the first word chooses the mode, ping is the default") {
  const Words host{"h"};
  CHECK(choose_mode(host)->mode == Mode::ping);
  CHECK_FALSE(choose_mode(host)->mode_named);
  const Words named{"ping", "ping"};
  CHECK(choose_mode(named)->mode_named);
  CHECK(choose_mode(named)->arguments.size() == 1);
  const Words help{"help", "ping"};
  CHECK(choose_mode(help)->help);
  CHECK(choose_mode(help)->mode_named);
  const Words later{"watch", "h"};
  CHECK_FALSE(choose_mode(later).has_value());
  const Words unknown{"help", "pong"};
  CHECK_FALSE(choose_mode(unknown).has_value());
}

TEST_CASE("cli: another tool's name, or a mode in other letters, is no host with more behind it") {
  const auto hint = [](const Words& typed) {
    const auto chosen = choose_mode(typed);
    return chosen ? "" : chosen.error().hint.substr(0, chosen.error().hint.find(" ["));
  };
  CHECK(hint({"tracert", "h"}) == "sonde trace");
  CHECK(hint({"Traceroute", "h"}) == "sonde trace");
  CHECK(hint({"PING", "/n", "4", "h"}) == "sonde ping");
  CHECK(hint({"fping", "h"}) == "sonde sweep");
  for (const Words& host :
       {Words{"tracert"}, Words{"PING"}, Words{"tracer", "h"}, Words{"-c", "PING"}}) {
    CHECK(choose_mode(host)->mode == Mode::ping);
  }
}

TEST_CASE("suggest: distance counts insertions, deletions, replacements and swaps") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("abc", "abc") == 0);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("cuont", "count") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("ca", "abc") == 3);
}

}  // namespace
}  // namespace sonde::app
