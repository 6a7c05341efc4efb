// sender.hpp: puts probes on the wire through one channel, 64 to a system call.
// In:  probes that one channel can send with one socket state. Out: a report each.
// A send that fails is reported and the rest goes on. On datagram sockets a pending ICMP error of
// an earlier probe makes the next send fail without being sent (sk_err): the error queue is drained
// into the backlog and that send tried once more, and again while further ICMP errors come in
// between (somebody may send them in masses). Never more than ten times, never waits.
#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <span>
#include <vector>

#include "sonde/base/clock.hpp"
#include "sonde/probe/observation.hpp"
#include "sonde/probe/recent_sends.hpp"
#include "sonde/probe/spec.hpp"
#include "sonde/probe/token.hpp"
#include "sonde/transport/linux/channel.hpp"
#include "sonde/transport/linux/receiver.hpp"
#include "sonde/transport/linux/send_batch.hpp"

namespace sonde::transport {

[[nodiscard]] probe::SendFailure send_failure_of(int os_code) noexcept;
// The same of a packet to a host for which there is, or is not, a usable route.
[[nodiscard]] probe::SendError send_error_on(bool has_route, int os_code);
// Of a family that has no socket: `why` is the errno of its opening, 0 that none was wanted.
[[nodiscard]] probe::SendError no_socket_error(int why) noexcept;

class Sender {
 public:
  // What errors seen while sending were about, for the next receive().
  using Backlog = std::vector<probe::Observation>;

  Sender(const Clock& clock, probe::TokenSealer& sealer, Receiver& receiver)
      : clock_(&clock), sealer_(&sealer), receiver_(&receiver) {}

  // At most SendBatch::kMessages specs.
  [[gnu::hot]] void send(Channel& channel, std::span<const probe::ProbeSpec> specs,
                         std::span<probe::SendReport> reports);
  [[nodiscard]] Backlog& backlog() noexcept { return backlog_; }

 private:
  // What remember() needs to know of a packet in the batch.
  struct Staged {
    std::uint64_t tag = 0;
    std::uint16_t checksum = 0;
    bool balanced = false;
  };
  void encode(Channel& channel, const probe::ProbeSpec& spec);
  void encode_echo(Channel& channel, const probe::ProbeSpec& spec, Staged& staged);
  [[gnu::noinline]] void encode_udp(Channel& channel, const probe::ProbeSpec& spec, Staged& staged);
  // The template and the token over it. The tag.
  [[nodiscard]] std::uint64_t write_payload(const Channel& channel, const probe::ProbeSpec& spec,
                                            const net::Address& destination, MutableBytes payload);
  // Those that went out; `first` is the index in the batch of the first of them.
  [[gnu::hot]] void remember(Channel& channel, std::span<const probe::ProbeSpec> specs,
                             std::size_t first, Instant at);
  [[nodiscard, gnu::noinline]] std::optional<probe::SendError> send_again(
      Channel& channel, const probe::ProbeSpec& spec, std::size_t index, int os_code);
  // What the error queue held: the last local error, and whether there were ICMP errors.
  struct Drained {
    std::optional<QueuedError> local{};
    bool icmp = false;
  };
  // Empties it into the backlog.
  [[nodiscard]] Drained drain(Channel& channel);
  // The same, after a send that stopped: the kernel's transmit stamps are numbered anew.
  [[nodiscard, gnu::noinline]] Drained count_anew(Channel& channel);
  // Of a datagram socket: until the errors that others caused are out of the way.
  [[nodiscard]] std::expected<std::size_t, int> retry(Channel& channel, std::size_t index,
                                                      Drained& drained);
  [[nodiscard]] std::expected<std::size_t, int> send_deaf(Channel& channel, std::size_t index);

  const Clock* clock_;
  probe::TokenSealer* sealer_;
  Receiver* receiver_;
  SendBatch batch_;
  std::array<Staged, SendBatch::kMessages> staged_{};  // of what batch_ holds
  Backlog backlog_;
};

}  // namespace sonde::transport
