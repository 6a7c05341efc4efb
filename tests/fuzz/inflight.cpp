// inflight.cpp: fuzzes the whole way of a received packet: wire, matcher, engine, statistics, with
// 64 probes in flight (32 to an IPv4 host, 32 to an IPv6 host), so that matching is reached.
// In:  a list of records: | what (1) | which probe (1) | edits (1) | length (2) | then per edit:
//      offset (2), value (1) | then, for a raw packet, `length` bytes |.
//      what, low 3 bits: an honest IPv4 or IPv6 reply or error, edited and cut to `length`; bytes
//      as they are; time passes. Bit 3: the IPv4 ICMP checksum is made right again after the edits.
// Oracles: each probe ends in one bucket, no RTT is negative, and a reply is accepted only if its
// token is right (this file holds the key), from the address that was asked.
#include <algorithm>
#include <array>
#include <vector>

#include "sonde/engine/ping.hpp"
#include "sonde/probe/recent_sends.hpp"
#include "sonde/probe/token.hpp"
#include "sonde/stats/target_stats.hpp"
#include "sonde/transport/interpret.hpp"
#include "sonde/wire/checksum.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/ipv6.hpp"
#include "tests/support/fuzz.hpp"
#include "tests/support/interpreted.hpp"

using namespace sonde;

namespace {

constexpr std::size_t kProbes = 64;
constexpr std::size_t kPayload = 24;
constexpr std::size_t kMostRecords = 256;
constexpr net::IcmpIdent kIdent{0x4d2};
constexpr ClockPair kStart{.steady = Instant{1000s}, .wall = WallTime{1'795'289'186s}};

struct Probe {
  probe::ProbeSpec spec;
  test::Packet request;  // the ICMP message
};

// Everything as it is when the probes have just left.
struct World {
  World()
      : engine(engine::PingEngine::make({.interval = 1ms,
                                         .timeout = 1s,
                                         .count = kProbes / 2,
                                         .preload = kProbes / 2,
                                         .payload = std::vector(kPayload, std::byte{0x5a})})
                   .value()) {
    engine.add_target(0, net::Address::v4(0xc0000201), kStart.steady);
    engine.add_target(1, net::Address::parse("2001:db8::1").value(), kStart.steady);
    engine.close_targets();
    std::array<probe::ProbeSpec, kProbes> specs;
    test::expect(engine.next_probes(kStart.steady, specs) == kProbes);
    std::vector<probe::SendReport> reports;
    for (const probe::ProbeSpec& spec : specs) {
      send(spec);
      reports.push_back({.id = spec.id, .at = kStart.steady});
    }
    engine.on_sent(reports);
  }

  void send(const probe::ProbeSpec& spec) {
    const net::IcmpSeq seq(static_cast<std::uint16_t>(spec.id.sequence));
    test::Packet payload = test::exactly(spec.payload);
    sealer.seal(spec.id, spec.destination, kIdent, payload);
    test::Packet request(wire::kIcmpHeader + payload.size());
    Writer out{request};
    if (spec.destination.is_v4()) {
      wire::encode_icmpv4_echo_request(kIdent, seq, payload, out);
    } else {
      wire::encode_icmpv6_echo_request(kIdent, seq, payload, out);
    }
    sends.add({.id = spec.id,
               .destination = spec.destination,
               .seq = seq,
               .payload = spec.payload,
               .at = kStart.steady});
    probes.push_back({.spec = spec, .request = request});
  }

  SeededRng rng{1};
  probe::TokenSealer sealer{rng};
  probe::RecentSends sends;
  std::vector<Probe> probes;
  engine::PingEngine engine;
};

test::Packet with_header(const Probe& p, Bytes icmp, bool to_us) {
  static const net::Address kUs6 = net::Address::parse("2001:db8:5::2").value();
  const net::Address us = p.spec.destination.is_v4() ? net::Address::v4(0xcb007102) : kUs6;
  const net::Address source = to_us ? p.spec.destination : us;
  const net::Address destination = to_us ? us : p.spec.destination;
  test::Packet packet(wire::kIpv6Header + icmp.size());
  Writer out{packet};
  if (us.is_v4()) {
    wire::Ipv4Header header;
    header.total_length = static_cast<std::uint16_t>(wire::kIpv4MinHeader + icmp.size());
    header.ttl = net::Ttl(64);
    header.protocol = net::kIcmp;
    header.source = source;
    header.destination = destination;
    wire::encode_ipv4(header, out);
  } else {
    wire::Ipv6Header header;
    header.payload_length = static_cast<std::uint16_t>(icmp.size());
    header.next_header = net::kIcmpV6;
    header.hop_limit = net::Ttl(64);
    header.source = source;
    header.destination = destination;
    wire::encode_ipv6(header, out);
  }
  out.bytes(icmp);
  packet.resize(out.size());
  return packet;
}

test::Packet honest_reply(const Probe& p) {
  test::Packet icmp = p.request;
  icmp[0] = static_cast<std::byte>(p.spec.destination.is_v4() ? wire::icmpv4::kEchoReply
                                                              : wire::icmpv6::kEchoReply);
  return with_header(p, icmp, true);
}

test::Packet honest_error(const Probe& p) {
  const test::Packet quoted = with_header(p, p.request, false);
  test::Packet icmp(wire::kIcmpHeader);
  icmp[0] = static_cast<std::byte>(p.spec.destination.is_v4() ? wire::icmpv4::kTimeExceeded
                                                              : wire::icmpv6::kTimeExceeded);
  return with_header(p, test::joined(icmp, quoted), true);
}

void fix_v4_checksum(test::Packet& packet) {
  constexpr std::size_t kChecksumAt = wire::kIpv4MinHeader + 2;
  if (packet.size() < kChecksumAt + 2) {
    return;
  }
  packet[kChecksumAt] = packet[kChecksumAt + 1] = std::byte{0};
  const std::uint16_t sum = wire::internet_checksum(Bytes(packet).subspan(wire::kIpv4MinHeader));
  Writer(MutableBytes(packet).subspan(kChecksumAt)).u16(sum);
}

class Run {
 public:
  explicit Run(const World& world)
      : world_(&world),
        engine_(world.engine),
        sends_(world.sends),
        matcher_(world.sealer, sends_, kIdent) {}

  void record(Reader& in) {
    constexpr std::uint8_t kKinds = 5;
    constexpr std::uint8_t kKindBits = 7;
    constexpr std::uint8_t kFix = 8;
    const std::uint8_t what = in.u8();
    const Probe& p = world_->probes[in.u8() % kProbes];
    const std::uint8_t edits = in.u8();
    const std::uint16_t length = in.u16();
    const int kind = (what & kKindBits) % kKinds;
    if (kind == 4) {
      now_ += length * 1ms;
      engine_.on_tick(now_);
      return;
    }
    test::Packet packet = kind == 0   ? honest_reply(p)
                          : kind == 1 ? honest_error(p)
                                      : raw(in, length);
    for (std::uint8_t n = 0; n < edits && !in.failed(); ++n) {
      const std::uint16_t at = in.u16();
      const auto value = static_cast<std::byte>(in.u8());
      if (at < packet.size()) {
        packet[at] = value;
      }
    }
    if (kind < 2 && length != 0) {
      packet.resize(std::min<std::size_t>(packet.size(), length));
    }
    const bool v4 = kind < 2 ? p.spec.destination.is_v4() : kind == 2;
    if (v4 && (what & kFix) != 0) {
      fix_v4_checksum(packet);
    }
    receive(test::exactly(packet), v4);
  }

  void conclude() {
    for (const probe::Event& event : engine_.take_events()) {
      test::expect(!event.rtt || *event.rtt >= Duration::zero());
      test::expect(event.probe.target < 2);
      stats_[event.probe.target].apply(event);
    }
    for (const stats::TargetStats& stats : stats_) {
      const stats::Counts& c = stats.counts();
      test::expect(c.sent == kProbes / 2);
      for (const std::uint64_t bucket : {c.received, c.late, c.lost, c.errors, c.in_flight}) {
        test::expect(bucket <= c.sent);
      }
      test::expect(c.sent == c.received + c.late + c.lost + c.errors + c.in_flight);
      test::expect(c.received + c.late <= accepted_);
    }
  }

 private:
  static test::Packet raw(Reader& in, std::uint16_t length) {
    return test::exactly(in.take(std::min<std::size_t>(length, in.remaining())));
  }

  void receive(const test::Packet& packet, bool v4) {
    const ClockPair clocks{.steady = now_, .wall = kStart.wall + (now_ - kStart.steady)};
    transport::Packet received;
    Bytes icmp;
    if (v4) {
      const auto ip = wire::decode_ipv4(packet);
      icmp = ip ? ip->payload : Bytes{};
      received.data = packet;
      received.layout = transport::PacketLayout::ipv4;
      received.source = ip ? ip->header.source : net::Address();
    } else {
      const auto ip = wire::decode_ipv6(packet);
      if (!ip) {
        return;  // the kernel would not have handed it over
      }
      icmp = ip->payload;
      received.data = icmp;
      received.source = ip->header.source;
      received.ttl = ip->header.hop_limit;
    }
    const net::Address source = received.source;
    const auto seen = test::interpreted(received, matcher_, clocks);
    if (!seen) {
      return;
    }
    judge(*seen, icmp, source);
    engine_.on_observations(std::span(&*seen, 1));
  }

  void judge(const probe::Observation& seen, Bytes icmp, const net::Address& source) {
    test::expect(seen.at >= kStart.steady && seen.at <= now_);
    test::expect(seen.probe.target < 2);
    test::expect(seen.probe.sequence >= 1 && seen.probe.sequence <= kProbes / 2);
    if (seen.kind != probe::ObservationKind::reply) {
      test::expect(seen.kind == probe::ObservationKind::icmp_error);
      return;
    }
    ++accepted_;
    const net::Address& asked = address_of(seen.probe.target);
    test::expect(source.same_host(asked));
    test::expect(seen.verified);
    test::expect(icmp.size() >= wire::kIcmpHeader + probe::TokenSealer::kTag);
    test::expect(world_->sealer.check(seen.probe, asked, kIdent, icmp.subspan(wire::kIcmpHeader)) ==
                 probe::TokenSealer::Check::match);
  }

  [[nodiscard]] const net::Address& address_of(std::uint32_t target) const {
    const auto at = std::ranges::find_if(
        world_->probes, [&](const Probe& p) { return p.spec.id.target == target; });
    return at->spec.destination;
  }

  const World* world_;
  engine::PingEngine engine_;
  probe::RecentSends sends_;
  transport::Matcher matcher_;
  std::array<stats::TargetStats, 2> stats_{};
  Instant now_ = kStart.steady;
  std::uint64_t accepted_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const World kWorld;
  Run run(kWorld);
  Reader in{test::input_of(data, size)};
  for (std::size_t n = 0; n < kMostRecords && in.remaining() > 0; ++n) {
    run.record(in);
  }
  run.conclude();
  return 0;
}
