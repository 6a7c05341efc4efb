#include "sonde/stats/path_stats.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace sonde::stats {

using probe::Event;
using probe::EventKind;
using probe::Observation;
using probe::ObservationKind;
using probe::Replaced;

namespace {

// An ICMP error as the answer that it is.
[[nodiscard]] Event as_answer(const Event& event) {
  Event out = event;
  if (event.kind == EventKind::error) {
    out.kind = event.replaces == Replaced::timeout ? EventKind::late : EventKind::reply;
  }
  return out;
}

// What led to the outcome that is known: sent, given up before a late answer.
void count_anew(const HopProbe& probe, TargetStats& stats) {
  Event event = as_answer(probe.last);
  event.replaces = Replaced::nothing;
  if (event.kind != EventKind::send_failed) {
    stats.apply({.kind = EventKind::sent,
                 .probe = event.probe,
                 .at = event.sent_at,
                 .sent_at = event.sent_at});
  }
  if (event.kind == EventKind::late) {
    stats.apply({.kind = EventKind::timeout,
                 .probe = event.probe,
                 .at = event.at,
                 .sent_at = event.sent_at});
    event.replaces = Replaced::timeout;
  }
  if (event.kind != EventKind::sent) {
    stats.apply(event);
  }
  for (std::uint32_t i = 0; i < probe.duplicates; ++i) {
    stats.apply({.kind = EventKind::duplicate,
                 .probe = event.probe,
                 .at = event.at,
                 .sent_at = event.sent_at});
  }
}

// From the probes alone: where an answer takes back another one that was counted already.
[[nodiscard]] TargetStats counted_anew(const std::vector<HopProbe>& probes) {
  TargetStats stats;
  for (const HopProbe& probe : probes) {
    if (probe.step().query > 0) {
      count_anew(probe, stats);
    }
  }
  return stats;
}

// All its queries have their outcome, and none that was added is out.
[[nodiscard]] bool asked_enough(const Hop& hop, std::uint32_t queries) {
  const auto of_hop = [](const HopProbe& probe) {
    return probe.step().query > 0 && !probe.made_up_for();
  };
  const bool out = std::ranges::any_of(hop.probes, [&](const HopProbe& probe) {
    return of_hop(probe) && probe.last.kind == EventKind::sent;
  });
  return !out && std::cmp_greater_equal(std::ranges::count_if(hop.probes, of_hop), queries);
}

}  // namespace

bool refuses(const Observation& seen) noexcept {
  return seen.kind == ObservationKind::icmp_error && !probe::says_time_exceeded(seen);
}

bool HopProbe::answered() const noexcept {
  return last.kind == EventKind::reply || last.kind == EventKind::late ||
         last.kind == EventKind::error;
}

bool HopProbe::made_up_for() const noexcept {
  return last.kind == EventKind::send_failed && last.send_error &&
         (last.send_error->failure == probe::SendFailure::no_buffer ||
          last.send_error->failure == probe::SendFailure::untold);
}

Hop& PathStats::hop_at(net::Ttl ttl) {
  auto at = std::ranges::lower_bound(hops_, ttl, {}, &Hop::ttl);
  if (at == hops_.end() || at->ttl != ttl) {
    at = hops_.insert(at, Hop{.ttl = ttl});
  }
  return *at;
}

void PathStats::apply(const Event& event) {
  switch (event.kind) {
    case EventKind::path_end:
      end_ = event.path_end;
      end_ttl_ = event.step.ttl.value > 0 ? std::optional(event.step.ttl) : std::nullopt;
      for (Hop& hop : hops_) {
        hop.complete = true;
      }
      break;
    case EventKind::flow_end:
      if (event.step.flow < flows_.size()) {
        flows_[event.step.flow].last = event.step.ttl;
        flows_[event.step.flow].end = event.path_end;
        shorten(event.step.flow);
      }
      break;
    case EventKind::path_mtu:
      hop_at(event.step.ttl).mtu = event.path_mtu;
      break;
    default:
      record(event);
      break;
  }
}

std::optional<net::Ttl> PathStats::Flow::limit() const noexcept {
  if (arrived) {
    return arrived;
  }
  return last ? last : refused && passed < *refused ? refused : std::nullopt;
}

bool PathStats::reached_by(std::uint16_t flow) const noexcept {
  return flow < flows_.size() ? flows_[flow].arrived.has_value() : reached();
}

std::optional<probe::PathEnd> PathStats::end_of(std::uint16_t flow) const noexcept {
  return flow < flows_.size() ? flows_[flow].end : std::nullopt;
}

std::optional<net::Ttl> PathStats::last_of(std::uint16_t flow) const noexcept {
  return flow < flows_.size() ? flows_[flow].limit() : std::nullopt;
}

bool PathStats::beyond(const probe::PathStep& step) const noexcept {
  const auto limit = last_of(step.flow);
  return limit && step.ttl > *limit;
}

// What an answer tells of its flow.
void PathStats::learn(const Event& event) {
  const net::Ttl ttl = event.step.ttl;
  if (event.step.flow >= flows_.size() || event.step.query == 0 ||
      !HopProbe{.last = event}.answered()) {
    return;
  }
  Flow& flow = flows_[event.step.flow];
  const auto before = flow.limit();
  if (probe::arrived(destination_, event.observation)) {
    flow.arrived = std::min(flow.arrived.value_or(ttl), ttl);
  } else if (refuses(event.observation)) {
    flow.refused = std::min(flow.refused.value_or(ttl), ttl);
  } else {
    flow.passed = std::max(flow.passed, ttl);
  }
  if (flow.limit() != before) {
    shorten(event.step.flow);
  }
}

// Its probes behind its end make no hop.
void PathStats::shorten(std::uint16_t flow) {
  for (Hop& hop : hops_) {
    const auto gone = std::erase_if(hop.probes, [&](const HopProbe& probe) {
      return probe.step().flow == flow && beyond(probe.step());
    });
    if (gone > 0) {
      hop.stats = counted_anew(hop.probes);
    }
  }
}

void PathStats::record(const Event& event) {
  learn(event);
  mtu_flow_ = event.step.query == 0 ? event.step.flow : mtu_flow_;
  if (beyond(event.step)) {
    return;
  }
  Hop& hop = hop_at(event.step.ttl);
  auto at = std::ranges::lower_bound(hop.probes, event.probe.sequence, {}, &HopProbe::sequence);
  bool takes_back_an_answer = false;
  if (at == hop.probes.end() || at->sequence() != event.probe.sequence) {
    at = hop.probes.insert(at, HopProbe{.last = event});
  } else if (event.kind == EventKind::duplicate) {
    ++at->duplicates;
  } else {
    takes_back_an_answer = event.replaces == Replaced::error && at->answered();
    at->last = event;
  }
  if (takes_back_an_answer) {
    hop.stats = counted_anew(hop.probes);
  } else if (event.step.query > 0) {
    hop.stats.apply(as_answer(event));
  }
  if (at->answered() && arrived(destination_, at->last.observation)) {
    distance_ = std::min(distance_.value_or(event.step.ttl), event.step.ttl);
  }
  hop.complete = hop.complete || asked_enough(hop, limits_.queries);
  if (at->answered() && event.step.flow < repeats_.size()) {
    repeats_[event.step.flow] = repeats_at(event.step.flow);
  }
}

// Who says in that flow that the packet was on its way; nothing where somebody says another thing.
std::optional<std::vector<net::Address>> PathStats::passers_at(const Hop& hop, std::uint16_t flow) {
  std::vector<net::Address> passers;
  for (const HopProbe& probe : hop.probes) {
    const Observation& seen = probe.last.observation;
    if (probe.step().flow != flow || probe.step().query == 0 || !probe.answered()) {
      continue;
    }
    if (!probe::says_time_exceeded(seen)) {
      return std::nullopt;
    }
    if (std::ranges::find(passers, seen.responder) == passers.end()) {
      passers.push_back(seen.responder);
    }
  }
  return passers;
}

// The hop at which somebody answers that flow for the third time, if nobody new does behind it.
std::optional<net::Ttl> PathStats::repeats_at(std::uint16_t flow) const {
  constexpr std::ptrdiff_t kOnce = 1;
  std::vector<net::Address> before;
  std::optional<net::Ttl> at;
  for (const Hop& hop : hops_) {
    const auto passers = passers_at(hop, flow);
    const auto times = [&before](const auto& who) { return std::ranges::count(before, who); };
    const auto here = passers.value_or(std::vector<net::Address>());
    if (!passers || std::ranges::find(here, 0, times) != here.end()) {
      at.reset();
    } else if (!at && std::ranges::any_of(here, [&](auto& who) { return times(who) > kOnce; })) {
      at = hop.ttl;
    }
    before.insert(before.end(), here.begin(), here.end());
  }
  return at;
}

Event PathStats::for_target(const Event& event) const {
  const Hop* hop = find(event.step.ttl);
  if (hop != nullptr && event.replaces == Replaced::error) {
    const auto at = std::ranges::find(hop->probes, event.probe.sequence, &HopProbe::sequence);
    // It was counted as the destination's answer: this is another one.
    if (at != hop->probes.end() && at->answered() && arrived(destination_, at->last.observation)) {
      Event out = event;
      out.kind = EventKind::duplicate;
      return out;
    }
  }
  return event.kind == EventKind::error && arrived(destination_, event.observation)
             ? as_answer(event)
             : event;
}

// The nearest TTL at which nothing but refusals came, unless the path is known to go on behind it.
std::optional<net::Ttl> PathStats::refused_at() const noexcept {
  std::optional<net::Ttl> refused;
  for (const Hop& hop : hops_) {
    bool passed = false;
    bool refused_here = false;
    for (const HopProbe& probe : hop.probes) {
      const bool answered = probe.answered() && probe.step().query > 0;
      const bool no = answered && refuses(probe.last.observation);
      refused_here = refused_here || no;
      passed = passed || (answered && !no);
    }
    refused = passed ? std::nullopt : refused;
    if (refused_here && !passed && !refused) {
      refused = hop.ttl;
    }
  }
  return refused;
}

std::optional<net::Ttl> PathStats::last() const noexcept {
  if (several_flows()) {
    return end_ ? end_ttl_ : known_until();
  }
  if (distance_) {
    return distance_;
  }
  if (end_) {
    return end_ttl_;
  }
  if (const auto refused = refused_at()) {
    return refused;
  }
  return known_until();
}

std::optional<net::Ttl> PathStats::known_until() const noexcept {
  unsigned answered = hops_.empty() ? 0 : hops_.front().ttl.value - 1U;
  unsigned known = 0;
  for (const Hop& hop : hops_) {
    if (std::ranges::any_of(hop.probes, &HopProbe::answered)) {
      answered = known = hop.ttl.value;
    } else if (hop.complete && (limits_.gap == 0 || hop.ttl.value <= answered + limits_.gap)) {
      known = hop.ttl.value;
    }
  }
  for (const std::optional<net::Ttl>& at : repeats_) {
    known = at ? std::min<unsigned>(known, at->value) : known;
  }
  return net::Ttl(static_cast<std::uint8_t>(known));
}

std::span<const Hop> PathStats::hops() const noexcept {
  const auto last_ttl = last();
  if (!last_ttl) {
    return hops_;
  }
  const auto end = std::ranges::upper_bound(hops_, *last_ttl, {}, &Hop::ttl);
  return std::span(hops_).first(static_cast<std::size_t>(end - hops_.begin()));
}

const Hop* PathStats::find(net::Ttl ttl) const noexcept {
  const auto at = std::ranges::lower_bound(hops_, ttl, {}, &Hop::ttl);
  return at != hops_.end() && at->ttl == ttl ? &*at : nullptr;
}

const Hop* PathStats::narrowest() const noexcept {
  const Hop* narrowest = nullptr;
  std::optional<net::Mtu> least;
  for (const Hop& hop : hops()) {
    const std::optional<net::Mtu> mtu = hop.mtu.transform([](const auto& m) { return m.mtu; });
    if (mtu && (!least || *mtu < *least)) {
      narrowest = &hop;
      least = mtu;
    }
  }
  return narrowest;
}

const Hop* PathStats::mtu_unknown_at() const noexcept {
  const auto passes = [this](const HopProbe& probe) {
    const probe::Observation& seen = probe.last.observation;
    return probe.answered() && probe.step().flow == mtu_flow_ &&
           (!refuses(seen) || probe::arrived(destination_, seen));
  };
  const auto near_to_far = hops();
  const auto farthest = std::ranges::find_if(std::views::reverse(near_to_far), [&](const Hop& hop) {
    return std::ranges::any_of(hop.probes, passes);
  });
  return farthest == near_to_far.rend() || farthest->mtu ? nullptr : &*farthest;
}

std::optional<probe::PathMtu> PathStats::mtu() const noexcept {
  const Hop* hop = narrowest();
  return hop == nullptr || mtu_unknown_at() != nullptr ? std::nullopt : hop->mtu;
}

std::optional<probe::RttClock> PathStats::clock() const noexcept {
  std::optional<probe::RttClock> weakest;
  for (const Hop& hop : hops_) {
    weakest = std::max(weakest, hop.stats.clock());
  }
  return weakest;
}

}  // namespace sonde::stats
