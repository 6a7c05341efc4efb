// ipv4.cpp: fuzzes decode_ipv4. Views stay inside, and a header written again is read the same.
#include "sonde/wire/ipv4.hpp"

#include <array>

#include "sonde/wire/checksum.hpp"
#include "tests/support/fuzz.hpp"

using namespace sonde;

namespace {

// A router's step: the TTL goes down, and the checksum with it (RFC 1624), to what a new sum says.
void check_hop(test::Packet header) {
  const auto word = [&](std::size_t at) { return Reader(Bytes(header).subspan(at)).u16(); };
  constexpr std::size_t kTtlAt = 8;
  constexpr std::size_t kChecksumAt = 10;
  const std::uint16_t before = word(kTtlAt);
  const std::uint16_t sum = word(kChecksumAt);
  header[kTtlAt] = static_cast<std::byte>(std::to_integer<unsigned>(header[kTtlAt]) - 1U);
  const std::uint16_t updated = wire::checksum_update(sum, before, word(kTtlAt));
  Writer out{MutableBytes(header).subspan(kChecksumAt)};
  out.u16(updated);
  test::expect(wire::internet_checksum(header) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Bytes input = test::input_of(data, size);
  const auto packet = wire::decode_ipv4(input);
  if (!packet) {
    return 0;
  }
  const std::size_t header_size = wire::kIpv4MinHeader + packet->header.options.size();
  test::expect_inside(packet->header.options, input);
  test::expect_inside(packet->payload, input);
  test::expect(header_size + packet->payload.size() <= packet->header.total_length);

  std::array<std::byte, wire::kIpv4MaxHeader> buffer{};
  Writer out{buffer};
  wire::encode_ipv4(packet->header, out);
  test::expect(!out.failed() && out.size() == header_size);
  auto expected = test::exactly(input.first(header_size));
  expected[6] &= std::byte{0x7f};  // the reserved bit is not kept
  // The checksum is made anew.
  expected[10] = buffer[10];
  expected[11] = buffer[11];
  test::expect(test::exactly(out.written()) == expected);
  check_hop(test::exactly(out.written()));
  return 0;
}
