// harness.hpp: a PingEngine and a hand that feeds it: time, sends and observations one at a time.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sonde/engine/ping.hpp"

namespace sonde::engine {

inline constexpr Instant kStart{100s};
inline const net::Address kHost = net::Address::v4(0xc0000201);

class Harness {
 public:
  explicit Harness(PingConfig config) : engine(PingEngine::make(std::move(config)).value()) {}

  // With one target, already closed.
  static Harness with_target(PingConfig config) {
    Harness harness(std::move(config));
    harness.engine.add_target(0, kHost, kStart);
    harness.engine.close_targets();
    return harness;
  }

  // Takes at most `room` due probes and reports all as sent. Returns them as "target:sequence".
  std::vector<std::string> send(Instant now, std::size_t room = 64) {
    return hand_out(now, room, std::nullopt);
  }
  // The same, refused by the system.
  std::vector<std::string> fail(Instant now, const probe::SendError& error) {
    return hand_out(now, 64, error);
  }

  void reply(std::uint64_t sequence, Instant at, std::uint32_t target = 0) {
    see({.probe = {.target = target, .sequence = sequence}, .at = at});
  }
  struct Evidence {
    bool verified = true;
  };
  void icmp_error(std::uint64_t sequence, Instant at, Evidence evidence = {true}) {
    see({.probe = {.target = 0, .sequence = sequence},
         .kind = probe::ObservationKind::icmp_error,
         .at = at,
         .verified = evidence.verified});
  }
  void see(const probe::Observation& observation) {
    engine.on_observations(std::span(&observation, 1));
  }

  // The events so far, as "reply 1"; with more than one target "0:reply 1".
  std::vector<std::string> events(bool with_target = false) {
    std::vector<std::string> names;
    for (const probe::Event& event : take()) {
      const std::string prefix = with_target ? std::to_string(event.probe.target) + ":" : "";
      names.push_back(prefix + name_of(event.kind) + " " + std::to_string(event.probe.sequence));
    }
    return names;
  }
  std::vector<probe::Event> take() {
    const auto events = engine.take_events();
    return {events.begin(), events.end()};
  }

  PingEngine engine;

 private:
  std::vector<std::string> hand_out(Instant now, std::size_t room,
                                    const std::optional<probe::SendError>& error) {
    std::vector<probe::ProbeSpec> specs(room);
    specs.resize(engine.next_probes(now, specs));
    std::vector<std::string> names;
    std::vector<probe::SendReport> reports;
    for (const probe::ProbeSpec& spec : specs) {
      reports.push_back({.id = spec.id, .at = now, .error = error});
      names.push_back(std::to_string(spec.id.target) + ":" + std::to_string(spec.id.sequence));
    }
    engine.on_sent(reports);
    return names;
  }

  static std::string name_of(probe::EventKind kind) {
    using probe::EventKind;
    switch (kind) {
      case EventKind::sent:
        return "sent";
      case EventKind::send_failed:
        return "send_failed";
      case EventKind::reply:
        return "reply";
      case EventKind::timeout:
        return "timeout";
      case EventKind::late:
        return "late";
      case EventKind::duplicate:
        return "duplicate";
      case EventKind::error:
        return "error";
      case EventKind::path_mtu:
        return "path_mtu";
      case EventKind::flow_end:
        return "flow_end";
      case EventKind::path_end:
        return "path_end";
    }
    return "?";
  }
};

using Names = std::vector<std::string>;

}  // namespace sonde::engine
