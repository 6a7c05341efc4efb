// sim_network.hpp: a model of a network, from our interface to the hosts behind some routers.
// In:  inject(): one IP packet that leaves us at an instant.
// Out: the IP packets that come back, each with the instant of its arrival, earliest first.
// Pure but for its random numbers (seeded) and the rate limits of its routers: no clock, no I/O, so
// it stands behind virtual time (sim_transport) as well as behind a TUN device (tests/netns).
// Routers take 1 from the TTL, send time exceeded, know the MTU of the link behind them, and may be
// silent, slow to complain, or swallow what is too big. IPv4 packets without DF that are too big
// for a link pass: fragments are not modelled. What is not an echo request is dropped and counted.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/base/time.hpp"
#include "tests/support/packet_network.hpp"
#include "tests/support/sim_behaviour.hpp"

namespace sonde::test {

struct Addresses {  // of one node, in one or both families
  std::optional<net::Address> v4{};
  std::optional<net::Address> v6{};
  [[nodiscard]] const std::optional<net::Address>& of(net::Family family) const noexcept {
    return family == net::Family::v4 ? v4 : v6;
  }
};

struct Router {
  Addresses address;
  Duration delay{};                          // of the link to it, one way
  Duration jitter{};                         // up to so much more, at random
  std::optional<net::Mtu> mtu{};             // of the link behind it
  bool black_hole = false;                   // drops what is too big without a word
  bool silent = false;                       // never sends an error
  std::optional<Duration> error_interval{};  // at most one error in this time
  std::optional<std::size_t> quote_bytes{};  // of the original datagram; absent: the RFC's most
  wire::IcmpExtensions extensions{};         // in its errors
};

// Which requests a behaviour is for: all conditions must hold.
struct When {
  std::vector<std::pair<std::uint16_t, std::uint16_t>> seqs{};  // ranges, both ends in; empty: all
  std::optional<double> ratio{};                                // of the requests, at random
  // Gilbert's model of bursts: the odds to fall into a bad stretch, and to leave it.
  struct Burst {
    double enter = 0;
    double leave = 1;
    bool bad = false;
  };
  std::optional<Burst> burst{};
};

struct Rule {
  When when;
  Behaviour what;
};

struct Host {
  Addresses address;
  std::vector<net::Address> groups{};  // multicast or broadcast addresses it answers for
  Duration delay{};                    // of the last link, one way
  Duration jitter{};
  std::optional<std::size_t> hops{};  // routers before it; absent: all
  std::vector<Rule> rules{};
};

struct NetworkModel {
  std::uint64_t seed = 1;
  std::vector<Router> routers{};
  std::vector<Host> hosts{};
};

class SimNetwork final : public PacketNetwork {
 public:
  explicit SimNetwork(NetworkModel model) : model_(std::move(model)), rng_(model_.seed) {
    last_error_.resize(model_.routers.size());
  }

  [[nodiscard]] std::vector<Delivery> inject(Bytes packet, Instant now) override;
  // Packets that were no echo request, or damaged.
  [[nodiscard]] std::uint64_t not_understood() const noexcept { return not_understood_; }

 private:
  struct Travel;
  void deliver(Host& host, const Travel& travel, std::vector<Delivery>& out);
  // The router that stops the packet, and its error if it sends one.
  [[nodiscard]] bool stopped(std::size_t hop, Travel& travel, std::vector<Delivery>& out);
  void send_error(std::size_t hop, const Travel& travel, const ErrorKind& kind,
                  std::vector<Delivery>& out);
  [[nodiscard]] bool may_complain(std::size_t hop, Instant now);
  [[nodiscard]] bool applies(When& when, net::IcmpSeq seq);
  [[nodiscard]] Duration link(Duration delay, Duration jitter);
  [[nodiscard]] Duration way_back(std::size_t hops);

  NetworkModel model_;
  SeededRng rng_;
  std::vector<std::optional<Instant>> last_error_;
  std::uint64_t not_understood_ = 0;
};

}  // namespace sonde::test
