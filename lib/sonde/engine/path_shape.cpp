#include "sonde/engine/path_shape.hpp"

#include <algorithm>

#include "sonde/engine/path_loop.hpp"

namespace sonde::engine {

namespace {

// So many hops behind a refusal are asked once, too, before it is believed.
constexpr unsigned kBehindRefusal = 3;

}  // namespace

PathAnswer path_answer(const net::Address& destination, const probe::Observation& seen) noexcept {
  if (probe::arrived(destination, seen)) {
    return PathAnswer::arrived;
  }
  if (seen.kind != probe::ObservationKind::icmp_error) {
    return PathAnswer::none;
  }
  return probe::says_time_exceeded(seen) ? PathAnswer::passing : PathAnswer::refused;
}

PathShape::PathShape(const net::Address& destination, TtlRange range, std::uint8_t gap)
    : destination_(destination),
      first_(range.first.value),
      last_(range.last.value),
      gap_(gap),
      hops_(last_ - first_ + 1),
      first_limit_(range.last),
      limit_(range.last),
      end_(range.last) {
  judge_limits();
}

void PathShape::add(net::Ttl ttl, const HopAnswer& answer) {
  HopShape& hop = at(ttl);
  if (answer.kind == PathAnswer::none) {
    return;
  }
  hop.several = hop.several || (hop.answers > 0 && !hop.responder.same_host(answer.responder));
  hop.responder = answer.responder;
  hop.reply_ttl = answer.ttl;
  ++hop.answers;
  hop.passing = hop.passing || answer.kind == PathAnswer::passing;
  hop.refused = hop.refused || answer.kind == PathAnswer::refused;
  hop.arrived = hop.arrived || answer.kind == PathAnswer::arrived;
  hop.longest = std::max(hop.longest, answer.rtt);
}

void PathShape::forget(net::Ttl ttl) noexcept {
  const HopShape& before = at(ttl);
  at(ttl) = HopShape{.asked = before.asked, .out = before.out};
}

void PathShape::judge() noexcept {
  judge_hops();
  looped_at_.reset();
  if (!distance_ && !refused_at_ && asked_once()) {
    if (const auto end = loop_end(hops_, destination_)) {
      looped_at_ = within(first_ + static_cast<unsigned>(*end));
    }
  }
  judge_limits();
}

void PathShape::compare(const std::optional<OthersEnd>& others) noexcept {
  others_ = others;
  judge();
}

// Is it to go as far as other flows, and no further for now?
bool PathShape::follows_others() const noexcept {
  if (!others_ || reach() >= others_->ttl.value || others_->ttl.value < first_) {
    return false;
  }
  const auto before = std::span(hops_).first(others_->ttl.value - first_ + 1);
  return others_->arrived || !std::ranges::all_of(before, [](const HopShape& hop) {
           return hop.answers > 0 || hop.asked > hop.out;
         });
}

void PathShape::judge_hops() noexcept {
  distance_.reset();
  refused_at_.reset();
  answered_.reset();
  longest_ = Duration::zero();
  for (unsigned ttl = first_; ttl <= last_; ++ttl) {
    const net::Ttl here(static_cast<std::uint8_t>(ttl));
    const HopShape& hop = at(here);
    if (hop.answers > 0) {
      answered_ = here;
      longest_ = std::max(longest_, hop.longest);
    }
    if (hop.passing && !distance_) {
      refused_at_.reset();  // the path goes on, for some at least
    }
    if (hop.refused && !hop.passing && !refused_at_) {
      refused_at_ = here;
    }
    if (hop.arrived && !distance_) {
      distance_ = here;
    }
  }
  if (distance_) {
    refused_at_.reset();
  }
}

// Do packets of this path go several ways, as far as that?
bool PathShape::divided(net::Ttl until) const noexcept {
  return std::ranges::any_of(std::span(hops_).first(until.value + 1U - first_),
                             [](const HopShape& hop) {
                               return hop.several || (hop.refused && (hop.passing || hop.arrived));
                             });
}

// Has every hop's first query its outcome, those behind a silent stretch left out?
bool PathShape::asked_once() const noexcept {
  const unsigned end = silent_behind(reach()) ? std::min(last_, reach() + gap_) : last_;
  return std::ranges::all_of(std::span(hops_).first(end - first_ + 1), [](const HopShape& hop) {
    return hop.answers > 0 || hop.asked > hop.out;
  });
}

// Was a probe given up at each of the next `gap` hops?
bool PathShape::silent_behind(unsigned ttl) const noexcept {
  if (gap_ == 0 || ttl + gap_ > last_) {
    return false;
  }
  return std::ranges::all_of(std::span(hops_).subspan(ttl + 1 - first_, gap_),
                             [](const HopShape& hop) { return hop.asked > hop.out; });
}

net::Ttl PathShape::within(unsigned ttl) const noexcept {
  return net::Ttl(static_cast<std::uint8_t>(std::clamp(ttl, first_, last_)));
}

void PathShape::judge_limits() noexcept {
  const std::optional<net::Ttl> others =
      follows_others() ? others_.transform([](const OthersEnd& o) { return o.ttl; }) : std::nullopt;
  const std::optional<net::Ttl> known = distance_     ? distance_
                                        : refused_at_ ? refused_at_
                                        : looped_at_  ? looped_at_
                                                      : others;
  if (known) {
    first_limit_ = limit_ = end_ = *known;
    if (refused_at_) {
      const unsigned behind = divided(*refused_at_) ? last_ : refused_at_->value + kBehindRefusal;
      first_limit_ = within(behind);
    }
    return;
  }
  end_ = gap_ == 0 ? within(last_) : within(reach() + gap_);
  if (silent_behind(reach())) {
    first_limit_ = limit_ = end_;
    return;
  }
  // A path is seldom twice as long as what has answered so far: asking that far ahead keeps long
  // paths fast, and what lies behind short ones in peace.
  const unsigned ahead = std::max(gap_, reach() + 1 - first_);
  first_limit_ = within(last_);
  limit_ = gap_ == 0 ? within(last_) : within(reach() + ahead);
}

probe::PathEnd PathShape::path_end() const noexcept {
  if (distance_) {
    return probe::PathEnd::reached;
  }
  if (refused_at_) {
    return probe::PathEnd::unreachable;
  }
  if (looped_at_) {
    return probe::PathEnd::loop;
  }
  if (follows_others()) {
    return probe::PathEnd::silent;
  }
  return gap_ != 0 && reach() + gap_ <= last_ ? probe::PathEnd::gap : probe::PathEnd::max_ttl;
}

}  // namespace sonde::engine
