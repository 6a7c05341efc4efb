#include "sonde/engine/path_loop.hpp"

#include <algorithm>
#include <array>

#include "sonde/engine/path_shape.hpp"

namespace sonde::engine {
namespace {

constexpr std::size_t kTimes = 3;      // a pattern must be seen
constexpr std::size_t kLongest = 10;   // period
constexpr std::size_t kOneRouter = 6;  // hops that a lone router must fill
constexpr std::size_t kNotSilent = 2;  // of every so many hops of a loop, one must answer

bool same_place(const HopShape& hop, const HopShape* later) {
  return !hop.several && (later == nullptr || hop.responder.same_host(later->responder));
}

// The hops up to the last that answered.
std::span<const HopShape> answered_part(std::span<const HopShape> hops) {
  while (!hops.empty() && hops.back().answers == 0) {
    hops = hops.first(hops.size() - 1);
  }
  return hops;
}

// Where the stretch begins, with an answer, that repeats with this period up to the last hop.
std::size_t begin_of(std::span<const HopShape> hops, std::size_t period) {
  std::array<const HopShape*, kLongest> pattern{};  // who answers at each place
  std::size_t begin = hops.size();
  for (std::size_t i = hops.size(); i-- > 0;) {
    if (hops[i].answers == 0) {
      continue;
    }
    if (!same_place(hops[i], pattern[i % period])) {
      break;
    }
    pattern[i % period] = &hops[i];
    begin = i;
  }
  return begin;
}

// One address alone, for long, always as far away as before, and not the destination.
bool lone_loop(std::span<const HopShape> stretch, const net::Address& destination) {
  const HopShape& front = stretch.front();
  return stretch.size() >= kOneRouter && !front.responder.same_host(destination) &&
         std::ranges::all_of(stretch, [&](const HopShape& hop) {
           return hop.answers == 0 || (hop.reply_ttl && hop.reply_ttl == front.reply_ttl);
         });
}

// How far into the stretch a router has answered at its place for the last time that is asked for.
std::optional<std::size_t> seen_often(std::span<const HopShape> stretch, std::size_t period) {
  std::array<std::size_t, kLongest> times{};
  for (std::size_t i = 0; i < stretch.size(); ++i) {
    times[i % period] += stretch[i].answers > 0 ? 1 : 0;
    if (times[i % period] == kTimes) {
      return i;
    }
  }
  return std::nullopt;
}

bool convincing(std::span<const HopShape> stretch, std::size_t period,
                const net::Address& destination) {
  const auto answering = static_cast<std::size_t>(
      std::ranges::count_if(stretch, [](const HopShape& hop) { return hop.answers > 0; }));
  if (stretch.size() <= (kTimes - 1) * period || answering * kNotSilent < stretch.size()) {
    return false;
  }
  const bool lone = std::ranges::all_of(stretch, [&](const HopShape& hop) {
    return hop.answers == 0 || hop.responder.same_host(stretch.front().responder);
  });
  return !lone || lone_loop(stretch, destination);
}

}  // namespace

std::optional<std::size_t> loop_end(std::span<const HopShape> hops,
                                    const net::Address& destination) noexcept {
  const std::span<const HopShape> part = answered_part(hops);
  for (std::size_t period = 1; period <= std::min(kLongest, part.size() / 2); ++period) {
    const std::size_t begin = begin_of(part, period);
    const auto stretch = part.subspan(begin);
    const auto often = seen_often(stretch, period);
    if (often && convincing(stretch, period, destination)) {
      return begin + *often;
    }
  }
  return std::nullopt;
}

}  // namespace sonde::engine
