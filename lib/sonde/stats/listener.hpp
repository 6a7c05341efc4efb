// listener.hpp: who wants to know what happens in a run. run/session calls, reporters implement.
// Order: on_start, then per target on_target once its address is known or its look-up failed ;
// on_name when a responder's reverse name came; on_event in the order they were concluded;
// on_interim whenever the user asks, on_time when the moment has come that one of them named, and
// on_end exactly once, whatever happened.
#pragma once

#include <optional>
#include <span>

#include "sonde/stats/run_record.hpp"

namespace sonde::stats {

class Listener {
 public:
  virtual ~Listener() = default;
  virtual void on_start(const RunStart& start) = 0;
  virtual void on_target(const Target& target) = 0;
  virtual void on_name(const net::Address& address, const Untrusted& name) = 0;
  // `after` already contains the event.
  virtual void on_event(const probe::Event& event, const TargetResult& after) = 0;
  virtual void on_interim(Instant now, std::span<const TargetResult> targets) = 0;
  virtual void on_end(const RunEnd& end, std::span<const TargetResult> targets) = 0;
  // When on_time() is wanted, which all listeners hear then; nullopt: no need.
  [[nodiscard]] virtual std::optional<Instant> wake_at() const { return std::nullopt; }
  virtual void on_time(Instant /*now*/, std::span<const TargetResult> /*targets*/) {}
  // Before the loop sleeps: bring out what was buffered.
  virtual void flush() = 0;
};

}  // namespace sonde::stats
