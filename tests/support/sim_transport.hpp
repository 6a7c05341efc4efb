// sim_transport.hpp: a Transport over the simulated network, in virtual time.
// Probes leave as real packets (wire codecs, TokenSealer) and what comes back goes through
// transport/interpret and transport/matcher, as in the backends of a system. In between stands a
// small kernel: it takes stamps on the wall clock, verifies checksums, and in datagram mode keeps
// what is not for the socket to itself.
// wait() jumps the clock to the next arrival, timed action or `until`. A wait that nothing can end,
// and a million waits in which time stands still, throw: a hanging run is a failed test.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/probe/recent_sends.hpp"
#include "sonde/probe/token.hpp"
#include "sonde/transport/matcher.hpp"
#include "sonde/transport/rx_time.hpp"
#include "sonde/transport/transport.hpp"
#include "tests/support/packet_network.hpp"
#include "tests/support/virtual_clock.hpp"

namespace sonde::test {

enum class SimSocket : std::uint8_t { raw, dgram };

struct SimFaults {
  // The system refuses these sends, counted from 1, both ends in.
  struct Send {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    probe::SendError error{};
  };
  std::vector<Send> sends{};
  Duration send_delay{};          // from the call to the wire: what a transmit stamp leaves out
  Duration transmit_skew{};       // transmit stamps are so much off
  Duration receive_skew{};        // receive stamps
  Duration wake_latency{};        // wait() returns up to so much late
  std::optional<net::Mtu> mtu{};  // of our own interface
  // At an instant after the start: the wall clock steps; everything stands still for a while,
  // and what arrives meanwhile waits (SIGSTOP) or is lost (suspend).
  struct Step {
    Duration at{};
    Duration by{};
  };
  struct Pause {
    Duration at{};
    Duration length{};
    bool deaf = false;
  };
  std::vector<Step> wall_steps{};
  std::vector<Pause> pauses{};
};

struct SimTransportConfig {
  SimSocket socket = SimSocket::raw;
  bool transmit_stamps = true;
  bool receive_stamps = true;
  bool any_source = false;  // directed broadcast: anybody may answer
  // Trace: answers are matched as one's, and the ICMP checksum is the same for all probes of a
  // flow, by two bytes of the payload.
  bool constant_flows = false;
  net::IcmpIdent ident{0x4d2};
  net::Address source_v4 = net::Address::v4(0xcb007102);  // 203.0.113.2
  net::Address source_v6 = net::Address::parse("2001:db8:5::2").value();
  SimFaults faults{};
};

class SimTransport final : public transport::Transport {
 public:
  // All three outlive the transport.
  SimTransport(SimTransportConfig config, PacketNetwork& network, VirtualClock& clock, Rng& rng);

  [[nodiscard]] transport::Capabilities capabilities() const override;
  std::size_t send(std::span<const probe::ProbeSpec> specs,
                   std::span<probe::SendReport> reports) override;
  [[nodiscard]] std::size_t receive(std::span<probe::Observation> out) override;
  void wait(Instant until) override;
  void wake() noexcept override { woken_ = true; }
  [[nodiscard]] probe::RejectCounts rejects() const override { return rejects_; }

  // Something that happens at an instant while the run waits: a signal, a step of the clock.
  void at(Instant when, std::function<void()> action);
  [[nodiscard]] std::uint64_t sends() const noexcept { return attempts_; }

 private:
  struct Arrival {
    PacketBytes packet;  // or:
    std::optional<probe::ProbeId> transmitted{};
    Instant sent_at{};
  };
  struct WallStep {
    Instant at;
    Duration by{};
  };
  [[nodiscard]] std::optional<probe::SendError> refusal(const probe::ProbeSpec& spec,
                                                        std::size_t size) const;
  [[nodiscard]] EchoPacket request_of(const probe::ProbeSpec& spec);
  void emit(const probe::ProbeSpec& spec, const PacketBytes& packet, const probe::SentProbe& sent);
  [[nodiscard]] std::optional<probe::Observation> interpret(const Arrival& arrival, Instant at);
  [[nodiscard]] WallTime stamp_at(Instant when) const;
  void pass_time(Instant until);

  SimTransportConfig config_;
  PacketNetwork& network_;
  VirtualClock& clock_;
  SeededRng noise_;
  probe::TokenSealer sealer_;
  probe::RecentSends recent_;
  transport::Matcher matcher_;
  transport::ProbeShape shape_;      // with constant_flows, for the matcher
  transport::KnownSources sources_;  // none: nothing is known to be translated
  std::multimap<Instant, Arrival> coming_;
  std::multimap<Instant, std::function<void()>> actions_;
  std::deque<PacketBytes> payloads_;  // with constant_flows: as they were sent
  std::vector<WallStep> steps_;
  probe::RejectCounts rejects_;
  transport::ReadTimes read_times_{read_both(clock_)};
  std::uint64_t attempts_ = 0;
  std::uint64_t idle_waits_ = 0;
  bool woken_ = false;
};

}  // namespace sonde::test
