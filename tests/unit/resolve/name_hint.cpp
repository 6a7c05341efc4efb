// name_hint.cpp: what people type for a host that is none.
#include "sonde/resolve/name_hint.hpp"

#include <doctest/doctest.h>

namespace sonde::resolve {
namespace {

TEST_CASE("an address whose zone is no interface") {
  CHECK(hint_of_unknown_name("fe80::1%nosuch") == "there is no such interface");
  CHECK(hint_of_unknown_name("::1%") == "there is no such interface");
}

TEST_CASE("a host with something around it") {
  const std::string_view alone = "give the host alone, without scheme, port, path or brackets";
  for (const std::string_view text :
       {"http://127.0.0.1/", "[::1]", "[::1]:80", "127.0.0.1:80", "example.com/index", "::12345"}) {
    CAPTURE(text);
    CHECK(hint_of_unknown_name(text) == alone);
  }
}

TEST_CASE("what may be a name") {
  for (const std::string_view text : {"nosuch.example", "under_score", "", "50%", "127.0.0.256"}) {
    CAPTURE(text);
    CHECK(hint_of_unknown_name(text).empty());
  }
}

}  // namespace
}  // namespace sonde::resolve
