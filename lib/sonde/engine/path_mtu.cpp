#include "sonde/engine/path_mtu.hpp"

#include <algorithm>

namespace sonde::engine {

using probe::MtuEvidence;

namespace {

// Probes of one size that must vanish: at first, and in each round of a search.
constexpr unsigned kFirstTries = 3;
constexpr unsigned kTries = 2;
// Silent rounds in a row, and the pauses between them: Linux gives one answer a second.
constexpr unsigned kMostSilentRounds = 3;
constexpr Duration kPause = 1s;
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
    most = hops_[i].unclear ? most : std::max(most, hops_[i].low);
  }
  return most;
}

// The hop up to this one that lets least through.
const PathMtuSearch::Hop& PathMtuSearch::tightest(std::size_t hop) const noexcept {
  const Hop* least = &hops_[hop];
  for (std::size_t i = hop; i-- > 0;) {
    if (!hops_[i].unclear && hops_[i].high <= least->high) {
      least = &hops_[i];
    }
  }
  return *least;
}

bool PathMtuSearch::known(std::size_t hop) const noexcept {
  const Hop& limit = tightest(hop);
  const bool sure = limit.evidence != MtuEvidence::searched || limit.confirmed;
  return hops_[hop].unclear || (sure && low(hop) + 1 >= limit.high);
}

// While a hop before it is being searched there is nothing to be asked.
bool PathMtuSearch::waits(std::size_t hop) const noexcept {
  for (std::size_t i = 0; i < hop; ++i) {
    if (hops_[i].searching && !known(i)) {
      return true;
    }
  }
  return false;
}

std::uint32_t PathMtuSearch::candidate(std::size_t hop) const noexcept {
  const Hop& limit = tightest(hop);
  const std::uint32_t least = low(hop);
  if (least + 1 >= limit.high) {
    return limit.high;  // once more
  }
  if (limit.hint && *limit.hint > least && *limit.hint < limit.high) {
    return *limit.hint;
  }
  const Hop& h = hops_[hop];
  return h.searching && limit.high == h.high ? least + (limit.high - least) / 2 : limit.high - 1;
}

// So many of a round's probes are large.
unsigned PathMtuSearch::large_ones(const Hop& hop) noexcept {
  return hop.searching || hop.silent_rounds > 0 ? kTries : kFirstTries;
}

std::uint32_t PathMtuSearch::size_for(std::size_t hop) const noexcept {
  const Hop& h = hops_[hop];
  const std::uint32_t size = candidate(hop);
  const unsigned large = h.tries + h.out;  // no control is out before all of them are
  return size == h.asked && large >= large_ones(h) ? range_.smallest.value : size;
}

bool PathMtuSearch::may_ask(std::size_t hop) const noexcept {
  const Hop& h = hops_[hop];
  if (known(hop) || waits(hop)) {
    return false;
  }
  if (candidate(hop) != h.asked) {
    return h.out == 0;
  }
  if (h.tries + h.out < large_ones(h)) {
    // The very first one alone, then the rest at once.
    return h.tries > 0 || h.out == 0 || large_ones(h) == kTries;
  }
  return h.control == Control::none || h.control == Control::back;
}

std::optional<Instant> PathMtuSearch::due() const {
  std::optional<Instant> earliest;
  for (std::size_t i = 0; i < hops_.size(); ++i) {
    if (may_ask(i)) {
      earliest = std::min(earliest.value_or(Instant::max()), hops_[i].not_before);
    }
  }
  return earliest;
}

std::optional<PathMtuSearch::Probe> PathMtuSearch::next(Instant now) const {
  for (std::size_t i = 0; i < hops_.size(); ++i) {
    if (hops_[i].not_before <= now && may_ask(i)) {
      return Probe{.ttl = hops_[i].ttl, .size = net::Mtu(size_for(i))};
    }
  }
  return std::nullopt;
}

void PathMtuSearch::start_round(Hop& hop, std::uint32_t size) noexcept {
  hop.asked = size;
  hop.tries = 0;
  hop.control = Control::none;
}

void PathMtuSearch::issued(const Probe& probe) {
  Hop* const hop = find(probe.ttl);
  if (hop == nullptr) {
    return;
  }
  ++hop->out;
  if (probe.size == range_.smallest) {
    hop->control = Control::out;
  } else if (hop->asked != probe.size.value) {
    start_round(*hop, probe.size.value);
  }
}

void PathMtuSearch::back(const Probe& probe) {
  Hop* const hop = find(probe.ttl);
  if (hop == nullptr || hop->out == 0) {
    return;
  }
  --hop->out;
  if (probe.size == range_.smallest && hop->control == Control::out) {
    hop->control = Control::back;
  }
}

void PathMtuSearch::passed(const Probe& probe, Instant at) {
  Hop* const hop = find(probe.ttl);
  if (hop == nullptr) {
    return;
  }
  hop->silent_rounds = 0;
  if (probe.size == range_.smallest) {
    hop->control = hop->control == Control::back ? Control::answered : hop->control;
    settle(*hop, at);
    return;
  }
  if (probe.size.value >= hop->high) {
    if (hop->evidence != MtuEvidence::searched) {
      return;
    }
    hop->high = range_.largest.value + 1;  // it was slow, or the others were lost
    hop->evidence = MtuEvidence::passed;
    hop->searching = hop->confirmed = false;
  }
  hop->low = std::max(hop->low, probe.size.value);
  if (hop->sparing) {
    hop->not_before = at + kPause;
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
  hop->searching = hop->confirmed = false;
  hop->silent_rounds = 0;
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
    if (hop.high > range_.largest.value + 1) {
      hop.high = range_.largest.value + 1;
      hop.evidence = MtuEvidence::passed;
      hop.searching = false;
    }
  }
}

void PathMtuSearch::silent(const Probe& probe, Instant now) {
  Hop* const hop = find(probe.ttl);
  if (hop == nullptr) {
    return;
  }
  if (probe.size == range_.smallest) {
    hop->control = hop->control == Control::back ? Control::silent : hop->control;
  } else if (hop->asked == probe.size.value) {
    ++hop->tries;
  }
  settle(*hop, now);
}

// The end of a round in which no large one was answered.
void PathMtuSearch::settle(Hop& hop, Instant now) {
  const auto index = static_cast<std::size_t>(&hop - hops_.data());
  const bool over = hop.control == Control::answered || hop.control == Control::silent;
  if (hop.out > 0 || !over || known(index) || candidate(index) != hop.asked) {
    return;  // it goes on, or its size is known better by now
  }
  if (hop.control == Control::answered) {
    fails(hop);
  } else {
    ++hop.silent_rounds;
    hop.sparing = true;
    hop.unclear = hop.silent_rounds >= kMostSilentRounds;
  }
  if (hop.sparing) {
    hop.not_before = now + kPause * std::max(hop.silent_rounds, 1U);
  }
  start_round(hop, 0);
}

void PathMtuSearch::fails(Hop& hop) {
  hop.confirmed = hop.evidence == MtuEvidence::searched && hop.high == hop.asked;
  hop.high = hop.asked;
  hop.hint.reset();
  hop.evidence = MtuEvidence::searched;
  hop.searching = true;
}

std::optional<PathMtuSearch::Found> PathMtuSearch::take() {
  while (taken_ < hops_.size() && known(taken_)) {
    const std::size_t hop = taken_++;
    if (!hops_[hop].unclear) {
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
