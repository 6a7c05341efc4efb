#include "sonde/report/header_options_text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "sonde/base/random.hpp"

namespace sonde::report {
namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
  std::vector<std::byte> out;
  for (const int v : values) {
    out.push_back(static_cast<std::byte>(v));
  }
  return out;
}

TEST_CASE("header options: a recorded route is a list, an equal one is the same route") {
  // No-operation, then record route with room for 9 of which 2 are filled.
  auto option = bytes({1, 7, 39, 12, 10, 9, 1, 1, 10, 9, 2, 2});
  option.resize(40);
  HeaderOptionsText text;
  CHECK(text.after_reply(option) == "\nRR: \t10.9.1.1\n\t10.9.2.2\n");
  CHECK(text.after_reply(option) == "\t(same route)");
  option[7] = std::byte{9};
  CHECK(text.after_reply(option) == "\nRR: \t10.9.1.9\n\t10.9.2.2\n");
}

TEST_CASE("header options: time stamps are the first one and the steps from it") {
  // Flag 0: stamps only; 77172658 twice, then 3 ms more.
  auto option = bytes({68, 40, 17, 0, 4, 153, 143, 178, 4, 153, 143, 178, 4, 153, 143, 181});
  option.resize(40);
  CHECK(HeaderOptionsText().after_reply(option) == "\nTS: \t77172658 absolute\n\t0\n\t3\n");
}

TEST_CASE("header options: time stamps with addresses, and how many hops found no room") {
  auto option = bytes({68, 36, 21, 0x21, 10, 9, 1, 1, 0, 0, 0, 100, 10, 9, 1, 2, 0x80, 0, 0, 7});
  option.resize(36);
  CHECK(HeaderOptionsText().after_reply(option) ==
        "\nTS: \t10.9.1.1\t100 absolute\n\t10.9.1.2\t7 not-standard\nUnrecorded hops: 2\n");
}

TEST_CASE("header options: nothing recorded, nothing said") {
  CHECK(HeaderOptionsText().after_reply({}).empty());
  CHECK(HeaderOptionsText().after_reply(bytes({0, 0, 0, 0})).empty());
  CHECK(HeaderOptionsText().after_reply(bytes({7, 7, 4, 0, 0, 0, 0})).empty());
  CHECK(HeaderOptionsText().after_reply(bytes({148, 4, 0, 0})).empty());  // router alert
}

TEST_CASE("header options: malformed lengths and pointers end the list") {
  CHECK(HeaderOptionsText().after_reply(bytes({7})).empty());
  CHECK(HeaderOptionsText().after_reply(bytes({7, 0})).empty());
  CHECK(HeaderOptionsText().after_reply(bytes({7, 1, 4})).empty());
  CHECK(HeaderOptionsText().after_reply(bytes({7, 200, 4, 10})).empty());
  CHECK(HeaderOptionsText().after_reply(bytes({7, 7, 255, 10, 9, 1, 1})) == "\nRR: \t10.9.1.1\n");
}

TEST_CASE("header options: any bytes give clean text") {
  SeededRng rng(11);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::byte> option(rng.below(41));
    for (std::byte& b : option) {
      b = static_cast<std::byte>(rng.below(4) == 0 ? rng.below(256) : 7);
    }
    if (option.size() > 1 && rng.below(2) == 0) {
      option[0] = std::byte{68};
    }
    const auto clean = [](char c) { return c == '\n' || c == '\t' || (c >= ' ' && c < '\x7f'); };
    REQUIRE(std::ranges::all_of(HeaderOptionsText().after_reply(option), clean));
  }
}

}  // namespace
}  // namespace sonde::report
