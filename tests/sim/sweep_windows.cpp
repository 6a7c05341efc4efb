// A sweep on Windows' echo calls, from the engine down to a fake iphlpapi: hosts that are silent
// hold up nobody, however many they are.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "sonde/base/random.hpp"
#include "sonde/engine/sweep.hpp"
#include "sonde/net/address_list.hpp"
#include "sonde/run/driver.hpp"
#include "sonde/transport/windows/echo.hpp"
#include "sonde/transport/windows/open.hpp"
#include "tests/unit/transport/fake_icmp_api_windows.hpp"

namespace sonde {
namespace {

using probe::SweepEventKind;
using probe::SweepState;
using transport::EchoCall;
using transport::FakeReply;

// So many hosts from the first one on, the first ones of them silent. Virtual time: a call ends 5
// ms after it was made, or a tick of the system's timer behind its time-out.
class Network {
 public:
  Network(std::uint64_t hosts, std::uint64_t silent, const engine::SweepConfig& config)
      : last_silent_(net::Address::v4(static_cast<std::uint32_t>(kFirst + silent - 1))),
        sweep_(engine::SweepEngine::make(config, list_).value()) {
    REQUIRE(list_.append(net::Address::v4(kFirst), hosts));
    script_->on_send = [this](const EchoCall& call) {
      const bool mute = !(call.destination > last_silent_);
      const Duration length = mute ? call.timeout_ms * 1ms + kTick : 5ms;
      under_way_.emplace(clock_.now() + length, made_++);
      payloads_.emplace_back(call.payload.begin(), call.payload.end());
      most_outstanding = std::max(most_outstanding, under_way_.size());
      return 0;
    };
    auto opened = transport::open_icmp_on(std::make_unique<transport::FakeIcmpApi>(script_), {},
                                          clock_, rng_);
    REQUIRE(opened.has_value());
    transport_ = std::move(opened->transport);
    sweep_.extend(clock_.now());
    sweep_.close_targets();
  }

  void run() {
    run::Driver driver(sweep_, *transport_);
    for (int turns = 0; !sweep_.done(); ++turns) {
      REQUIRE(turns < 100'000);
      while (driver.step(clock_.now())) {
      }
      for (const probe::SweepEvent& event : sweep_.take_events()) {
        ++events[event.kind];
        states[event.state] += event.kind == SweepEventKind::settled ? 1 : 0;
      }
      Instant next = sweep_.deadline().value_or(Instant::max());
      next = under_way_.empty() ? next : std::min(next, under_way_.begin()->first);
      clock_.advance(std::max(next - clock_.now(), Duration::zero()));
      complete_due();
    }
  }

  std::map<SweepEventKind, std::uint64_t> events{};
  std::map<SweepState, std::uint64_t> states{};
  std::size_t most_outstanding = 0;

 private:
  static constexpr std::uint32_t kFirst = 0xc6120001;  // 198.18.0.1
  static constexpr Duration kTick = 16ms;

  void complete_due() {
    while (!under_way_.empty() && under_way_.begin()->first <= clock_.now()) {
      const std::size_t index = under_way_.begin()->second;
      under_way_.erase(under_way_.begin());
      const EchoCall call = script_->call(index);
      if (call.destination > last_silent_) {
        transport::write_v4_reply(call.reply,
                                  {.responder = call.destination, .payload = payloads_.at(index)});
      } else {
        transport::write_v4_reply(call.reply, {.status = probe::Status::request_timed_out});
      }
      script_->complete(index);
      transport_->wait(Instant::max());
    }
  }

  net::Address last_silent_;
  net::AddressList list_;
  engine::SweepEngine sweep_;
  transport::SharedClock clock_;
  SeededRng rng_{1};
  std::vector<std::vector<std::byte>> payloads_;
  std::shared_ptr<transport::FakeIcmpScript> script_ =
      std::make_shared<transport::FakeIcmpScript>();
  std::unique_ptr<transport::Transport> transport_;
  // Touched by the service's thread only while this one waits for it in send().
  std::multimap<Instant, std::size_t> under_way_;
  std::size_t made_ = 0;
};

TEST_CASE("sweep on Windows: who answers is found behind hundreds of silent hosts") {
  Network network(320, 300, {.timeout = 100ms, .retries = 1, .rate = {}});
  network.run();
  CHECK(network.states[SweepState::alive] == 20);
  CHECK(network.states[SweepState::unreachable] == 300);
  CHECK(network.events[SweepEventKind::send_failed] == 0);
  CHECK(network.events[SweepEventKind::sent] == 620);
  CHECK(network.most_outstanding == transport::EchoService::kMostOutstanding);
}

TEST_CASE("sweep on Windows: waiting for a slot is no failure, however long the time-outs are") {
  Network network(260, 250, {.timeout = 30s, .retries = 0, .rate = {}});
  network.run();
  CHECK(network.states[SweepState::alive] == 10);
  CHECK(network.events[SweepEventKind::send_failed] == 0);
}

}  // namespace
}  // namespace sonde
