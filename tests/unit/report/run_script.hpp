// run_script.hpp: a run told to reporters event by event, as run/session would: statistics first,
// then every listener. Times are milliseconds after a fixed start.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sonde/stats/listener.hpp"

namespace sonde::report {

inline constexpr Instant kStart{1000s};
inline constexpr WallTime kWallStart{1'795'289'186'808'472us};  // 2026-11-21T19:26:26.808472Z

class RunScript {
 public:
  explicit RunScript(std::vector<stats::Listener*> listeners) : listeners_(std::move(listeners)) {}

  static net::Address address(std::string_view text) { return net::Address::parse(text).value(); }

  RunScript& start(stats::RunOptions options = {
                       .interval = 1s, .timeout = 1s, .payload_bytes = 56}) {
    const stats::RunStart run{.clock = {.steady = kStart, .wall = kWallStart},
                              .engine = {.backend = "sim", .privileged = false},
                              .options = std::move(options)};
    return tell([&](auto& l) { l.on_start(run); });
  }
  RunScript& target(stats::Target target) {
    target.id = static_cast<std::uint32_t>(results_.size());
    results_.push_back({.target = target, .stats = {}, .checks = {}});
    return tell([&](auto& l) { l.on_target(target); });
  }
  RunScript& target(std::string_view text) {
    return target({.input = std::string(text), .address = address(text)});
  }
  RunScript& name(std::string_view of, std::string raw) {
    return tell([&](auto& l) { l.on_name(address(of), Untrusted(raw)); });
  }

  // An event of the present target (on()), `at` after the start.
  [[nodiscard]] probe::Event event(probe::EventKind kind, std::uint64_t sequence,
                                   Duration at) const {
    return {.kind = kind,
            .probe = {.target = current_, .sequence = sequence},
            .at = kStart + at,
            .sent_at = kStart + at};
  }
  [[nodiscard]] probe::Event answer(probe::EventKind kind, std::uint64_t sequence, Duration at,
                                    Duration rtt) const {
    probe::Event out = event(kind, sequence, at);
    out.sent_at = out.at - rtt;
    out.rtt = rtt;
    out.clock = probe::RttClock::kernel_tx_rx;
    out.observation.kind = probe::ObservationKind::reply;
    out.observation.responder = *results_[current_].target.address;
    out.observation.icmp = {.type = 0, .code = 0};
    out.observation.bytes = 64;
    out.observation.ttl = net::Ttl(64);
    out.observation.tos = net::Tos(0);
    return out;
  }
  [[nodiscard]] probe::Event icmp_error(std::uint64_t sequence, Duration at, std::string_view from,
                                        std::pair<int, int> type_and_code) const {
    probe::Event out = event(probe::EventKind::error, sequence, at);
    out.observation.kind = probe::ObservationKind::icmp_error;
    out.observation.responder = address(from);
    out.observation.icmp.type = static_cast<std::uint8_t>(type_and_code.first);
    out.observation.icmp.code = static_cast<std::uint8_t>(type_and_code.second);
    return out;
  }

  RunScript& on(std::uint32_t target) {
    current_ = target;
    return *this;
  }
  RunScript& add(const probe::Event& event) {
    stats::TargetResult& result = results_[event.probe.target];
    result.stats.apply(event);
    return tell([&](auto& l) { l.on_event(event, result); });
  }
  RunScript& sent(std::uint64_t sequence, Duration at) {
    return add(event(probe::EventKind::sent, sequence, at));
  }
  RunScript& reply(std::uint64_t sequence, Duration at, Duration rtt) {
    return add(answer(probe::EventKind::reply, sequence, at, rtt));
  }
  RunScript& timeout(std::uint64_t sequence, Duration at, Duration timeout = 1s) {
    probe::Event out = event(probe::EventKind::timeout, sequence, at);
    out.sent_at = out.at - timeout;
    return add(out);
  }
  RunScript& late(std::uint64_t sequence, Duration at, Duration rtt) {
    probe::Event out = answer(probe::EventKind::late, sequence, at, rtt);
    out.replaces = probe::Replaced::timeout;
    return add(out);
  }
  RunScript& send_failed(std::uint64_t sequence, Duration at, const probe::SendError& error) {
    probe::Event out = event(probe::EventKind::send_failed, sequence, at);
    out.send_error = error;
    return add(out);
  }

  // The system had taken it before.
  RunScript& failed_later(std::uint64_t sequence, Duration at, const probe::SendError& error,
                          probe::Replaced replaces = probe::Replaced::sent) {
    probe::Event out = event(probe::EventKind::send_failed, sequence, at);
    out.sent_at = out.at - 1ms;
    out.send_error = error;
    out.replaces = replaces;
    return add(out);
  }

  RunScript& interim(Duration at) {
    return tell([&](auto& l) { l.on_interim(kStart + at, results_); });
  }
  RunScript& end(Duration at, stats::RunEnd end = {}) {
    end.ended = kStart + at;
    if (end.engine.backend.empty() && !end.error) {
      end.engine = {.backend = "sim", .privileged = false, .clock = probe::RttClock::kernel_tx_rx};
    }
    return tell([&](auto& l) { l.on_end(end, results_); });
  }

  [[nodiscard]] stats::TargetResult& result(std::size_t target) { return results_[target]; }

 private:
  template <typename Call>
  RunScript& tell(const Call& call) {
    for (stats::Listener* listener : listeners_) {
      call(*listener);
    }
    return *this;
  }

  std::vector<stats::Listener*> listeners_;
  std::vector<stats::TargetResult> results_;
  std::uint32_t current_ = 0;
};

}  // namespace sonde::report
