// tcp.cpp: fuzzes decode_tcp, and what raw sockets bring a TCP trace. Bit 0 of the first byte:
// IPv6; bit 1: the sequence number of a probe in flight is put where a packet with plain headers
// has it, so that matching is reached. A segment is written again: the same bytes, but for the
// checksum and what stands in the reserved bits. Noise answers no probe, unless it guessed its
// sequence number.
#include "sonde/wire/tcp.hpp"

#include "sonde/base/random.hpp"
#include "sonde/transport/tcp_interpret.hpp"
#include "sonde/wire/checksum.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/ipv4.hpp"
#include "tests/support/fuzz.hpp"

using namespace sonde;

namespace {

constexpr net::Port kProbed{80};
constexpr std::uint64_t kInFlight = 64;
constexpr ClockPair kNow{.steady = Instant{2s}, .wall = WallTime{1'700'000'000s}};

const net::Address& host(bool v4) {
  static const net::Address kHost4 = net::Address::v4(0xc6336402);
  static const net::Address kHost6 = *net::Address::parse("2001:db8::1");
  return v4 ? kHost4 : kHost6;
}

transport::SentSyns in_flight(bool v4) {
  SeededRng rng(1);
  transport::SentSyns sends(rng);
  for (std::uint64_t i = 0; i < kInFlight; ++i) {
    sends.add({.id = {.target = 0, .sequence = i},
               .destination = host(v4),
               .at = Instant{1s},
               .source = host(v4),
               .source_port = net::Port(59205)});
  }
  return sends;
}

std::uint32_t newest_sequence() {
  SeededRng rng(1);  // the key of in_flight()
  const transport::SequenceCipher cipher(rng);
  return cipher.seal(kInFlight - 1);
}

void check_round_trip(Bytes input) {
  const auto segment = wire::decode_tcp(input);
  if (!segment) {
    return;
  }
  test::expect_inside(segment->header.options, input);
  test::expect_inside(segment->payload, input);
  test::expect(wire::kTcpMinHeader + segment->header.options.size() + segment->payload.size() ==
               input.size());
  const wire::TcpEnds ends{.source = host(true), .destination = host(true)};
  const auto verified = wire::decode_tcp(input, &ends);
  test::expect(verified || verified.error() == wire::DecodeError::bad_checksum);
  test::Packet again(input.size());
  Writer out{again};
  wire::encode_tcp(segment->header, segment->payload, ends, out);
  test::expect(!out.failed() && out.size() == input.size());
  test::expect(wire::decode_tcp(again, &ends).has_value());
  test::Packet wanted = test::exactly(input);
  wanted[12] &= std::byte{0xf0};
  for (std::size_t i = 0; i < 2; ++i) {
    wanted[wire::kTcpChecksumAt + i] = again[wire::kTcpChecksumAt + i];
  }
  test::expect(test::to_hex(again) == test::to_hex(wanted));
}

// A SYN as ours, with numbers from the input.
void check_syn(Bytes input, bool v4) {
  const auto options = wire::syn_options(v4 ? net::Family::v4 : net::Family::v6);
  Reader in{input};
  wire::TcpHeader header;
  header.source = net::Port(in.u16());
  header.sequence = in.u32();
  header.control = wire::tcp::kSyn;
  header.options = options;
  const wire::TcpEnds ends{.source = host(v4), .destination = host(v4)};
  test::Packet syn(wire::kTcpMinHeader + options.size());
  Writer out{syn};
  wire::encode_tcp(header, {}, ends, out);
  const auto segment = wire::decode_tcp(syn, &ends);
  test::expect(!out.failed() && segment.has_value() && segment->payload.empty());
  test::expect(segment->header.source == header.source &&
               segment->header.sequence == header.sequence);
  test::expect(test::exactly(segment->header.options) == test::exactly(options));
  // A header that no TCP has is not written.
  header.options = input;
  test::Packet refused(wire::kTcpMaxHeader + input.size());
  Writer full{refused};
  wire::encode_tcp(header, {}, ends, full);
  constexpr std::size_t kMost = wire::kTcpMaxHeader - wire::kTcpMinHeader;
  test::expect(full.failed() == (input.size() > kMost));
}

void put(test::Packet& packet, std::size_t at, std::uint32_t value) {
  if (packet.size() >= at + sizeof value) {
    Writer out{MutableBytes(packet).subspan(at)};
    out.u32(value);
  }
}

// As a reply acknowledges it, or as an error quotes it.
test::Packet naming_a_probe(Bytes input, bool v4, bool error, std::uint32_t sequence) {
  constexpr std::size_t kQuotedAt = 52;  // IPv4: 20 + 8 + 20 + 4; IPv6: 8 + 40 + 4
  constexpr std::size_t kAcknowledgedAt = 8;
  test::Packet packet = test::exactly(input);
  put(packet, error ? kQuotedAt : kAcknowledgedAt + (v4 ? wire::kIpv4MinHeader : 0),
      error ? sequence : sequence + 1);
  constexpr std::size_t kIcmp = wire::kIpv4MinHeader;
  if (error && v4 && packet.size() >= kIcmp + wire::kIcmpHeader) {
    Writer out{MutableBytes(packet).subspan(kIcmp)};
    const MutableBytes icmp = out.reserve(packet.size() - kIcmp);
    out.patch_u16(wire::kIcmpChecksumAt, 0);
    out.patch_u16(wire::kIcmpChecksumAt, wire::internet_checksum(icmp));
  }
  return packet;
}

void check_answer(const transport::Packet& packet, bool error, const transport::SentSyns& sends) {
  const auto seen = error ? transport::interpret_syn_error(packet, sends, kProbed, kNow)
                          : transport::interpret_segment(packet, sends, kProbed, kNow);
  test::expect(!seen || (seen->probe.sequence < kInFlight && seen->at >= Instant{1s}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const bool v4 = (data[0] & 1U) == 0;
  const Bytes input = test::input_of(data + 1, size - 1);
  check_round_trip(input);
  check_syn(input, v4);
  static const transport::SentSyns kSends4 = in_flight(true);
  static const transport::SentSyns kSends6 = in_flight(false);
  const transport::SentSyns& sends = v4 ? kSends4 : kSends6;
  static const std::uint32_t kSequence = newest_sequence();
  for (const bool error : {false, true}) {
    const bool named = (data[0] & 2U) != 0;
    const test::Packet bytes =
        named ? naming_a_probe(input, v4, error, kSequence) : test::exactly(input);
    transport::Packet packet;
    packet.data = bytes;
    packet.layout = v4 ? transport::PacketLayout::ipv4 : transport::PacketLayout::icmp;
    packet.source = v4 ? net::Address() : host(false);
    check_answer(packet, error, sends);
  }
  return 0;
}
