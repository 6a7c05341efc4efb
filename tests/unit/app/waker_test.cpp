// waker_test.cpp: wake-up calls that outlive the transport.
#include "app/waker.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>

namespace sonde::app {
namespace {

struct Sleeper final : transport::Transport {
  [[nodiscard]] transport::Capabilities capabilities() const override { return {}; }
  std::size_t send(std::span<const probe::ProbeSpec> /*specs*/,
                   std::span<probe::SendReport> /*reports*/) override {
    return 0;
  }
  [[nodiscard]] std::size_t receive(std::span<probe::Observation> /*out*/) override { return 0; }
  void wait(Instant /*until*/) override {}
  void wake() noexcept override { ++woken; }
  [[nodiscard]] probe::RejectCounts rejects() const override { return {}; }

  int woken = 0;
};

}  // namespace

TEST_CASE("waker: its calls reach the transport while it is there, and nobody afterwards") {
  Sleeper sleeper;
  auto waker = std::make_unique<Waker>(sleeper);
  const std::function<void()> call = waker->call();
  const std::function<void()> copy = call;
  call();
  copy();
  CHECK(sleeper.woken == 2);
  waker.reset();
  call();
  copy();
  CHECK(sleeper.woken == 2);
}

}  // namespace sonde::app
