// pcap.cpp: fuzzes PcapReader and ip_packet. Views stay inside, the walk ends, and the packets
// written again are read the same.
#include "sonde/wire/pcap.hpp"

#include <limits>
#include <vector>

#include "tests/support/fuzz.hpp"

using namespace sonde;

namespace {

// The times that the file format holds.
bool fits(WallTime at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
  return seconds <= std::numeric_limits<std::uint32_t>::max();
}

void check_again(const std::vector<wire::CapturedPacket>& packets, wire::LinkType link) {
  wire::PcapWriter writer(link);
  for (const wire::CapturedPacket& packet : packets) {
    writer.add(packet.at, packet.data);
  }
  auto reader = wire::PcapReader::open(writer.file());
  test::expect(reader && reader->link_type() == link);
  for (const wire::CapturedPacket& packet : packets) {
    const auto again = reader->next();
    test::expect(again && *again && (!fits(packet.at) || (*again)->at == packet.at));
    test::expect(test::exactly((*again)->data) == test::exactly(packet.data));
  }
  const auto end = reader->next();
  test::expect(end && !*end);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kRecordHeader = 16;
  const Bytes file = test::input_of(data, size);
  auto reader = wire::PcapReader::open(file);
  if (!reader) {
    return 0;
  }
  std::vector<wire::CapturedPacket> packets;
  while (true) {
    test::expect(packets.size() <= size / kRecordHeader);
    const auto packet = reader->next();
    if (!packet || !*packet) {
      break;
    }
    test::expect_inside((*packet)->data, file);
    if (const auto ip = wire::ip_packet(**packet, reader->link_type())) {
      test::expect_inside(*ip, (*packet)->data);
      test::expect(!ip->empty());
    }
    packets.push_back(**packet);
  }
  check_again(packets, reader->link_type());
  return 0;
}
