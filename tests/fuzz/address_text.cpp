// address_text.cpp: fuzzes Address::parse. What is read is written in a form that reads the same.
#include <string>

#include "sonde/net/address.hpp"
#include "tests/support/fuzz.hpp"

using namespace sonde;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  if (const auto address = net::Address::parse(text)) {
    const std::string canonical = address->to_text();
    test::expect(net::Address::parse(canonical) == address);
    test::expect(address->same_host(*address));
  }
  return 0;
}
