// Text files as Windows' programs write them.
#include "app/text_decoder.hpp"

#include <doctest/doctest.h>

namespace sonde::app {
namespace {

// In pieces of `size` bytes; the same whatever that is.
std::string decoded(std::string_view bytes, std::size_t size) {
  TextDecoder decoder;
  std::string text;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(size, bytes.size()))) {
    text += decoder.feed(bytes.substr(0, size));
  }
  text += decoder.finish();
  return text;
}

std::string in_any_pieces(std::string_view bytes) {
  const std::string whole = decoded(bytes, bytes.size() + 1);
  for (std::size_t size = 1; size <= bytes.size(); ++size) {
    CAPTURE(size);
    CHECK(decoded(bytes, size) == whole);
  }
  return whole;
}

using namespace std::string_view_literals;

TEST_CASE("text decoder: what is no UTF-16 passes through, without its mark") {
  CHECK(in_any_pieces("127.0.0.1\r\nhost\n") == "127.0.0.1\r\nhost\n");
  CHECK(in_any_pieces("\xef\xbb\xbfhost\n") == "host\n");
  CHECK(in_any_pieces("\xef\xbb\xbf") == "");
  CHECK(in_any_pieces("\xef\xbb") == "\xef\xbb");
  CHECK(in_any_pieces("x") == "x");
  CHECK(in_any_pieces("") == "");
  CHECK(in_any_pieces("\xfc\0\n"sv.substr(0, 1)) == "\xfc");
  CHECK(in_any_pieces("\0\0"sv) == "\0\0"sv);
}

TEST_CASE("text decoder: UTF-16 of both byte orders, with and without a mark") {
  CHECK(in_any_pieces("\xff\xfe"
                      "1\0\r\0\n\0"sv) == "1\r\n");
  CHECK(in_any_pieces("\xfe\xff\0"
                      "1\0\r\0\n"sv) == "1\r\n");
  CHECK(in_any_pieces("1\0\n\0"sv) == "1\n");
  CHECK(in_any_pieces("\0"
                      "1\0\n"sv) == "1\n");
  CHECK(in_any_pieces("\xff\xfe"sv) == "");
}

TEST_CASE("text decoder: letters of one to four bytes") {
  CHECK(in_any_pieces("\xff\xfe"
                      "A\0"
                      "\xe4\x00"
                      "\x2c\x6e"
                      "\x3d\xd8\x00\xde"sv) == "A\xc3\xa4\xe6\xb8\xac\xf0\x9f\x98\x80");
}

TEST_CASE("text decoder: half of a pair, and half of a unit, are a replacement character") {
  CHECK(in_any_pieces("\xff\xfe\x3d\xd8"
                      "A\0"sv) ==
        "\xef\xbf\xbd"
        "A");
  CHECK(in_any_pieces("\xff\xfe\x00\xde"
                      "A\0"sv) ==
        "\xef\xbf\xbd"
        "A");
  CHECK(in_any_pieces("\xff\xfe"
                      "A\0\x3d\xd8"sv) == "A\xef\xbf\xbd");
  CHECK(in_any_pieces("\xff\xfe"
                      "A\0B"sv) == "A\xef\xbf\xbd");
}

}  // namespace
}  // namespace sonde::app
