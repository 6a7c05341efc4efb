// trace_path.hpp: one target of a trace: its probes, what became of them, and what comes next.
// Sequence n is the n-th probe. A probe's time-out is judged when it is asked for, by what the path
// is known to be then (trace_patience); an answer is in time until its probe was given up.
// Called by TraceEngine only, which has the rate and the limit on probes out. A few hundred probes:
// what is out is a short list, walked whole.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sonde/base/time.hpp"
#include "sonde/engine/path_mtu.hpp"
#include "sonde/engine/path_ways.hpp"
#include "sonde/engine/trace_config.hpp"
#include "sonde/probe/event.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/probe/path.hpp"
#include "sonde/probe/spec.hpp"

namespace sonde::engine {

class TracePath {
 public:
  // `config` outlives the path and stays where it is.
  TracePath(const TraceConfig& config, std::uint32_t id, const net::Address& destination);

  [[nodiscard]] std::uint32_t id() const noexcept { return id_; }
  [[nodiscard]] std::size_t out() const noexcept { return out_.size(); }
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  // Is a probe under way?
  [[nodiscard]] bool waiting() const noexcept;

  // When a probe may leave, if rate and window allow; Instant::min(): at once. nullopt: none.
  [[nodiscard]] std::optional<Instant> due() const;
  // That probe, unless it is not yet due.
  [[nodiscard]] std::optional<probe::ProbeSpec> issue(Instant now);

  using Events = std::vector<probe::Event>;
  // `crowd`: probes of this run, of any path, are under way, whose end makes room for others.
  void sent(const probe::SendReport& report, bool crowd, Events& events);
  void observe(const probe::Observation& seen, Events& events);
  // Gives up the probes whose time was over before `now`.
  void expire(Instant now, Events& events);
  // When the next one's is over; that instant itself is still in time.
  [[nodiscard]] std::optional<Instant> next_expiry() const noexcept;

 private:
  enum class State : std::uint8_t { handed_out, pending, expired, failed, refused, answered };
  struct Probe {
    probe::PathStep step{};  // query 0: a probe of the MTU search
    State state = State::handed_out;
    bool transmit_stamp = false;
    Instant handed_over{};  // to the system
    Instant sent_at{};      // the best known
    HopAnswer answer{};
    net::Mtu size{};  // of the whole packet
  };

  [[nodiscard]] std::optional<probe::PathStep> next_step() const;
  [[nodiscard]] std::optional<probe::PathStep> step_again() const;
  [[nodiscard]] std::optional<probe::PathStep> next_step_of(std::uint16_t flow) const;
  // The query that is kept back until a path that seems to end in silence is to be believed.
  [[nodiscard]] bool last_query_left(std::uint16_t flow) const noexcept;
  [[nodiscard]] std::optional<std::uint16_t> last_query_flow() const noexcept;  // whose turn it is
  [[nodiscard]] bool asked_last(std::uint16_t flow) const noexcept;
  [[nodiscard]] std::optional<Instant> last_query_at() const noexcept;
  [[nodiscard]] probe::PathStep last_step() const noexcept;
  [[nodiscard]] Duration last_patience() const noexcept;
  [[nodiscard]] Instant last_word(const Probe& probe) const noexcept;
  [[nodiscard]] probe::PathEnd end_of(std::uint16_t flow) const noexcept;
  [[nodiscard]] bool crowded(const probe::PathStep& step) const noexcept;
  [[nodiscard]] Probe* find(std::uint64_t sequence) noexcept;
  [[nodiscard]] std::size_t index_of(net::Ttl ttl) const noexcept {
    return std::size_t{ttl.value} - config_->first_ttl.value;
  }
  [[nodiscard]] Duration patience(net::Ttl ttl) const noexcept;
  [[nodiscard]] Instant expiry(const Probe& probe) const noexcept;
  [[nodiscard]] probe::Event event_of(probe::EventKind kind, std::uint64_t sequence) const;
  [[nodiscard]] probe::Event answer_event(probe::EventKind kind, const probe::Observation& seen);

  void failed(probe::Event event, const probe::SendError& error, bool crowd, Events& events);
  void close(std::uint64_t sequence, State outcome) noexcept;
  void on_reply(const probe::Observation& reply, Events& events);
  void on_error(const probe::Observation& error, Events& events);
  void on_failure(const probe::Observation& failure, Events& events);
  void learn(Probe& probe, const probe::Observation& seen, Duration rtt);
  void count_again(net::Ttl ttl);
  [[nodiscard]] bool complete() const noexcept;
  [[nodiscard]] bool complete(std::uint16_t flow) const noexcept;
  [[nodiscard]] bool asked_behind(std::uint16_t flow) const noexcept;
  void conclude(Instant now, Events& events);
  void end(Instant now, Events& events);
  // The search for the MTU, once the path is known.
  void start_mtu();
  [[nodiscard]] bool of_mtu(const Probe& probe) const noexcept { return probe.step.query == 0; }
  void mtu_answer(const Probe& probe, const probe::Observation& seen);
  void mtu_unsent(const Probe& probe, const probe::SendError& error);
  void mtu_silent(const Probe& probe, Instant now);
  void report_mtu(Instant now, Events& events);
  [[nodiscard]] std::uint32_t headers() const noexcept;  // bytes in front of the payload
  [[nodiscard]] net::Mtu packet_size(std::size_t payload) const noexcept;
  [[nodiscard]] net::Mtu usual_size() const noexcept;
  [[nodiscard]] probe::ProbeSpec hand_out(const probe::PathStep& step, net::Mtu size);

  const TraceConfig* config_;
  std::uint32_t id_;
  net::Address destination_;
  PathWays ways_;
  std::vector<Probe> probes_;
  std::vector<std::uint64_t> out_;            // sequences of those without an outcome, oldest first
  std::vector<probe::PathStep> again_;        // the system had no room for them
  std::vector<std::uint64_t> highest_reply_;  // by hop: the highest sequence replied to
  std::vector<std::uint32_t> given_up_;       // by hop: probes, of all flows
  std::uint32_t failures_ = 0;                // sends refused in a row, not for our own crowd
  std::vector<std::uint64_t> last_queries_;   // sequences, of different flows
  bool cut_off_ = false;                      // the system sends nothing any more
  std::optional<PathMtuSearch> mtu_{};
  std::uint16_t mtu_flow_ = 0;
  bool ended_ = false;
  Instant newest_{};  // observation
};

}  // namespace sonde::engine
