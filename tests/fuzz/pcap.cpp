// pcap.cpp: fuzzes PcapReader and ip_packet. Views stay inside and the walk ends.
#include "sonde/wire/pcap.hpp"

#include "tests/support/fuzz.hpp"

using namespace sonde;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kRecordHeader = 16;
  const Bytes file = test::input_of(data, size);
  auto reader = wire::PcapReader::open(file);
  if (!reader) {
    return 0;
  }
  for (std::size_t i = 0;; ++i) {
    test::expect(i <= size / kRecordHeader);
    const auto packet = reader->next();
    if (!packet || !*packet) {
      break;
    }
    test::expect_inside((*packet)->data, file);
    if (const auto ip = wire::ip_packet(**packet, reader->link_type())) {
      test::expect_inside(*ip, (*packet)->data);
      test::expect(!ip->empty());
    }
  }
  return 0;
}
