// ping.hpp: the engine of `sonde ping`: echo requests to some targets, each on its own schedule.
// Regular: one probe an interval, on a grid without drift (probe/pacer). Self-clocked (flood,
// adaptive): the next probe leaves when an answer came back, or when the interval has passed.
// Targets may join while others run already, as their names resolve; done() once close_targets()
// was called and every target has got its replies, or has sent its probes and has none pending. An
// ICMP error that no token proves lets the probe wait on for its reply; one that is proven does so
// for twice the longest round trip so far, 10 ms at least, and never beyond the time-out: who sees
// the probes can make one, and must not hide the last reply.
// Sequences start at 1. No allocation a probe once its tables and the event queue have grown.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "sonde/engine/config_error.hpp"
#include "sonde/engine/engine.hpp"
#include "sonde/probe/ip_options.hpp"
#include "sonde/probe/pacer.hpp"
#include "sonde/probe/table.hpp"

namespace sonde::engine {

enum class PingPace : std::uint8_t { regular, self_clocked };

struct PingConfig {
  PingPace pace = PingPace::regular;
  Duration interval = 1s;   // self-clocked: the longest wait for an answer before the next probe
  Duration shortest_gap{};  // self-clocked: never faster than this
  Duration timeout = 1s;
  std::optional<std::uint64_t> count{};          // probes a target; absent: until stopped
  std::optional<std::uint64_t> until_replies{};  // stop a target after so many replies
  std::uint32_t preload = 1;  // probes sent at once at the start; self-clocked: kept under way
  probe::IpOptions ip{};
  std::vector<std::byte> payload{};  // the template; tokens overwrite its start
  bool authenticate = true;          // false: the payload is sent as it is, without a token
};

class PingEngine final : public TargetedEngine {
 public:
  // Errors: an interval of 0 for a regular pace, a time-out or preload of 0, a count of 0.
  [[nodiscard]] static std::expected<PingEngine, ConfigError> make(PingConfig config);

  // Its first probe is due at once. In any order of ids; each once.
  void add_target(std::uint32_t id, const net::Address& address, Instant now) override;
  void close_targets() override { closed_ = true; }
  [[nodiscard]] std::size_t next_probes(Instant now, std::span<probe::ProbeSpec> out) override;
  void on_sent(std::span<const probe::SendReport> reports) override;
  void on_observations(std::span<const probe::Observation> observations) override;
  void on_tick(Instant now) override;
  [[nodiscard]] std::optional<Instant> deadline() const override;
  [[nodiscard]] std::span<const probe::Event> take_events() override;
  [[nodiscard]] bool done() const override;

 private:
  struct Target {
    std::uint32_t id = 0;
    net::Address address;
    probe::Pacer pacer;
    probe::ProbeTable table{};
    std::uint64_t issued = 0;  // the last sequence handed out
    std::uint64_t replies = 0;
    std::uint64_t highest_answered = 0;
    std::uint32_t preload_left = 0;
    std::uint32_t unreported = 0;  // handed out and not yet back in on_sent()
    bool refused = false;          // the last send: no answer can clock the next one
    std::optional<Instant> last_sent{};
    Duration longest_rtt{};               // of the replies in time
    std::optional<Instant> lingers_to{};  // behind an error
  };

  explicit PingEngine(PingConfig config) : config_(std::move(config)) {}
  [[nodiscard]] bool satisfied(const Target& target) const noexcept;
  [[nodiscard]] bool finished_sending(const Target& target) const noexcept;
  [[nodiscard]] std::optional<Instant> next_due(const Target& target) const noexcept;
  [[nodiscard]] Target* find(std::uint32_t id) noexcept;
  [[nodiscard]] probe::ProbeSpec issue(Target& target, Instant now);
  // When a probe was given to the system to send.
  [[nodiscard]] Instant handed_over(const probe::ProbeTable::Found& found) const noexcept;
  [[nodiscard]] bool carries_token() const noexcept;
  void on_reply(Target& target, const probe::Observation& reply);
  void on_error(Target& target, const probe::Observation& error);
  void on_failure(Target& target, const probe::Observation& failure);
  void linger(Target& target, const probe::Observation& error, Instant deadline) const;
  void time_out(const Target& target, const probe::ProbeTable::Expired& expired);

  PingConfig config_;
  std::vector<Target> targets_;
  std::size_t turn_ = 0;  // whose turn it is when a batch is full
  bool closed_ = false;
  std::vector<probe::Event> events_;  // not yet taken
  std::vector<probe::Event> taken_;   // what take_events() showed last
};

}  // namespace sonde::engine
