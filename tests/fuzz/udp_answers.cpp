// udp_answers.cpp: fuzzes what comes back about UDP probes, from the bytes to the observation, with
// 64 probes in flight, so that matching is reached. In:  | how (1) | which probe (1) | edits (1) |
// length (2) | per edit: offset (2), value (1) | bytes |
//      how, bits 0-1: an honest error, edited and cut; the error queue's quote; a datagram to our
//      port; the bytes as they are. Bit 2: IPv6. Bit 3: each probe has its port. Bit 4:
//      unprivileged.
// Oracles: what is accepted is a probe that was sent; what is called verified carries its token
// (this file holds the key); without header and token nothing is accepted in one constant flow.
#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "tests/support/fuzz.hpp"
#include "tests/support/interpreted.hpp"
#include "tests/support/udp_probes.hpp"

using namespace sonde;

namespace {

constexpr std::uint64_t kProbes = 64;
constexpr std::uint8_t kIpv6 = 4;
constexpr std::uint8_t kVarying = 8;
constexpr std::uint8_t kUnprivileged = 16;
constexpr ClockPair kNow{.steady = test::UdpProbes::kSentAt + 1s, .wall = WallTime{1'795'289'186s}};

struct Choice {
  std::uint8_t how = 0;
  std::uint64_t sequence = 1;
  [[nodiscard]] bool has(std::uint8_t bit) const { return (how & bit) != 0; }
};

std::unique_ptr<const test::UdpProbes> make_probes(const Choice& choice) {
  auto udp = std::make_unique<test::UdpProbes>(
      choice.has(kIpv6) ? net::Address::parse("2001:db8::1").value() : net::Address::v4(0xc0000201),
      choice.has(kVarying) ? transport::FlowStyle::varying : transport::FlowStyle::constant,
      !choice.has(kUnprivileged));
  for (std::uint64_t sequence = 1; sequence <= kProbes; ++sequence) {
    udp->send(sequence, sequence % 40);
  }
  return udp;
}

// As they are when they have just left: made once for each choice of the bits 2 to 4.
const test::UdpProbes& probes(const Choice& choice) {
  constexpr unsigned kChosen = 2;
  static std::array<std::unique_ptr<const test::UdpProbes>, 8> made;
  auto& udp = made[(choice.how >> kChosen) % made.size()];
  if (!udp) {
    udp = make_probes(choice);
  }
  return *udp;
}

std::vector<std::byte> edited(std::vector<std::byte> packet, Reader& in, std::uint8_t edits,
                              std::uint16_t length) {
  for (std::uint8_t n = 0; n < edits && !in.failed(); ++n) {
    const std::uint16_t at = in.u16();
    const auto value = static_cast<std::byte>(in.u8());
    if (at < packet.size()) {
      packet[at] = value;
    }
  }
  if (length != 0) {
    packet.resize(std::min<std::size_t>(packet.size(), length));
  }
  return packet;
}

using Seen = std::expected<probe::Observation, probe::Reject>;

// A whole packet, as a raw socket gets it.
Seen as_packet(const transport::Matcher& matcher, bool v4, Bytes packet) {
  const auto ip = wire::decode_ipv6(packet);
  if (!v4 && !ip) {
    return std::unexpected(probe::Reject::malformed);  // the kernel would not hand it over
  }
  const transport::Packet received{
      .data = v4 ? packet : ip->payload,
      .layout = v4 ? transport::PacketLayout::ipv4 : transport::PacketLayout::icmp,
      .source = v4 ? net::Address() : ip->header.source};
  return test::interpreted(received, matcher, kNow);
}

void judge(const test::UdpProbes& udp, const probe::Observation& seen, Bytes payload) {
  test::expect(seen.probe.target == 0 && seen.probe.sequence >= 1 &&
               seen.probe.sequence <= kProbes);
  const auto fits = [&](Bytes quoted) {
    return udp.sealer().check(seen.probe, udp.host(), test::UdpProbes::kPort, quoted) ==
           probe::TokenSealer::Check::match;
  };
  // RFC 4884 pads a quote with zeros: what ends in them may have been cut, and then the shorter tag
  // is proof.
  const bool cut = !payload.empty() && payload.back() == std::byte{0};
  const std::size_t shorter = std::min(payload.size(), probe::TokenSealer::kShortTag);
  test::expect(!seen.verified || fits(payload) || (cut && fits(payload.first(shorter))));
}

// The payload of a quoted datagram, no longer than its IP header says, as a host along the path may
// have made it. A length that leaves no whole UDP header says nothing.
Bytes quoted_payload(const test::UdpProbes& udp, Bytes datagram) {
  const bool v4 = udp.host().is_v4();
  const std::size_t ip_header = v4 ? wire::kIpv4MinHeader : wire::kIpv6Header;
  const std::size_t headers = ip_header + test::UdpProbes::kUdpHeader;
  const Bytes payload = datagram.subspan(std::min(headers, datagram.size()));
  constexpr std::size_t kTotalLengthAt = 2;    // RFC 791, with the header
  constexpr std::size_t kPayloadLengthAt = 4;  // RFC 8200, without it
  Reader length{
      datagram.subspan(std::min(datagram.size(), v4 ? kTotalLengthAt : kPayloadLengthAt))};
  const std::size_t claimed = length.u16() + (v4 ? 0 : ip_header);
  return length.failed() || claimed < headers
             ? payload
             : payload.first(std::min(payload.size(), claimed - headers));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in{test::input_of(data, size)};
  Choice choice{.how = in.u8()};
  choice.sequence = 1 + in.u8() % kProbes;
  const std::uint8_t edits = in.u8();
  const std::uint16_t length = in.u16();
  const test::UdpProbes& udp = probes(choice);
  probe::RecentSends sends = udp.sends();
  const transport::Matcher matcher = udp.matcher(sends);
  constexpr std::uint8_t kWays = 4;
  const int way = choice.how % kWays;
  const std::size_t headers =
      (udp.host().is_v4() ? wire::kIpv4MinHeader : wire::kIpv6Header) + test::UdpProbes::kUdpHeader;
  const auto datagram = edited(udp.datagram(choice.sequence), in, edits, length);
  const Bytes payload = Bytes(datagram).subspan(std::min(headers, datagram.size()));
  if (way == 0) {
    if (const Seen seen = as_packet(matcher, udp.host().is_v4(), udp.exceeded(datagram))) {
      judge(udp, *seen, quoted_payload(udp, datagram));
    }
  } else if (way == 1) {
    const transport::QueuedIcmpError error{.icmp = {.type = 3, .code = 0},
                                           .responder = udp.host(),
                                           .destination = udp.host(),
                                           .quoted = payload,
                                           .port = udp.port_of(choice.sequence)};
    if (const Seen seen = test::interpreted(error, matcher, kNow)) {
      judge(udp, *seen, payload);
      test::expect(seen->verified || choice.has(kVarying) || !choice.has(kUnprivileged));
    }
  } else if (way == 2) {
    const transport::Packet packet{.data = payload,
                                   .layout = transport::PacketLayout::udp,
                                   .source = udp.host(),
                                   .port = udp.port_of(choice.sequence)};
    if (const Seen seen = test::interpreted(packet, matcher, kNow)) {
      judge(udp, *seen, payload);
      test::expect(seen->verified || choice.has(kVarying));
    }
  } else {
    const auto rest = test::exactly(in.take(in.remaining()));
    if (const Seen seen = as_packet(matcher, udp.host().is_v4(), rest)) {
      test::expect(seen->kind == probe::ObservationKind::icmp_error);
      test::expect(seen->probe.sequence >= 1 && seen->probe.sequence <= kProbes);
    }
  }
  return 0;
}
