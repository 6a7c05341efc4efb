// sweep_script.hpp: a sweep told to reporters event by event, as run/sweep_session would: results
// first, then every listener that wants the event. Two targets, 127.0.0.1 and 127.0.0.2, and names
// that fail. Times are milliseconds after a fixed start.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sonde/stats/sweep_listener.hpp"
#include "tests/unit/report/run_script.hpp"

namespace sonde::report {

class SweepScript {
 public:
  static constexpr std::uint32_t kRounds = 4;

  explicit SweepScript(std::vector<stats::SweepListener*> listeners,
                       stats::SweepOptions options = {.mode = probe::SweepMode::count,
                                                      .rate = 1000,
                                                      .random_order = 7,
                                                      .summary_every = 1s,
                                                      .min_reachable = 1})
      : listeners_(std::move(listeners)),
        options_(std::move(options)),
        listed_(list_.append(net::Address::v4(0x7f000001), 2)),
        results_(list_, stats::SweepDetail::samples, kRounds, options_.mode) {
    results_.grow();
  }

  SweepScript& start() {
    const stats::RunStart run{
        .mode = "sweep",
        .clock = {.steady = kStart, .wall = kWallStart},
        .engine = {.backend = "sim", .privileged = false},
        .options = {.count = kRounds, .interval = 1s, .timeout = 500ms, .payload_bytes = 56}};
    return tell([&](auto& l) { l.on_start(run, options_); });
  }
  SweepScript& sent(std::uint32_t target, std::uint32_t round) {
    return add(made(probe::SweepEventKind::sent, target, round));
  }
  SweepScript& answer(probe::SweepEventKind kind, std::uint32_t target, std::uint32_t round,
                      Duration rtt) {
    if (kind != probe::SweepEventKind::duplicate) {
      sent(target, round);
    }
    probe::SweepEvent event = made(kind, target, round);
    event.at += rtt;
    event.rtt = rtt;
    event.bytes = 64;
    event.ttl = net::Ttl(64);
    return add(event);
  }
  // The reply to a probe that has timed out.
  SweepScript& too_late(std::uint32_t target, std::uint32_t round, Duration rtt) {
    probe::SweepEvent event = made(probe::SweepEventKind::late, target, round);
    event.replaces = probe::Replaced::timeout;
    event.rtt = rtt;
    event.bytes = 64;
    return add(event);
  }
  SweepScript& timeout(std::uint32_t target, std::uint32_t round) {
    return sent(target, round).add(made(probe::SweepEventKind::timeout, target, round));
  }
  SweepScript& error(std::uint32_t target, std::uint32_t round, std::string_view responder) {
    probe::Observation seen;
    seen.kind = probe::ObservationKind::icmp_error;
    seen.responder = RunScript::address(responder);
    seen.icmp = {.type = 3, .code = 1};
    seen.status = probe::Status::destination_host_unreachable;
    probe::SweepEvent event = made(probe::SweepEventKind::error, target, round);
    event.observation = &seen;
    event.rtt = 1ms;
    return sent(target, round).add(event);
  }
  SweepScript& send_failed(std::uint32_t target, std::uint32_t round) {
    const probe::SendError error{.failure = probe::SendFailure::unreachable, .os_code = 101};
    probe::SweepEvent event = made(probe::SweepEventKind::send_failed, target, round);
    event.send_error = &error;
    return add(event);
  }
  // The system had taken it before.
  SweepScript& failed_later(std::uint32_t target, std::uint32_t round) {
    const probe::SendError error{.failure = probe::SendFailure::other, .os_code = 11050};
    probe::SweepEvent event = made(probe::SweepEventKind::send_failed, target, round);
    event.replaces = probe::Replaced::sent;
    event.send_error = &error;
    return sent(target, round).add(event);
  }
  SweepScript& settle(std::uint32_t target, probe::SweepState state) {
    probe::SweepEvent event = made(probe::SweepEventKind::settled, target, 0);
    event.state = state;
    results_.apply(event);
    const stats::SweepResult result = results_.after(event);
    return tell([&](auto& l) { l.on_target(result, event.at); });
  }
  SweepScript& fail(std::string_view name, std::string why) {
    const std::uint32_t index = list_.append_name(name).value();
    results_.grow();
    results_.fail(index, {.kind = stats::TargetError::Kind::resolve, .message = std::move(why)});
    return settle(index, probe::SweepState::failed);
  }
  SweepScript& name(std::uint32_t target, std::string name) {
    results_.set_name(target, Untrusted(std::move(name)));
    return *this;
  }
  SweepScript& corrupt(std::uint32_t target, std::uint32_t round) {
    sent(target, round);
    probe::SweepEvent event = made(probe::SweepEventKind::reply, target, round);
    event.rtt = 1ms;
    event.bytes = 64;
    event.corruption = probe::Corruption{.offset = 17, .expected = 0x10, .actual = 0x11};
    return add(event);
  }
  SweepScript& interim() {
    return tell([&](auto& l) { l.on_interim(now_, results_, results_); });
  }
  SweepScript& slower(std::uint64_t rate) {
    return tell([&](auto& l) { l.on_slower(rate); });
  }
  SweepScript& progress(Duration at, std::uint64_t planned) {
    return tell([&](auto& l) {
      l.on_progress({.now = kStart + at, .planned = planned, .complete = true}, results_);
    });
  }
  SweepScript& end(stats::RunEnd end = {}) {
    end.ended = now_;
    end.engine = {.backend = "sim", .clock = probe::RttClock::kernel_rx};
    return tell([&](auto& l) {
      l.on_end(end, results_);
      l.flush();
    });
  }
  [[nodiscard]] const stats::SweepResults& results() const { return results_; }

 private:
  [[nodiscard]] probe::SweepEvent made(probe::SweepEventKind kind, std::uint32_t target,
                                       std::uint32_t round) {
    now_ += 10ms;
    probe::SweepEvent event{.kind = kind, .clock = probe::RttClock::kernel_rx};
    event.target = target;
    event.round = round;
    event.at = now_;
    return event;
  }
  SweepScript& add(const probe::SweepEvent& event) {
    results_.apply(event);
    for (stats::SweepListener* listener : listeners_) {
      if ((listener->wanted() & stats::mask_of(event.kind)) != 0) {
        listener->on_event(event, results_);
      }
    }
    return *this;
  }
  template <typename Call>
  SweepScript& tell(Call call) {
    for (stats::SweepListener* listener : listeners_) {
      call(*listener);
    }
    return *this;
  }

  std::vector<stats::SweepListener*> listeners_;
  stats::SweepOptions options_;
  net::AddressList list_;
  bool listed_;
  stats::SweepResults results_;
  Instant now_ = kStart;
};

}  // namespace sonde::report
