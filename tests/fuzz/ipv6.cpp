// ipv6.cpp: fuzzes decode_ipv6. Views stay inside, and the 40 bytes are written again the same.
#include "sonde/wire/ipv6.hpp"

#include <array>

#include "tests/support/fuzz.hpp"

using namespace sonde;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = test::input_of(data, size);
  const auto packet = wire::decode_ipv6(input);
  if (!packet) {
    return 0;
  }
  test::expect_inside(packet->payload, input);
  test::expect(packet->payload.size() <= packet->header.payload_length);
  std::array<std::byte, wire::kIpv6Header> buffer{};
  Writer out{buffer};
  wire::encode_ipv6(packet->header, out);
  test::expect(test::exactly(out.written()) == test::exactly(input.first(wire::kIpv6Header)));
  return 0;
}
