// fake_transport.hpp: a scripted Transport: it remembers the specs it was given, hands out the
// observations it was told to at their time, and waits by moving a virtual clock.
// Unlike the simulated network (sim_transport.hpp) it knows no packets: what it hands out is what
// the test wrote down.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "sonde/transport/transport.hpp"
#include "tests/support/virtual_clock.hpp"

namespace sonde::test {

class FakeTransport final : public transport::Transport {
 public:
  explicit FakeTransport(VirtualClock& clock) : clock_(&clock) {}

  [[nodiscard]] transport::Capabilities capabilities() const override {
    return {.backend = "fake"};
  }
  std::size_t send(std::span<const probe::ProbeSpec> specs,
                   std::span<probe::SendReport> reports) override;
  [[nodiscard]] std::size_t receive(std::span<probe::Observation> out) override;
  // Moves the clock to `until`, or to the next observation. A wait that nothing can end throws.
  void wait(Instant until) override;
  void wake() noexcept override { woken_ = true; }
  [[nodiscard]] probe::RejectCounts rejects() const override { return turned_away; }

  // Arrives at `observation.at`.
  void will_see(const probe::Observation& observation);
  // An honest reply to `id` after `rtt` from now.
  void will_reply(const probe::ProbeId& id, Duration rtt);

  std::vector<probe::ProbeSpec> sent{};
  std::vector<Instant> sent_at{};
  std::vector<Instant> waited_until{};
  // Asked for each spec: the error to report, or nullopt.
  std::function<std::optional<probe::SendError>(const probe::ProbeSpec&)> refuse{};
  // Told of each spec that was sent, to script the answer.
  std::function<void(const probe::ProbeSpec&)> on_send{};
  // Told of each look at what arrived.
  std::function<void()> on_receive{};
  // Told before each wait: the place where a test acts as a signal handler or another thread.
  std::function<void()> on_wait{};
  probe::RejectCounts turned_away{};

 private:
  VirtualClock* clock_;
  std::multimap<Instant, probe::Observation> coming_{};
  bool woken_ = false;
};

}  // namespace sonde::test
