// trace_harness.hpp: a TraceEngine, a network that is a function, and time that jumps.
// The function says what comes back for a probe and after how long; run() carries both ways until
// the engine is done, and throws when it spins or sleeps for ever.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sonde/engine/trace.hpp"
#include "sonde/wire/icmpv4.hpp"

namespace sonde::engine {

inline constexpr Instant kTraceStart{100s};
inline const net::Address kDestination = net::Address::v4(0xc0000209);  // 192.0.2.9

inline net::Address router(unsigned number) { return net::Address::v4(0xc6336400 + number); }

struct Coming {
  Duration after{};
  probe::Observation seen{};
};

// What the routers of a plain path say.
inline Coming time_exceeded(const net::Address& from, Duration after) {
  return {.after = after,
          .seen = {.probe = {},
                   .kind = probe::ObservationKind::icmp_error,
                   .responder = from,
                   .icmp = {.type = wire::icmpv4::kTimeExceeded},
                   .ttl = net::Ttl(60)}};
}
inline Coming unreachable(const net::Address& from, std::uint8_t code, Duration after) {
  return {.after = after,
          .seen = {.probe = {},
                   .kind = probe::ObservationKind::icmp_error,
                   .responder = from,
                   .icmp = {.type = wire::icmpv4::kDestinationUnreachable, .code = code}}};
}
inline Coming echo_reply(Duration after) {
  return {.after = after, .seen = {.probe = {}, .responder = kDestination, .ttl = net::Ttl(60)}};
}

using Network = std::function<std::vector<Coming>(const probe::ProbeSpec&, Instant sent)>;
using Refuse = std::function<std::optional<probe::SendError>(const probe::ProbeSpec&, Instant)>;

// `length` hops of 20 ms each, the last is the destination; the hops in `silent` say nothing.
inline Network plain_path(unsigned length, const std::vector<unsigned>& silent = {}) {
  return [=](const probe::ProbeSpec& spec, Instant) -> std::vector<Coming> {
    const unsigned ttl = spec.ip.ttl->value;
    const unsigned hop = std::min(ttl, length);
    if (std::ranges::find(silent, hop) != silent.end()) {
      return {};
    }
    return {hop == length ? echo_reply(hop * 20ms) : time_exceeded(router(hop), hop * 20ms)};
  };
}

class TraceHarness {
 public:
  explicit TraceHarness(TraceConfig config, Network network)
      : engine(TraceEngine::make(std::move(config)).value()), network_(std::move(network)) {}

  void add(std::uint32_t id = 0, const net::Address& address = kDestination) {
    engine.add_target(id, address, now);
  }
  // With one target, to its end.
  TraceHarness& run() {
    add();
    engine.close_targets();
    finish();
    return *this;
  }
  void finish() {
    for (int turns = 0; !engine.done(); ++turns) {
      if (turns > 100'000) {
        throw std::logic_error("spins");
      }
      turn();
    }
  }
  // One turn of a driver: send, receive, expire, wait.
  void turn() {
    send();
    receive();
    engine.on_tick(now);
    take();
    if (!engine.done()) {
      wait();
    }
  }

  // "12 timeout 4.1": sequence, what, TTL and query.
  [[nodiscard]] std::vector<probe::Event> of(probe::EventKind kind) const {
    std::vector<probe::Event> some;
    std::ranges::copy_if(events, std::back_inserter(some),
                         [=](const probe::Event& event) { return event.kind == kind; });
    return some;
  }
  [[nodiscard]] std::size_t count(probe::EventKind kind) const { return of(kind).size(); }
  // Probes sent with this TTL.
  [[nodiscard]] std::size_t sent_to(unsigned ttl) const {
    return static_cast<std::size_t>(std::ranges::count_if(events, [=](const probe::Event& event) {
      return event.kind == probe::EventKind::sent && event.step.ttl.value == ttl;
    }));
  }
  [[nodiscard]] probe::PathEnd end() const {
    const auto ends = of(probe::EventKind::path_end);
    if (ends.size() != 1) {
      throw std::logic_error("not one path_end");
    }
    return ends.front().path_end;
  }
  [[nodiscard]] Duration elapsed() const { return now - kTraceStart; }

  TraceEngine engine;
  Instant now = kTraceStart;
  Refuse refuse = [](const probe::ProbeSpec&, Instant) { return std::nullopt; };
  std::vector<probe::Event> events{};
  std::size_t most_out = 0;  // of one TTL and flow
  std::size_t waits = 0;

 private:
  void send() {
    std::vector<probe::ProbeSpec> specs(64);
    specs.resize(engine.next_probes(now, specs));
    std::vector<probe::SendReport> reports;
    for (const probe::ProbeSpec& spec : specs) {
      reports.push_back({.id = spec.id, .at = now, .error = refuse(spec, now)});
      if (reports.back().error) {
        continue;
      }
      for (Coming& coming : network_(spec, now)) {
        coming.seen.probe = spec.id;
        coming.seen.at = now + coming.after;
        coming_.emplace(coming.seen.at, std::move(coming.seen));
      }
    }
    engine.on_sent(reports);
  }
  void receive() {
    while (!coming_.empty() && coming_.begin()->first <= now) {
      const auto next = coming_.extract(coming_.begin());
      engine.on_observations(std::span(&next.mapped(), 1));
    }
  }
  void take() {
    for (const probe::Event& event : engine.take_events()) {
      events.push_back(event);
      count_out(event);
    }
  }
  void count_out(const probe::Event& event) {
    const auto key = std::pair{event.step.ttl.value, event.step.flow};
    if (event.kind == probe::EventKind::sent) {
      most_out = std::max(most_out, ++out_[key]);
    } else if (event.kind != probe::EventKind::send_failed && event.step.ttl.value != 0 &&
               event.replaces == probe::Replaced::nothing &&
               event.kind != probe::EventKind::duplicate) {
      --out_[key];
    }
  }
  void wait() {
    ++waits;
    std::optional<Instant> until = engine.deadline();
    if (!coming_.empty()) {
      until = until ? std::min(*until, coming_.begin()->first) : coming_.begin()->first;
    }
    if (!until) {
      throw std::logic_error("waits for ever");
    }
    now = std::max(now, *until);
  }

  Network network_;
  std::multimap<Instant, probe::Observation> coming_;
  std::map<std::pair<unsigned, unsigned>, std::size_t> out_;
};

}  // namespace sonde::engine
