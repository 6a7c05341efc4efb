// sim_path.hpp: a model of one path and of everything that makes paths hard to trace.
// In:  inject(): one IP packet with ICMP, UDP or TCP in it, of either family.
// Out: what routers and the destination send back (packet_network.hpp), and the truth: log() has
// for
//      each packet, in the order of inject(), who said what.
// A path is a row of segments; a segment has one branch or more, and a packet takes one of them: by
// its flow (addresses, protocol, ports; of ICMP type, code, checksum and identifier; the flow label
// of IPv6), or at random. Routers take 1 from the TTL and can be silent, slow, rate-limited, lossy,
// refuse or swallow what passes, know an MTU or hide it, rewrite source and TOS, and send MPLS and
// interface objects in every layout of RFC 4884. A segment can go round for ever.
// The destination answers echo requests, says port unreachable to UDP, and RST to TCP.
// Pure but for its random numbers (seeded) and the rate limits.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "sonde/base/random.hpp"
#include "tests/support/packet_network.hpp"
#include "tests/support/sim_network.hpp"

namespace sonde::test {

// An ICMP error, by family.
struct ErrorByFamily {
  wire::IcmpType v4{};
  wire::IcmpType v6{};
  [[nodiscard]] const wire::IcmpType& of(net::Family family) const noexcept {
    return family == net::Family::v4 ? v4 : v6;
  }
};

enum class MtuComplaint : std::uint8_t { named, zero, none };

// How a node answers.
struct Voice {
  bool silent = false;
  Duration slow{};                          // before it answers
  Duration slow_jitter{};                   // up to so much more, at random
  std::optional<Duration> interval{};       // at most one answer in this time
  unsigned burst = 1;                       // so many in a row, before that holds
  bool spent = false;                       // none of these is left at the start
  double loss = 0;                          // of its answers
  unsigned copies = 0;                      // of each answer, beside it
  std::uint8_t initial_ttl = 64;            // of its packets
  std::optional<std::uint8_t> back_hops{};  // routers on the way back; absent: as on the way here
  Duration back_delay{};                    // longer than the way here
};

struct PathRouter {
  Addresses address;
  Duration delay{};  // of the link to it, one way
  Duration jitter{};
  Voice voice{};
  std::optional<std::size_t> quote_bytes{};
  QuoteLayout layout = QuoteLayout::compliant;
  wire::IcmpExtensions extensions{};
  std::optional<net::Mtu> mtu{};  // of the link behind it
  MtuComplaint complaint = MtuComplaint::named;
  bool passes_zero = false;                // sends on a packet whose TTL it brought to 0
  std::optional<ErrorByFamily> refuses{};  // whatever would pass
  bool swallows = false;                   // the same, without a word
  std::optional<Addresses> nat{};          // the source it writes into what passes
  std::optional<net::Tos> tos{};           // the TOS
};

enum class Balance : std::uint8_t { flow, packet };

struct PathSegment {
  Balance balance = Balance::flow;
  std::vector<std::vector<PathRouter>> branches{};
  bool loop = false;  // its first branch goes round for ever
};

struct PathHost {
  Addresses address;
  Duration delay{};
  Duration jitter{};
  Voice voice{};
  std::uint8_t exceeded = 0;                // arrives with a TTL up to this: time exceeded instead
  std::optional<ErrorByFamily> refuses{};   // instead of an answer
  std::optional<Addresses> other_source{};  // of its answers
};

struct PathModel {
  std::uint64_t seed = 1;
  std::vector<PathSegment> segments{};
  PathHost host{};
};

struct PathWord {
  Instant at;  // it comes back to us
  net::Address from;
  wire::IcmpType icmp;
};
struct PathTruth {
  net::Ttl ttl;
  Instant sent;
  std::vector<net::Address> route{};  // the routers on its way, as far as its TTL lasts
  std::vector<PathWord> words{};
};

class SimPath final : public PacketNetwork {
 public:
  explicit SimPath(PathModel model) : model_(std::move(model)), rng_(model_.seed) {}

  [[nodiscard]] std::vector<Delivery> inject(Bytes packet, Instant now) override;
  [[nodiscard]] const std::vector<PathTruth>& log() const noexcept { return log_; }

 private:
  struct Travel;
  struct Answer;
  [[nodiscard]] const std::vector<PathRouter>& branch_of(std::size_t segment, const Travel& travel);
  [[nodiscard]] bool stopped(const PathRouter& router, Travel& travel);
  void complain(const PathRouter& router, const Travel& travel, ErrorPacket error);
  void arrive(Travel& travel);
  void say(const Voice& voice, const Travel& travel, const Answer& answer);
  [[nodiscard]] bool may_speak(const Voice& voice, Instant now);
  [[nodiscard]] Duration link(Duration delay, Duration jitter);

  PathModel model_;
  SeededRng rng_;
  struct Credit {
    Instant last;
    Duration saved;
  };
  std::map<const Voice*, Credit> credit_;
  std::vector<PathTruth> log_;
  std::vector<Delivery> out_;
};

}  // namespace sonde::test
