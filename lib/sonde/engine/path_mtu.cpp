#include "sonde/engine/path_mtu.hpp"

#include <algorithm>

namespace sonde::engine {

using probe::MtuEvidence;

namespace {

constexpr unsigned kTries = 3;            // probes of one size that must vanish
constexpr std::uint32_t kLeastV4 = 68;    // RFC 791
constexpr std::uint32_t kLeastV6 = 1280;  // RFC 8200 section 5

// RFC 1191 section 7.1, and the sizes of today's tunnels between them.
constexpr std::array<std::uint32_t, 13> kPlateaus{65535, 32000, 17914, 9000, 8166, 4352, 2002,
                                                  1492,  1280,  1006,  508,  296,  68};

std::uint32_t plateau_below(std::uint32_t size, std::uint32_t least) {
  const auto below =
      std::ranges::find_if(kPlateaus, [=](std::uint32_t plateau) { return plateau < size; });
  return below == kPlateaus.end() ? least : std::max(*below, least);
}

}  // namespace

PathMtuSearch::PathMtuSearch(net::Family family, MtuRange range, std::span<const net::Ttl> hops)
    : family_(family), range_(range) {
  range_.largest = std::max(range_.largest, range_.smallest);
  for (const net::Ttl ttl : hops) {
    hops_.push_back({.ttl = ttl, .low = range_.smallest.value, .high = range_.largest.value + 1});
  }
}

PathMtuSearch::Hop* PathMtuSearch::find(net::Ttl ttl) noexcept {
  const auto at = std::ranges::find(hops_, ttl, &Hop::ttl);
  return at == hops_.end() ? nullptr : &*at;
}

// What reached a hop behind it passed it too.
std::uint32_t PathMtuSearch::low(std::size_t hop) const noexcept {
  std::uint32_t most = range_.smallest.value;
  for (std::size_t i = hop; i < hops_.size(); ++i) {
    most = hops_[i].lost ? most : std::max(most, hops_[i].low);
  }
  return most;
}

// The hop up to this one that lets least through.
const PathMtuSearch::Hop& PathMtuSearch::tightest(std::size_t hop) const noexcept {
  const Hop* least = &hops_[hop];
  for (std::size_t i = hop; i-- > 0;) {
    if (!hops_[i].lost && hops_[i].high <= least->high) {
      least = &hops_[i];
    }
  }
  return *least;
}

bool PathMtuSearch::known(std::size_t hop) const noexcept {
  return hops_[hop].lost || (!hops_[hop].doubted && low(hop) + 1 >= tightest(hop).high);
}

// While a hop before it is being searched, or doubted, there is nothing to be asked.
bool PathMtuSearch::waits(std::size_t hop) const noexcept {
  for (std::size_t i = 0; i < hop; ++i) {
    if (hops_[i].doubted || (hops_[i].searching && !known(i))) {
      return true;
    }
  }
  return false;
}

std::uint32_t PathMtuSearch::candidate(std::size_t hop) const noexcept {
  const Hop& h = hops_[hop];
  const Hop& limit = tightest(hop);
  if (h.doubted) {
    return range_.smallest.value;
  }
  const std::uint32_t least = low(hop);
  if (limit.hint && *limit.hint > least && *limit.hint < limit.high) {
    return *limit.hint;
  }
  return h.searching && limit.high == h.high ? least + (limit.high - least) / 2 : limit.high - 1;
}

bool PathMtuSearch::may_ask(std::size_t hop) const noexcept {
  const Hop& h = hops_[hop];
  if (known(hop) || waits(hop)) {
    return false;
  }
  if (candidate(hop) != h.asked) {
    return h.out == 0;
  }
  // The first one alone, then all tries at once.
  const unsigned limit = h.tries == 0 && !h.searching ? 1 : kTries - std::min(h.tries, kTries);
  return h.out < limit;
}

std::optional<PathMtuSearch::Probe> PathMtuSearch::next() const {
  for (std::size_t i = 0; i < hops_.size(); ++i) {
    if (may_ask(i)) {
      return Probe{.ttl = hops_[i].ttl, .size = net::Mtu(candidate(i))};
    }
  }
  return std::nullopt;
}

void PathMtuSearch::issued(const Probe& probe) {
  if (Hop* hop = find(probe.ttl)) {
    if (hop->asked != probe.size.value) {
      hop->asked = probe.size.value;
      hop->tries = 0;
    }
    ++hop->out;
  }
}

void PathMtuSearch::back(const Probe& probe) {
  if (Hop* hop = find(probe.ttl); hop != nullptr && hop->out > 0) {
    --hop->out;
  }
}

void PathMtuSearch::passed(const Probe& probe) {
  Hop* const hop = find(probe.ttl);
  if (hop == nullptr) {
    return;
  }
  if (probe.size.value >= hop->high) {
    if (hop->evidence != MtuEvidence::searched) {
      return;
    }
    hop->high = range_.largest.value + 1;  // it was slow, or the others were lost
    hop->evidence = MtuEvidence::passed;
    hop->doubted = hop->searching = false;
  }
  hop->low = std::max(hop->low, probe.size.value);
  if (hop->doubted && probe.size == range_.smallest) {
    hop->doubted = false;
    hop->searching = true;
  }
  // RFC 1191: the plateau that passes is taken for the MTU.
  const Hop& limit = tightest(static_cast<std::size_t>(hop - hops_.data()));
  if (limit.hint == probe.size.value) {
    find(limit.ttl)->high = probe.size.value + 1;
  }
}

void PathMtuSearch::too_big(const Probe& probe, std::optional<net::Mtu> next_hop) {
  Hop* const hop = find(probe.ttl);
  const std::uint32_t size = probe.size.value;
  if (hop == nullptr || hop->high < size) {
    return;
  }
  const std::uint32_t least = family_ == net::Family::v4 ? kLeastV4 : kLeastV6;
  hop->doubted = hop->searching = false;
  hop->low = std::min(hop->low, size - 1);
  if (next_hop && next_hop->value < size && next_hop->value >= least) {
    hop->high = next_hop->value + 1;
    hop->low = std::min(hop->low, next_hop->value);
    hop->hint.reset();
    hop->evidence = MtuEvidence::reported;
    return;
  }
  hop->high = size;
  hop->hint = plateau_below(size, least);
  hop->evidence = MtuEvidence::plateau;
}

void PathMtuSearch::local_limit(net::Mtu mtu) {
  range_.largest = std::clamp(mtu, range_.smallest, range_.largest);
  for (Hop& hop : hops_) {
    hop.high = std::min(hop.high, range_.largest.value + 1);
  }
}

void PathMtuSearch::silent(const Probe& probe) {
  Hop* const hop = find(probe.ttl);
  if (hop == nullptr || hop->asked != probe.size.value || ++hop->tries < kTries) {
    return;
  }
  fails(*hop, probe.size.value);
}

void PathMtuSearch::fails(Hop& hop, std::uint32_t size) {
  if (hop.doubted) {
    hop.lost = true;
    hop.doubted = false;
    return;
  }
  const auto index = static_cast<std::size_t>(&hop - hops_.data());
  if (size <= low(index) || size >= hop.high) {
    return;  // known better by now
  }
  hop.high = size;
  hop.hint.reset();
  hop.evidence = MtuEvidence::searched;
  hop.doubted = !hop.searching;
  hop.asked = 0;  // a size that is asked again counts its tries anew
}

std::optional<PathMtuSearch::Found> PathMtuSearch::take() {
  while (taken_ < hops_.size() && known(taken_)) {
    const std::size_t hop = taken_++;
    if (!hops_[hop].lost) {
      const Hop& limit = tightest(hop);
      return Found{.ttl = hops_[hop].ttl,
                   .mtu = {.mtu = net::Mtu(limit.high - 1), .evidence = limit.evidence}};
    }
  }
  return std::nullopt;
}

bool PathMtuSearch::done() const noexcept {
  for (std::size_t i = 0; i < hops_.size(); ++i) {
    if (!known(i)) {
      return false;
    }
  }
  return true;
}

}  // namespace sonde::engine
