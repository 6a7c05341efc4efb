// trace_engine.cpp: fuzzes a trace from received packets to its end: wire, matcher, trace engine.
// In:  a list of records: | what (1) | which probe (1) | edits (1) | length (2) | then per edit:
//      offset (2), value (1) | then, for a raw packet, `length` bytes |.
//      what, low 3 bits: an honest reply, time exceeded, unreachable or "too big" with `length` as
//      its MTU, edited; bytes as they are; time passes, `length` ms. Of the first record: bit 3:
//      find the MTU; bit 4: IPv6; bit 5: each turn comes late, as on a busy machine.
// Oracles: the grammar of event.hpp, no negative RTT, at most 3 probes out at a hop and flow, and
// the engine ends by itself when nothing comes any more.
#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sonde/engine/trace.hpp"
#include "sonde/probe/recent_sends.hpp"
#include "sonde/probe/token.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "tests/support/fuzz.hpp"
#include "tests/support/packet_bytes.hpp"
#include "tests/support/sim_kernel.hpp"
#include "tests/support/sim_packet.hpp"

using namespace sonde;

namespace {

constexpr std::size_t kMostRecords = 256;
constexpr std::size_t kBurst = 8;  // probes taken at a turn
constexpr net::IcmpIdent kIdent{0x4d2};
constexpr ClockPair kStart{.steady = Instant{1000s}, .wall = WallTime{1'795'289'186s}};
constexpr std::uint8_t kMtuBit = 8;
constexpr std::uint8_t kV6Bit = 16;
constexpr std::uint8_t kLateBit = 32;
constexpr Duration kLate = 8ms;

enum class What : std::uint8_t { reply, exceeded, unreachable, too_big, raw, time };

struct Record {
  What what = What::time;
  std::uint8_t which = 0;
  std::uint8_t edits = 0;
  std::uint16_t length = 0;
};

engine::TraceConfig config_of(std::uint8_t first) {
  const bool find_mtu = (first & kMtuBit) != 0;
  return {.max_ttl = net::Ttl(12),
          .queries = 2,
          .flows = 2,
          .gap = 4,
          .find_mtu = find_mtu,
          .payload = std::vector(std::size_t{find_mtu ? 600U : 24U}, std::byte{0x5a})};
}

// What was said of each probe last.
class Grammar {
 public:
  void apply(const probe::Event& event) {
    using probe::EventKind;
    test::expect(!event.rtt || *event.rtt >= Duration::zero());
    if (event.probe.sequence == 0) {
      test::expect(!ended_);
      ended_ = event.kind == EventKind::path_end;
    } else if (event.kind == EventKind::sent) {
      test::expect(last_.emplace(event.probe.sequence, event.kind).second);
      test::expect(++out_[{event.step.ttl.value, event.step.flow}] <= 3);
    } else if (event.kind != EventKind::duplicate) {
      EventKind& last = last_.at(event.probe.sequence);
      const bool open = last == EventKind::sent;
      test::expect(open == (event.replaces == probe::Replaced::nothing));
      out_[{event.step.ttl.value, event.step.flow}] -= open ? 1 : 0;
      last = event.kind;
    }
  }

 private:
  std::map<std::uint64_t, probe::EventKind> last_;
  std::map<std::pair<unsigned, unsigned>, int> out_;
  bool ended_ = false;
};

class Run {
 public:
  explicit Run(std::uint8_t first)
      : v6_((first & kV6Bit) != 0),
        late_((first & kLateBit) != 0 ? kLate : Duration{}),
        engine_(engine::TraceEngine::make(config_of(first)).value()),
        matcher_(transport::Matcher(sealer_, sends_, kIdent).of_trace(shape_, sources_)) {
    engine_.add_target(0, destination(), now_);
    engine_.close_targets();
    turn();
  }

  void record(Reader& in) {
    constexpr std::uint8_t kKinds = 6;
    constexpr std::uint8_t kKindBits = 7;
    Record record{.what = static_cast<What>((in.u8() & kKindBits) % kKinds)};
    record.which = in.u8();
    record.edits = in.u8();
    record.length = in.u16();
    if (record.what == What::time) {
      pass(record.length * 1ms);
      return;
    }
    test::PacketBytes packet = packet_of(record, in);
    for (std::uint8_t n = 0; n < record.edits && !in.failed(); ++n) {
      const std::uint16_t at = in.u16();
      const auto value = static_cast<std::byte>(in.u8());
      if (at < packet.size()) {
        packet[at] = value;
      }
    }
    receive(test::exactly(packet));
    turn();
  }

  // Left alone, it ends by itself, and soon.
  void finish() {
    constexpr int kMostTurns = 20'000;
    for (int turns = 0; !engine_.done(); ++turns) {
      test::expect(turns < kMostTurns);
      const auto deadline = engine_.deadline();
      test::expect(deadline.has_value());
      now_ = std::max(now_, *deadline + late_);
      turn();
    }
  }

 private:
  [[nodiscard]] net::Address destination() const {
    static const net::Address kDestination6 = net::Address::parse("2001:db8::1").value();
    return v6_ ? kDestination6 : net::Address::v4(0xc0000201);
  }
  [[nodiscard]] net::Address us() const {
    static const net::Address kUs6 = net::Address::parse("2001:db8:5::2").value();
    return v6_ ? kUs6 : net::Address::v4(0xcb007102);
  }
  [[nodiscard]] net::Address router(std::uint8_t number) const {
    return v6_ ? net::Address::parse("2001:db8:ff::" + std::to_string(number)).value()
               : net::Address::v4(0xc6336400 + number);
  }

  void pass(Duration by) {
    const Instant until = now_ + by;
    for (int turns = 0; turns < 1000 && !engine_.done(); ++turns) {
      const auto deadline = engine_.deadline();
      if (!deadline || *deadline > until) {
        break;
      }
      now_ = std::clamp(*deadline + late_, now_, until);
      turn();
    }
    now_ = until;
    turn();
  }

  void turn() {
    const std::size_t due = engine_.next_probes(now_, specs_);
    std::array<probe::SendReport, kBurst> reports;
    for (std::size_t i = 0; i < due; ++i) {
      send(specs_[i]);
      reports[i] = {.id = specs_[i].id, .at = now_};
    }
    engine_.on_sent(std::span(reports).first(due));
    engine_.on_tick(now_);
    for (const probe::Event& event : engine_.take_events()) {
      grammar_.apply(event);
    }
  }

  void send(const probe::ProbeSpec& spec) {
    const net::IcmpSeq seq(static_cast<std::uint16_t>(spec.id.sequence));
    test::EchoPacket echo{.ip = {.source = us(),
                                 .destination = spec.destination,
                                 .ttl = spec.ip.ttl.value(),
                                 .dont_fragment = spec.ip.dont_fragment},
                          .icmp = test::echo_request_of(spec.destination.family()),
                          .ident = kIdent,
                          .seq = seq,
                          .payload = {spec.payload.begin(), spec.payload.end()}};
    sealer_.seal(spec.id, spec.destination, kIdent, echo.payload);
    sends_.add({.id = spec.id,
                .destination = spec.destination,
                .seq = seq,
                .payload = spec.payload,
                .at = now_});
    probes_.push_back(std::move(echo));
  }

  [[nodiscard]] test::PacketBytes packet_of(const Record& record, Reader& in) const {
    if (record.what == What::raw) {
      const Bytes raw = in.take(std::min<std::size_t>(record.length, in.remaining()));
      return {raw.begin(), raw.end()};
    }
    const test::EchoPacket& asked = probes_[record.which % probes_.size()];
    if (record.what == What::reply) {
      test::EchoPacket reply = asked;
      std::swap(reply.ip.source, reply.ip.destination);
      reply.icmp = test::echo_reply_of(destination().family());
      return encode(reply);
    }
    const std::uint8_t ttl = asked.ip.ttl.value;
    return encode(test::ErrorPacket{
        .ip = {.source = ttl > 9 ? destination() : router(ttl), .destination = us()},
        .icmp = icmp_of(record.what),
        .info = record.what == What::too_big ? record.length : 0U,
        .quoted = encode(asked)});
  }

  [[nodiscard]] wire::IcmpType icmp_of(What what) const {
    switch (what) {
      case What::unreachable:
        return {.type = v6_ ? wire::icmpv6::kDestinationUnreachable
                            : wire::icmpv4::kDestinationUnreachable,
                .code = 1};
      case What::too_big:
        return v6_ ? wire::IcmpType{.type = wire::icmpv6::kPacketTooBig}
                   : wire::IcmpType{.type = wire::icmpv4::kDestinationUnreachable,
                                    .code = wire::icmpv4::kCodeFragmentationNeeded};
      default:
        return {.type = v6_ ? wire::icmpv6::kTimeExceeded : wire::icmpv4::kTimeExceeded};
    }
  }

  void receive(const test::Packet& packet) {
    const ClockPair clocks{.steady = now_, .wall = kStart.wall + (now_ - kStart.steady)};
    const auto seen = test::read_raw(packet, std::nullopt, matcher_, times_.at(clocks));
    if (seen) {
      engine_.on_observations(std::span(&*seen, 1));
    }
  }

  bool v6_;
  Duration late_;
  SeededRng rng_{1};
  probe::TokenSealer sealer_{rng_};
  probe::RecentSends sends_;
  std::array<probe::ProbeSpec, kBurst> specs_;
  std::vector<test::EchoPacket> probes_;
  engine::TraceEngine engine_;
  transport::ProbeShape shape_;
  transport::KnownSources sources_;
  transport::Matcher matcher_;
  transport::ReadTimes times_{kStart};
  Grammar grammar_;
  Instant now_ = kStart.steady;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Reader in{test::input_of(data, size)};
  Run run(Reader{in.peek_rest()}.u8());
  for (std::size_t n = 0; n < kMostRecords && in.remaining() > 0; ++n) {
    run.record(in);
  }
  run.finish();
  return 0;
}
