// path_mtu.hpp: how large a packet reaches each hop of a known path.
// In:  the hops that answer small packets, the smallest and the largest size to try (bytes of the
//      whole IP packet), and what became of each probe, which leaves with DF set, and when.
// Out: which probe to send next, not before when, and what was found, nearest hop first.
// All hops are asked with the largest size at once. A router that names an MTU is believed, if it
// is smaller than what it turned away and not below what IP allows; where it names none, the next
// plateau of RFC 1191 section 7 is tried. Where large packets vanish without a word, the nearest
// such hop is searched by halves as RFC 8899 has it, and the hops behind it are only asked for what
// was found.
// Many hops answer only so often: Linux says port unreachable and time exceeded 6 times, and then
// once a second (icmp_ratelimit). So silence about a size is believed only if a small packet that
// left behind it was answered: whoever had an answer left for that one, had one for those before.
// If all are silent the hop is asked again after a pause; after some of them it is left out, as it
// answers too seldom to tell, or not at all any more. A size that was found by such silence is
// asked for twice before it is told. A packet that reached a hop passed all before it, one that was
// too big for it is so for all behind. Used by trace_path. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "sonde/base/time.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/path.hpp"

namespace sonde::engine {

struct MtuRange {
  net::Mtu smallest{};  // that the hops answered
  net::Mtu largest{};
};

class PathMtuSearch {
 public:
  PathMtuSearch(net::Family family, MtuRange range, std::span<const net::Ttl> hops);

  struct Probe {
    net::Ttl ttl{};
    net::Mtu size{};
    friend bool operator==(const Probe&, const Probe&) = default;
  };
  // When next() has something to ask; Instant::min(): at once. nullopt: not before some outcome.
  [[nodiscard]] std::optional<Instant> due() const;
  [[nodiscard]] std::optional<Probe> next(Instant now) const;
  // That one was handed out.
  void issued(const Probe& probe);

  // It is no longer out: it has an outcome, or was not sent. Before the outcome is told.
  void back(const Probe& probe);

  // Outcomes; a later one may tell more of the same probe.
  void passed(const Probe& probe, Instant at);  // some answer from the hop
  // Somebody before it says so.
  void too_big(const Probe& probe, std::optional<net::Mtu> next_hop);
  void silent(const Probe& probe, Instant now);
  void local_limit(net::Mtu mtu);  // our own interface sends no more: then that is the largest

  struct Found {
    net::Ttl ttl{};
    probe::PathMtu mtu{};
  };
  // The next hop's, once it and all before it are known; nullopt: not yet, or no more.
  [[nodiscard]] std::optional<Found> take();
  [[nodiscard]] bool done() const noexcept;

 private:
  // A small packet behind the large ones.
  enum class Control : std::uint8_t { none, out, back, answered, silent };
  struct Hop {
    net::Ttl ttl{};
    std::uint32_t low = 0;                                     // passed
    std::uint32_t high = 0;                                    // too big
    std::optional<std::uint32_t> hint{};                       // a plateau to be tried first
    probe::MtuEvidence evidence = probe::MtuEvidence::passed;  // why `high`
    // The round: some probes of one size, and a control.
    std::uint32_t asked = 0;  // that size
    unsigned out = 0;         // of both kinds
    unsigned tries = 0;       // of that size, without an answer
    Control control = Control::none;
    unsigned silent_rounds = 0;  // in a row
    bool sparing = false;        // it was found to answer only so often
    Instant not_before = Instant::min();
    bool searching = false;
    bool confirmed = false;  // `high` was asked for twice
    bool unclear = false;    // it answers too seldom, or no more
  };
  [[nodiscard]] Hop* find(net::Ttl ttl) noexcept;
  [[nodiscard]] std::uint32_t low(std::size_t hop) const noexcept;
  [[nodiscard]] const Hop& tightest(std::size_t hop) const noexcept;
  [[nodiscard]] bool known(std::size_t hop) const noexcept;
  [[nodiscard]] bool waits(std::size_t hop) const noexcept;
  [[nodiscard]] std::uint32_t candidate(std::size_t hop) const noexcept;
  [[nodiscard]] bool may_ask(std::size_t hop) const noexcept;
  // What to ask it next: a size, or the control.
  [[nodiscard]] std::uint32_t size_for(std::size_t hop) const noexcept;
  [[nodiscard]] static unsigned large_ones(const Hop& hop) noexcept;
  void settle(Hop& hop, Instant now);
  void fails(Hop& hop);
  static void start_round(Hop& hop, std::uint32_t size) noexcept;

  net::Family family_;
  MtuRange range_;
  std::vector<Hop> hops_;
  std::size_t taken_ = 0;
};

}  // namespace sonde::engine
