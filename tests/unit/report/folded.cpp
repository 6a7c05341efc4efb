#include "sonde/report/folded.hpp"

#include <doctest/doctest.h>

namespace sonde::report {

TEST_CASE("folded: what fits, and what has no width, stays as it is") {
  CHECK(folded("one two\n", 0) == "one two\n");
  CHECK(folded("a line of words for nobody at all\n", 10) == "a line of words for nobody at all\n");
  CHECK(folded("twenty columns, each\n", 20) == "twenty columns, each\n");
  CHECK(folded("", 20).empty());
  CHECK(folded("\n\n", 20) == "\n\n");
}

TEST_CASE("folded: a line breaks at the last blank, rather at a wide one") {
  CHECK(folded("twenty columns, each.\n", 20) == "twenty columns,\n    each.\n");
  CHECK(folded(" 1  10.0.0.1  0.1 ms  0.2 ms  0.3 ms\n", 24) ==
        " 1  10.0.0.1  0.1 ms\n    0.2 ms  0.3 ms\n");
  CHECK(folded(" 1  * * * * * * * * * * * *\n", 20) == " 1  * * * * * * * *\n    * * * *\n");
  CHECK(folded("no line break at the end of it", 20) == "no line break at the\n    end of it");
}

TEST_CASE("folded: a word that is too long stays whole") {
  CHECK(folded("2001:db8:ffff:ffff:ffff::1 and more\n", 20) ==
        "2001:db8:ffff:ffff:ffff::1\n    and more\n");
  CHECK(folded(" 1  2001:db8:ffff:ffff:ffff::1\n", 20) == " 1\n    2001:db8:ffff:ffff:ffff::1\n");
}

TEST_CASE("folded: colours take no room, and a character of several bytes takes one column") {
  CHECK(folded("\x1b[31mtwenty\x1b[0m columns, each\n", 20) ==
        "\x1b[31mtwenty\x1b[0m columns, each\n");
  CHECK(folded("zwölf Äpfel für Öde.\n", 20) == "zwölf Äpfel für Öde.\n");
  CHECK(folded("cut off \x1b[3", 20) == "cut off \x1b[3");
}

}  // namespace sonde::report
