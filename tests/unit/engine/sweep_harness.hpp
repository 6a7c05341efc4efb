// sweep_harness.hpp: a SweepEngine and a hand that feeds it: time, sends and observations one at a
// time. Probes are named "target:round", events "kind target:round".
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sonde/engine/sweep.hpp"

namespace sonde::engine {

using Names = std::vector<std::string>;

class SweepHarness {
 public:
  static constexpr Instant kStart{100s};

  // Over so many addresses, list closed.
  SweepHarness(SweepConfig config, std::uint64_t hosts) : SweepHarness(std::move(config)) {
    REQUIRE(list.append(net::Address::v4(0x0a000000), hosts));
    engine.extend(kStart);
    engine.close_targets();
  }
  // Over an empty list that is still open.
  explicit SweepHarness(SweepConfig config)
      : engine(SweepEngine::make(std::move(config), list).value()) {}
  SweepHarness(const SweepHarness&) = delete;
  SweepHarness& operator=(const SweepHarness&) = delete;
  ~SweepHarness() = default;

  Names send(Instant now, std::size_t room = 64) { return hand_out(now, room, std::nullopt); }
  // The same, refused by the system.
  Names fail(Instant now, probe::SendFailure failure) {
    return hand_out(now, 64, probe::SendError{.failure = failure});
  }

  // The number that the last send of this probe had.
  std::uint64_t number(const std::string& name) { return numbers.at(name); }
  void reply(const std::string& name, Instant at) { see(name, at, {}); }
  void icmp_error(const std::string& name, Instant at) {
    see(name, at, {.probe = {}, .kind = probe::ObservationKind::icmp_error});
  }
  void see(const std::string& name, Instant at, probe::Observation observation) {
    observation.probe = {.target = static_cast<std::uint32_t>(std::stoul(name)),
                         .sequence = number(name)};
    observation.at = at;
    engine.on_observations(std::span(&observation, 1));
  }

  Names events() {
    Names names;
    for (const probe::SweepEvent& event : engine.take_events()) {
      names.push_back(name_of(event));
    }
    return names;
  }
  Names tick(Instant now) {
    engine.on_tick(now);
    return events();
  }

  net::AddressList list;
  SweepEngine engine;
  std::map<std::string, std::uint64_t> numbers{};

 private:
  Names hand_out(Instant now, std::size_t room, const std::optional<probe::SendError>& error) {
    std::vector<probe::ProbeSpec> specs(room);
    specs.resize(engine.next_probes(now, specs));
    Names names;
    std::vector<probe::SendReport> reports;
    for (const probe::ProbeSpec& spec : specs) {
      REQUIRE(spec.destination == list.at(spec.id.target));
      reports.push_back({.id = spec.id, .at = now, .error = error});
      const std::string name =
          std::to_string(spec.id.target) + ":" + std::to_string(rounds_[spec.id.target]++);
      numbers[name] = spec.id.sequence;
      names.push_back(name);
    }
    if (error && error->failure == probe::SendFailure::no_buffer) {
      for (const probe::ProbeSpec& spec : specs) {
        --rounds_[spec.id.target];
      }
    }
    engine.on_sent(reports);
    return names;
  }

  static std::string name_of(const probe::SweepEvent& event) {
    using probe::SweepEventKind;
    using probe::SweepState;
    const std::string target = std::to_string(event.target);
    if (event.kind == SweepEventKind::settled) {
      const bool alive = event.state == SweepState::alive;
      return target +
             (alive ? " alive" : (event.state == SweepState::failed ? " failed" : " unreachable"));
    }
    const std::map<SweepEventKind, std::string> names{
        {SweepEventKind::sent, "sent"},   {SweepEventKind::send_failed, "send_failed"},
        {SweepEventKind::reply, "reply"}, {SweepEventKind::timeout, "timeout"},
        {SweepEventKind::late, "late"},   {SweepEventKind::duplicate, "duplicate"},
        {SweepEventKind::error, "error"}};
    return names.at(event.kind) + " " + target + ":" + std::to_string(event.round);
  }

  std::map<std::uint32_t, int> rounds_{};
};

}  // namespace sonde::engine
