// tcp_connect.hpp: TCP probes without privilege: a connect(2) each that is given up as soon as it
// is answered (tcp_connect_socket.hpp).
//   SYN-ACK, RST      reply. Its time: for a SYN-ACK the kernel's own measurement, for a RST the
//                     steady clock right behind the wait.
//   ICMP errors       from the socket's error queue, with the kernel's receive stamp.
// A probe is given up after kPatience: the kernel would send a second SYN after 1 s, and then
// nobody could say which of the two was answered. Should a second one have left all the same (the
// process was stopped), its answer is thrown away. What takes longer is silence here, unless the
// SYN has not left this computer, which asks its link for the next hop: no second one is sent
// then, and after three seconds the kernel's own ICMP error says that nobody is there. Every probe
// is a flow of its own: connect() gives each another source port. As many sockets as RLIMIT_NOFILE
// allows, at most kMostSockets; when all are busy, a send fails with no_buffer. One thread, one
// epoll(7), no timer: wait() ends for the oldest probe by itself.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstdint>
#include <deque>
#include <expected>
#include <span>
#include <vector>

#include "sonde/base/clock.hpp"
#include "sonde/transport/linux/receive_batch.hpp"
#include "sonde/transport/linux/tcp_connect_socket.hpp"
#include "sonde/transport/open_trace.hpp"
#include "sonde/transport/posix/fd.hpp"
#include "sonde/transport/route.hpp"
#include "sonde/transport/rx_time.hpp"
#include "sonde/transport/tcp_observation.hpp"
#include "sonde/transport/transport.hpp"

namespace sonde::transport {

// The families that are asked for and that the source address, if there is one, has.
[[nodiscard]] std::vector<net::Family> wanted_families(const OpenOptions& options);
// There is none.
[[nodiscard]] Error wrong_family(const OpenOptions& options);

class TcpConnectTransport final : public Transport {
 public:
  static constexpr Duration kPatience = 950ms;
  // Between two SYNs, at least; as often is looked whether the first is still here.
  static constexpr Duration kSecondSyn = 1s;
  static constexpr Duration kLongestHold = kPatience + 3 * kSecondSyn;
  static constexpr std::size_t kMostSockets = 512;

  // The families that this system has; a mark needs its privilege now, so then all sockets that
  // will ever be used are opened.
  [[nodiscard]] static std::expected<std::unique_ptr<TcpConnectTransport>, Error> open(
      const TraceOpenOptions& options, const Clock& clock);

  [[nodiscard]] Capabilities capabilities() const override;
  std::size_t send(std::span<const probe::ProbeSpec> specs,
                   std::span<probe::SendReport> reports) override;
  [[nodiscard]] std::size_t receive(std::span<probe::Observation> out) override;
  void wait(Instant until) override;
  void wake() noexcept override;
  [[nodiscard]] probe::RejectCounts rejects() const override { return rejects_; }

 private:
  static constexpr std::size_t kFamilies = 2;
  struct Slot {
    TcpConnectSocket socket;
    SentSyn sent{};
    bool busy = false;
    unsigned fruitless = 0;  // readiness that brought nothing
  };
  struct Pending {
    std::size_t slot;
    Instant at;
    Instant look_at;  // whether it is to be given up
  };

  TcpConnectTransport(TraceOpenOptions options, const Clock& clock);
  [[nodiscard]] std::expected<void, Error> open_sockets(net::Family family);
  [[nodiscard]] std::vector<std::size_t>& idle(net::Family family) noexcept {
    return idle_[family == net::Family::v4 ? 0 : 1];
  }
  [[nodiscard]] std::expected<std::size_t, Error> add_socket(net::Family family);
  [[nodiscard]] std::expected<std::size_t, int> take_socket(net::Family family);
  [[nodiscard]] int start(Slot& slot, std::size_t index, const probe::ProbeSpec& spec);
  void send_one(const probe::ProbeSpec& spec, probe::SendReport& report);
  void release(std::size_t index) noexcept;
  void watch(const Pending& pending);
  void give_up_old(Instant now);
  void collect() noexcept;

  // What a ready socket says; false: nothing (yet).
  [[nodiscard]] bool judge(Slot& slot, bool has_errors, probe::Observation& seen);
  [[nodiscard]] bool judge_queue(Slot& slot, probe::Observation& seen);
  [[nodiscard]] bool judge_state(Slot& slot, probe::Observation& seen);

  TraceOpenOptions options_;
  RouteAsker route_;
  const Clock* clock_;
  Fd epoll_;
  Fd wake_;
  std::vector<Slot> slots_;
  std::array<std::vector<std::size_t>, kFamilies> idle_;
  std::deque<Pending> pending_;  // by look_at; released ones are passed over
  std::size_t most_sockets_;
  bool may_open_ = true;

  static constexpr std::size_t kEvents = 64;
  std::array<epoll_event, kEvents> ready_{};
  std::size_t ready_count_ = 0;
  std::size_t ready_taken_ = 0;
  Instant ready_at_{};  // the clock behind the wait
  ReceiveBatch batch_;
  ReadTimes read_times_;
  probe::RejectCounts rejects_;
};

}  // namespace sonde::transport
