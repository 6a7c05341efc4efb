// prefix_text.cpp: fuzzes Prefix::parse and the walk of what it read.
#include <string>

#include "sonde/net/prefix.hpp"
#include "tests/support/fuzz.hpp"

using namespace sonde;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  const auto prefix = net::Prefix::parse(text);
  if (!prefix) {
    return 0;
  }
  test::expect(net::Prefix::parse(prefix->to_text()) == prefix);
  test::expect(prefix->contains(prefix->first()) && prefix->at(0) == prefix->first());
  if (const auto count = prefix->size()) {
    test::expect(prefix->contains(prefix->at(*count - 1).value_or(net::Address{})));
    test::expect(!prefix->at(*count).has_value());
  }
  return 0;
}
