// Help and completions: narrow, complete, from the table.
#include "app/help.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

#include "app/completions.hpp"
#include "app/man_options.hpp"

namespace sonde::app {
namespace {

TEST_CASE("help: no line is wider than 80 columns, ends in a blank, or holds a tab") {
  for (const std::string& text : {general_help(), mode_help(Mode::ping), mode_help(Mode::sweep)}) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK(line.size() <= kHelpColumns);
      CHECK_FALSE(line.ends_with(' '));
      CHECK(line.find('\t') == std::string::npos);
    }
    CHECK(text.ends_with('\n'));
  }
}

TEST_CASE("help: every option that is meant to be seen is there, generators are not") {
  for (const Mode mode : {Mode::ping, Mode::sweep}) {
    const std::string help = mode_help(mode);
    for (const OptionSpec& spec : option_table()) {
      CAPTURE(spec.name);
      const OptionSpec* here = find_option(mode, spec.name);
      const bool shown = here != nullptr && here->traits.visibility == Visibility::everywhere;
      const auto stands_after = [&](std::string_view before) {
        const std::size_t at = help.find(std::string(before) + "--" + std::string(spec.name));
        if (at == std::string::npos) {
          return false;
        }
        const char next = help[at + before.size() + 2 + spec.name.size()];
        return next == ' ' || next == '\n' || next == '[';
      };
      CHECK((stands_after("\n      ") || stands_after(", ")) == shown);
    }
  }
}

TEST_CASE("help: text is broken at spaces, long words stay whole") {
  CHECK(wrapped("one two three", 2, 9) == "one two\n  three");
  CHECK(wrapped("short", 0, 80) == "short");
  CHECK(wrapped("incomprehensible words", 0, 5) == "incomprehensible\nwords");
  CHECK(wrapped("", 4, 80).empty());
}

TEST_CASE("completions: every shell gets every option but the generators") {
  for (const char* shell : {"bash", "zsh", "fish", "powershell"}) {
    const auto script = completion_script(shell);
    REQUIRE(script.has_value());
    for (const OptionSpec& spec : option_table()) {
      CAPTURE(spec.name);
      if ((belongs_to(spec, Mode::ping) || belongs_to(spec, Mode::sweep)) &&
          spec.traits.visibility != Visibility::internal) {
        CHECK(script->find(spec.name) != std::string::npos);
      }
    }
    CHECK(script->find("man-options") == std::string::npos);
  }
  CHECK_FALSE(completion_script("tcsh").has_value());
}

TEST_CASE("completions: PowerShell gets the options of each mode, and the modes") {
  const auto script = completion_script("powershell");
  REQUIRE(script.has_value());
  const auto at = [&script](std::string_view text) { return script->find(text); };
  CHECK(at("@('sweep', 'which of many hosts answer')") < at("$options = @{"));
  const std::size_t sweep = at("'sweep' = @(");
  CHECK(at("'ping' = @(") < at("--endless"));
  CHECK(at("--endless") < sweep);
  CHECK(sweep < at("--merge"));
  CHECK(script->find("--endless", sweep) == std::string::npos);
  CHECK(script->find("--count", sweep) < at("$choices = @{"));
}

TEST_CASE("manual: every option but the generators has its item") {
  const std::string text = man_options(Mode::ping);
  CHECK(text.find(".It Fl i Ar DUR , Fl \\-interval Ns = Ns Ar DUR\n") != std::string::npos);
  CHECK(text.find("until\\-replies") != std::string::npos);
  CHECK(text.find("man\\-options") == std::string::npos);
}

}  // namespace
}  // namespace sonde::app
