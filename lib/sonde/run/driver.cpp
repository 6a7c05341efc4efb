#include "sonde/run/driver.hpp"

#include <algorithm>

namespace sonde::run {

namespace {

// Answers can be there before the send returns. Linux may give a socket no more than 208 KiB for
// them and for transmit stamps (net.core.rmem_default, rmem_max).
std::size_t most_at_once(const probe::ProbeSpec& spec) noexcept {
  constexpr std::size_t kRoom = std::size_t{128} * 1024;
  return std::max<std::size_t>(kRoom / (spec.payload.size() + transport::kReceiveOverhead), 1);
}

}  // namespace

bool Driver::step(Instant now) {
  // A flood must not keep expiry away for ever.
  constexpr unsigned kMostUndrained = 1000;
  const bool sent = send_due(now);
  const bool received = receive_arrived();
  if (undrained_ == 0 || undrained_ > kMostUndrained) {
    engine_.on_tick(now);
  }
  return sent || received;
}

bool Driver::send_due(Instant now) {
  const std::size_t due = engine_.next_probes(now, specs_);
  if (due == 0) {
    return false;
  }
  const std::size_t most = most_at_once(specs_.front());
  for (std::span rest = std::span(specs_).first(due); !rest.empty();) {
    const auto some = rest.first(std::min(rest.size(), most));
    const std::size_t tried = transport_.send(some, reports_);
    engine_.on_sent(std::span(reports_).first(tried));
    rest = rest.subspan(some.size());
    if (!rest.empty()) {
      (void)receive_arrived();
    }
  }
  return true;
}

bool Driver::receive_arrived() {
  // Bounded: a flood of arrivals must not keep due probes waiting.
  constexpr int kRounds = 4;
  std::size_t n = 0;
  for (int round = 0; round < kRounds; ++round) {
    n = transport_.receive(observations_);
    engine_.on_observations(std::span(observations_).first(n));
    if (n < observations_.size()) {
      undrained_ = 0;
      return round > 0 || n > 0;
    }
  }
  ++undrained_;
  return true;
}

void Driver::wait(std::optional<Instant> limit) {
  Instant until = engine_.deadline().value_or(Instant::max());
  if (limit) {
    until = std::min(until, *limit);
  }
  transport_.wait(until);
}

}  // namespace sonde::run
