// trace_script.hpp: a trace told to reporters event by event, as run/session would: statistics
// first, then every listener, then the time.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sonde/stats/listener.hpp"
#include "tests/support/path_script.hpp"

namespace sonde::report {

// An extension object of every kind.
inline std::shared_ptr<const probe::ObservationExtras> everything() {
  auto extras = std::make_shared<probe::ObservationExtras>();
  extras->extensions.objects = {
      {.class_num = 1,
       .c_type = 1,
       .labels =
           {{.label = 16010, .traffic_class = 3, .bottom_of_stack = true, .ttl = net::Ttl(1)}},
       .interface_info = std::nullopt,
       .raw = {}},
      {.class_num = 2,
       .c_type = 0,
       .labels = {},
       .interface_info = wire::InterfaceInformation{.role = wire::InterfaceRole::outgoing,
                                                    .index = 7,
                                                    .address = test::at("192.0.2.1"),
                                                    .name = Untrusted("ge\xff"),
                                                    .mtu = net::Mtu(1500)},
       .raw = {}},
      {.class_num = 9,
       .c_type = 3,
       .labels = {},
       .interface_info = std::nullopt,
       .raw = {std::byte{0xab}, std::byte{1}}}};
  return extras;
}

class TraceScript {
 public:
  explicit TraceScript(std::vector<stats::Listener*> listeners)
      : listeners_(std::move(listeners)) {}

  stats::RunOptions options{.interval = 2500us,
                            .timeout = 3s,
                            .payload_bytes = 32,
                            .trace = stats::TraceRunOptions{.queries = 1}};

  TraceScript& start() {
    const stats::RunStart run{
        .mode = "trace",
        .clock = {.steady = test::kPathStart, .wall = WallTime(1'795'289'186'808'472us)},
        .engine = {.backend = "sim", .privileged = false},
        .options = options};
    return tell([&](auto& l) { l.on_start(run); });
  }
  TraceScript& target(std::string input = "198.51.100.9") {
    results_.push_back({.target = {.id = static_cast<std::uint32_t>(results_.size()),
                                   .input = std::move(input),
                                   .address = test::kDestination},
                        .stats = {},
                        .path = stats::PathStats(test::kDestination,
                                                 {.queries = std::uint32_t{options.trace->queries} *
                                                             options.trace->flows,
                                                  .flows = options.trace->flows}),
                        .checks = {}});
    tell([&](auto& l) { l.on_target(results_.back().target); });
    return time(0ms);
  }
  TraceScript& from(std::string_view source) {
    results_.back().target.source = test::at(source);
    return *this;
  }
  TraceScript& name(std::string_view of, std::string raw, Duration when = 0ms) {
    tell([&](auto& l) { l.on_name(test::at(of), Untrusted(raw)); });
    return time(when);
  }
  TraceScript& add(probe::Event event) {
    event.probe.target = current;
    stats::TargetResult& result = results_.at(event.probe.target);
    result.stats.apply(result.path->for_target(event));
    result.path->apply(event);
    tell([&](auto& l) { l.on_event(event, result); });
    return time(event.at - test::kPathStart);
  }
  // Query after query of one hop; 0ms: silence.
  TraceScript& hop(int ttl, std::string_view from, std::initializer_list<Duration> rtts,
                   std::pair<int, int> type_and_code = {11, 0}) {
    int query = 0;
    for (const Duration rtt : rtts) {
      const test::PathProbe probe = next(ttl, ++query);
      add(test::path_sent(probe));
      if (rtt == 0ms) {
        add(test::path_timeout(probe, 500ms));
      } else {
        add(from == "destination" ? test::path_reply(probe, rtt)
                                  : test::path_error(probe, from, rtt, type_and_code));
      }
    }
    return *this;
  }
  [[nodiscard]] test::PathProbe next(int ttl, int query, std::uint16_t flow = 0) {
    return {.sequence = ++sequence_,
            .step = {.ttl = net::Ttl(static_cast<std::uint8_t>(ttl)),
                     .query = static_cast<std::uint8_t>(query),
                     .flow = flow}};
  }
  TraceScript& flow_ended(std::uint16_t flow, probe::PathEnd how, int last) {
    probe::Event event = test::path_ended(how, last, 600ms);
    event.kind = probe::EventKind::flow_end;
    event.step.flow = flow;
    return add(event);
  }
  TraceScript& ended(probe::PathEnd how, int last, Duration when = 600ms) {
    return add(test::path_ended(how, last, when));
  }
  // As the session: everybody, as soon as somebody's time has come.
  TraceScript& time(Duration when) {
    const Instant now = test::kPathStart + when;
    bool due = false;
    for (const stats::Listener* listener : listeners_) {
      due = due || listener->wake_at().value_or(Instant::max()) <= now;
    }
    return due ? tell([&](auto& l) { l.on_time(now, results_); }) : *this;
  }
  TraceScript& end(Duration when = 700ms, stats::RunEnd end = {}) {
    end.ended = test::kPathStart + when;
    end.engine = {.backend = "sim", .privileged = false, .clock = probe::RttClock::kernel_tx_rx};
    return tell([&](auto& l) { l.on_end(end, results_); });
  }

  std::uint32_t current = 0;  // the target that events are of

 private:
  template <typename Call>
  TraceScript& tell(const Call& call) {
    for (stats::Listener* listener : listeners_) {
      call(*listener);
    }
    return *this;
  }

  std::vector<stats::Listener*> listeners_;
  std::vector<stats::TargetResult> results_;
  std::uint64_t sequence_ = 0;
};

}  // namespace sonde::report
