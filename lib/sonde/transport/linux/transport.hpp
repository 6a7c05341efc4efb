// transport.hpp: the Transport of Linux: up to two channels (IPv4, IPv6) and a way to be woken.
//
// receive() reads the error queue before the packets, so that a probe's transmit stamp comes before
// its reply. It touches a queue only when something may be in it: the wait said so, or something
// was sent or asked for since, and goes on until it is empty, the caller's room is used or all
// probes have been answered. One outstanding probe costs one system call each to send, receive,
// wait.
//
// hot, flatten: what each packet passes lies side by side and in line. The kernel leaves little of
// a program in the processor's caches, and the processor foresees none of the returns from calls
// that were made before a system call, some 20 cycles each: together 3 % of an echo on loopback.
// What is rare, or is called from many places, is kept out of line for that (noinline).
//
// Faults that do not go away (a readable socket that yields nothing, an error on every read) make
// wait() sleep longer each time, 10 to 640 ms, so that no fault can spin (RELIABILITY.md R8).
#pragma once

#include <poll.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "sonde/base/clock.hpp"
#include "sonde/base/random.hpp"
#include "sonde/probe/token.hpp"
#include "sonde/transport/linux/channel.hpp"
#include "sonde/transport/linux/receiver.hpp"
#include "sonde/transport/linux/sender.hpp"
#include "sonde/transport/posix/fd.hpp"
#include "sonde/transport/read_trouble.hpp"
#include "sonde/transport/transport.hpp"

namespace sonde::transport {

struct LinuxTransportParts {
  std::optional<Channel> v4;
  std::optional<Channel> v6;
  // Why there is no channel of IPv4, of IPv6: the errno of its opening; 0: it was not wanted.
  int why_no_v4 = 0;
  int why_no_v6 = 0;
  Fd wake;  // eventfd, non-blocking
  SourceRule source_rule = SourceRule::must_match;
};

class LinuxTransport final : public Transport {
 public:
  LinuxTransport(LinuxTransportParts parts, const Clock& clock, Rng& rng);

  [[nodiscard]] Capabilities capabilities() const override;
  [[gnu::hot, gnu::flatten]] std::size_t send(std::span<const probe::ProbeSpec> specs,
                                              std::span<probe::SendReport> reports) override;
  [[nodiscard, gnu::hot, gnu::flatten]] std::size_t receive(
      std::span<probe::Observation> out) override;
  void wait(Instant until) override;
  void wake() noexcept override;
  [[nodiscard]] probe::RejectCounts rejects() const override { return receiver_.rejects(); }
  [[nodiscard]] std::uint64_t dropped() const override;
  [[nodiscard]] int receive_error() const override;

 private:
  static constexpr std::size_t kChannels = 2;
  // In one receive(), so that strangers' packets cannot keep it.
  static constexpr std::size_t kMostReads = 16;
  struct Port {
    std::optional<Channel> channel;
    int why_none = 0;  // an errno, where there is no channel
    std::array<bool, Channel::kMostInlets> readable{true, true};
    bool has_errors = false;
    bool heard_icmp = false;  // this receive() took an ICMP error out of the error queue
    std::array<ReadTrouble, Channel::kMostInlets> trouble{};
    std::uint64_t answered =
        0;  // of what the channel sent; a duplicate counts for another's answer
  };
  [[nodiscard]] Port& port_of(net::Family family) noexcept;
  [[nodiscard]] std::size_t next_run(std::span<const probe::ProbeSpec> specs) const noexcept;
  [[gnu::noinline]] void refuse(std::span<const probe::ProbeSpec> specs,
                                std::span<probe::SendReport> reports) const;
  // Answers that say too little came in: what went out before is to be asked again (backlog).
  [[gnu::noinline]] void ask_again(Channel& channel);
  [[nodiscard]] std::size_t take_backlog(std::span<probe::Observation> out);
  [[nodiscard]] std::size_t receive_from(Port& port, Channel& channel,
                                         std::span<probe::Observation> out);
  struct ErrorsRead {
    std::size_t observations = 0;
    bool icmp = false;  // there was an ICMP error, of a probe of ours or not
  };
  [[nodiscard, gnu::noinline]] ErrorsRead read_errors(Port& port, Channel& channel,
                                                      std::span<probe::Observation> out);
  [[nodiscard]] std::size_t read_inlet(Port& port, Channel& channel, std::size_t inlet,
                                       std::span<probe::Observation> out);
  [[nodiscard]] std::size_t read_packets(Port& port, Channel& channel, std::size_t inlet,
                                         std::span<probe::Observation> out);
  void judge_progress() noexcept;

  // Wake-up, and the inlets of IPv4 and of IPv6.
  using PollSet = std::array<pollfd, 1 + kChannels * Channel::kMostInlets>;
  [[nodiscard]] PollSet poll_set(bool with_sockets) const noexcept;
  [[nodiscard]] int clear_wake(const pollfd& polled) const noexcept;
  void note_readiness(const PollSet& polled) noexcept;
  void recover(int failure, Duration length) noexcept;

  const Clock* clock_;
  probe::TokenSealer sealer_;
  std::array<Port, kChannels> ports_;
  Fd wake_;
  Receiver receiver_;
  Sender sender_;
  std::size_t first_port_ = 0;  // takes turns, so that neither family starves
  bool flags_valid_ = false;    // `readable` and `has_errors` say where something is
  bool signalled_ = false;      // the last wait saw a socket ready
  bool progress_ = false;       // this receive() took something out of a queue
  bool failed_ = false;         // this receive() met an error that it does not understand
  unsigned trouble_ = 0;        // receives in a row that failed or were called for nothing
  bool penalty_served_ = true;  // for the last of them
  unsigned failed_waits_ = 0;   // in a row
};

}  // namespace sonde::transport
