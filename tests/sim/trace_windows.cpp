// A trace on Windows' echo calls, from the engine down to a fake iphlpapi: IPv6, which Wine has
// not, and more probes than calls may wait at a time.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/engine/trace.hpp"
#include "sonde/run/driver.hpp"
#include "sonde/transport/open_trace.hpp"
#include "sonde/transport/windows/echo.hpp"
#include "sonde/transport/windows/open.hpp"
#include "tests/unit/transport/fake_icmp_api_windows.hpp"

namespace sonde {
namespace {

using probe::Event;
using probe::EventKind;
using probe::Status;
using transport::EchoCall;
using transport::FakeReply;

constexpr unsigned kHops = 4;

net::Address router(unsigned hop) {
  return *net::Address::parse("2001:db8::" + std::to_string(hop));
}

// Virtual time: hop n answers after 10 n ms; a silent one never, and its call ends a tick of the
// system's timer behind its time-out.
class Path {
 public:
  Path(const engine::TraceConfig& config, bool silent)
      : trace_(engine::TraceEngine::make(config).value()), silent_(silent) {
    script_->on_send = [this](const EchoCall& call) {
      const unsigned hop = std::min<unsigned>(call.ttl->value, kHops);
      ends_.emplace(clock_.now() + (silent_ ? call.timeout_ms * 1ms + kTick : hop * 10ms), made_++);
      payloads_.emplace_back(call.payload.begin(), call.payload.end());
      most_outstanding = std::max(most_outstanding, ends_.size());
      return 0;
    };
    auto opened = transport::open_icmp_on(std::make_unique<transport::FakeIcmpApi>(script_), {},
                                          clock_, rng_);
    REQUIRE(opened.has_value());
    transport_ = std::move(opened->transport);
    trace_.add_target(0, router(kHops), clock_.now());
    trace_.close_targets();
  }

  void run() {
    run::Driver driver(trace_, *transport_);
    for (int turns = 0; !trace_.done(); ++turns) {
      REQUIRE(turns < 100'000);
      while (driver.step(clock_.now())) {
      }
      const auto fresh = trace_.take_events();
      events.insert(events.end(), fresh.begin(), fresh.end());
      Instant next = trace_.deadline().value_or(Instant::max());
      next = ends_.empty() ? next : std::min(next, ends_.begin()->first);
      clock_.advance(std::max(next - clock_.now(), Duration::zero()));
      complete_due();
    }
  }

  [[nodiscard]] std::size_t count(EventKind kind) const {
    return static_cast<std::size_t>(std::ranges::count(events, kind, &Event::kind));
  }
  // Who answered a probe of this TTL.
  [[nodiscard]] std::vector<net::Address> responders(unsigned ttl) const {
    std::vector<net::Address> found;
    for (const Event& event : events) {
      if (event.step.ttl.value == ttl &&
          (event.kind == EventKind::error || event.kind == EventKind::reply)) {
        found.push_back(event.observation.responder);
      }
    }
    return found;
  }

  std::vector<Event> events{};
  std::size_t most_outstanding = 0;

 private:
  static constexpr Duration kTick = 16ms;

  void complete_due() {
    while (!ends_.empty() && ends_.begin()->first <= clock_.now()) {
      const std::size_t index = ends_.begin()->second;
      ends_.erase(ends_.begin());
      const EchoCall call = script_->call(index);
      const unsigned hop = std::min<unsigned>(call.ttl->value, kHops);
      FakeReply reply{.status = Status::request_timed_out};
      if (!silent_ && hop < kHops) {
        reply = {.responder = router(hop), .status = Status::ttl_expired_in_transit};
      } else if (!silent_) {
        reply = {.responder = call.destination, .payload = payloads_.at(index)};
      }
      transport::write_v6_reply(call.reply, reply);
      script_->complete(index);
      transport_->wait(Instant::max());
    }
  }

  engine::TraceEngine trace_;
  bool silent_;
  transport::SharedClock clock_;
  SeededRng rng_{1};
  std::vector<std::vector<std::byte>> payloads_;
  std::shared_ptr<transport::FakeIcmpScript> script_ =
      std::make_shared<transport::FakeIcmpScript>();
  std::unique_ptr<transport::Transport> transport_;
  // Touched by the service's thread only while this one waits for it in send().
  std::multimap<Instant, std::size_t> ends_;
  std::size_t made_ = 0;
};

engine::TraceConfig config_of() { return {.payload = std::vector<std::byte>(32)}; }

TEST_CASE("trace on Windows: an IPv6 path, hop by hop, by calls that wait side by side") {
  Path path(config_of(), false);
  path.run();
  for (unsigned ttl = 1; ttl <= kHops; ++ttl) {
    CAPTURE(ttl);
    CHECK(path.responders(ttl) == std::vector<net::Address>(3, router(ttl)));
  }
  CHECK(path.events.back().path_end == probe::PathEnd::reached);
  CHECK(path.count(EventKind::send_failed) == 0);
  CHECK(path.most_outstanding > kHops);
}

TEST_CASE("trace on Windows: 30 silent hops of 3 probes fit into the calls that may wait") {
  engine::TraceConfig config = config_of();
  config.gap = 0;
  Path path(config, true);
  path.run();
  CHECK(path.count(EventKind::timeout) == 90);
  CHECK(path.count(EventKind::send_failed) == 0);
  CHECK(path.most_outstanding == 90);
  CHECK(path.events.back().path_end == probe::PathEnd::max_ttl);
}

TEST_CASE("trace on Windows: probes beyond the calls that may wait are sent when those end") {
  engine::TraceConfig config = config_of();
  config.gap = 0;
  config.max_ttl = net::Ttl(100);
  config.parallel = 400;
  config.rate = 1000;
  Path path(config, true);
  path.run();
  CHECK(path.count(EventKind::timeout) == 300);
  CHECK(path.most_outstanding == transport::EchoService::kMostOutstanding);
  CHECK(path.events.back().path_end == probe::PathEnd::max_ttl);
}

TEST_CASE("trace on Windows: what its calls cannot ask is refused, and how else is said") {
  transport::SharedClock clock;
  SeededRng rng{1};
  for (const auto protocol : {transport::TraceProtocol::udp, transport::TraceProtocol::tcp}) {
    const auto opened = transport::open_trace({.protocol = protocol}, clock, rng);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().code == transport::ErrorCode::unsupported);
    CHECK(opened.error().hint().find("-P icmp") != std::string::npos);
  }
}

}  // namespace
}  // namespace sonde
