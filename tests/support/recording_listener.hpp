// recording_listener.hpp: a stats::Listener that writes down what it was told, in order.
// calls: one word a call ("start", "target 0", "event reply 1", "end"). `kept` holds the events.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "sonde/stats/listener.hpp"

namespace sonde::test {

[[nodiscard]] inline std::string kind_name(probe::EventKind kind) {
  switch (kind) {
    case probe::EventKind::sent:
      return "sent";
    case probe::EventKind::send_failed:
      return "send_failed";
    case probe::EventKind::reply:
      return "reply";
    case probe::EventKind::timeout:
      return "timeout";
    case probe::EventKind::late:
      return "late";
    case probe::EventKind::duplicate:
      return "duplicate";
    case probe::EventKind::error:
      return "error";
    case probe::EventKind::path_mtu:
      return "path_mtu";
    case probe::EventKind::flow_end:
      return "flow_end";
    case probe::EventKind::path_end:
      return "path_end";
  }
  return "?";
}

class RecordingListener : public stats::Listener {
 public:
  void on_start(const stats::RunStart& beginning) override {
    calls.emplace_back("start");
    start = beginning;
  }
  void on_target(const stats::Target& target) override {
    calls.push_back("target " + std::to_string(target.id));
  }
  void on_name(const net::Address& address, const Untrusted& name) override {
    calls.push_back("name " + address.to_text() + " " + name.raw());
  }
  void on_event(const probe::Event& event, const stats::TargetResult&) override {
    calls.push_back("event " + kind_name(event.kind) + " " + std::to_string(event.probe.sequence));
    kept.push_back(event);
  }
  void on_interim(Instant, std::span<const stats::TargetResult>) override {
    calls.emplace_back("interim");
  }
  void on_end(const stats::RunEnd& ending, std::span<const stats::TargetResult> targets) override {
    calls.emplace_back("end");
    end = ending;
    results.assign(targets.begin(), targets.end());
  }
  void flush() override {
    ++flushes;
    if (on_flush) {
      on_flush();
    }
  }

  std::vector<std::string> calls{};
  std::vector<probe::Event> kept{};
  stats::RunStart start{};
  stats::RunEnd end{};
  std::vector<stats::TargetResult> results{};
  std::size_t flushes = 0;
  std::function<void()> on_flush{};
};

}  // namespace sonde::test
