#include "tests/support/fake_transport.hpp"

#include <algorithm>
#include <stdexcept>

namespace sonde::test {

std::size_t FakeTransport::send(std::span<const probe::ProbeSpec> specs,
                                std::span<probe::SendReport> reports) {
  for (std::size_t i = 0; i < specs.size(); ++i) {
    reports[i] = {.id = specs[i].id, .at = clock_->now()};
    if (refuse) {
      reports[i].error = refuse(specs[i]);
    }
    if (reports[i].error) {
      continue;
    }
    sent.push_back(specs[i]);
    sent_at.push_back(clock_->now());
    if (on_send) {
      on_send(specs[i]);
    }
  }
  return specs.size();
}

std::size_t FakeTransport::receive(std::span<probe::Observation> out) {
  if (on_receive) {
    on_receive();
  }
  std::size_t n = 0;
  while (n < out.size() && !coming_.empty() && coming_.begin()->first <= clock_->now()) {
    out[n++] = coming_.begin()->second;
    coming_.erase(coming_.begin());
  }
  return n;
}

void FakeTransport::wait(Instant until) {
  if (on_wait) {
    on_wait();
  }
  waited_until.push_back(until);
  if (woken_) {
    woken_ = false;
    return;
  }
  if (!coming_.empty()) {
    until = std::min(until, coming_.begin()->first);
  }
  if (until == Instant::max()) {
    throw std::logic_error("waits for ever: nothing is due and nothing is coming");
  }
  clock_->set(std::max(until, clock_->now()));
}

void FakeTransport::will_see(const probe::Observation& observation) {
  coming_.emplace(observation.at, observation);
}

void FakeTransport::will_reply(const probe::ProbeId& id, Duration rtt) {
  will_see({.probe = id, .at = clock_->now() + rtt});
}

}  // namespace sonde::test
