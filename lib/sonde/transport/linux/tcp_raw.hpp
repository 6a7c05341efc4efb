// tcp_raw.hpp: TCP probes from raw sockets (tcp_raw_channel.hpp), up to one channel a family.
// Probes of one flow have one five-tuple: source port by flow, the destination port never changes
// (FlowStyle::varying: source ports in turn). Which probe it is stands in the TCP sequence number
// (sent_syns.hpp). What does not answer us is counted, never believed (tcp_interpret.hpp).
// A socket that is ready and yields nothing, again and again, makes wait() sleep (RELIABILITY.md
// R8).
#pragma once

#include <poll.h>

#include <array>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "sonde/base/clock.hpp"
#include "sonde/transport/linux/receive_batch.hpp"
#include "sonde/transport/linux/tcp_raw_channel.hpp"
#include "sonde/transport/posix/fd.hpp"
#include "sonde/transport/read_trouble.hpp"
#include "sonde/transport/rx_time.hpp"
#include "sonde/transport/transport.hpp"

namespace sonde::transport {

class TcpRawTransport final : public Transport {
 public:
  // Why the families that were wanted have no channel: the errno of its opening; 0: it has one.
  struct Missing {
    int v4 = 0;
    int v6 = 0;
  };
  // `wake`: an eventfd, non-blocking.
  TcpRawTransport(std::vector<TcpRawChannel> channels, Missing missing, Fd wake,
                  FlowStyle flow_style, const Clock& clock);

  [[nodiscard]] Capabilities capabilities() const override;
  std::size_t send(std::span<const probe::ProbeSpec> specs,
                   std::span<probe::SendReport> reports) override;
  [[nodiscard]] std::size_t receive(std::span<probe::Observation> out) override;
  void wait(Instant until) override;
  void wake() noexcept override;
  [[nodiscard]] probe::RejectCounts rejects() const override { return rejects_; }
  [[nodiscard]] std::uint64_t dropped() const override;
  [[nodiscard]] int receive_error() const override;

 private:
  // In one receive(), so that strangers' packets cannot keep it.
  static constexpr int kMostReads = 16;
  [[nodiscard]] std::size_t receive_from(TcpRawChannel& channel, std::span<probe::Observation> out);
  [[nodiscard]] std::size_t read_stamps(TcpRawChannel& channel, std::span<probe::Observation> out);
  [[nodiscard]] std::size_t drain(const TcpRawChannel& channel, int fd,
                                  std::span<probe::Observation> out);
  [[nodiscard]] std::size_t read_packets(const TcpRawChannel& channel, int fd,
                                         std::span<probe::Observation> out);
  [[nodiscard]] ReadTime read_time(const TcpRawChannel& channel) noexcept;
  [[nodiscard]] std::vector<pollfd> poll_set() const;

  std::vector<TcpRawChannel> channels_;
  Missing missing_;
  Fd wake_;
  FlowStyle flow_style_;
  const Clock* clock_;
  ReceiveBatch batch_;
  std::map<int, ReadTrouble> trouble_{};  // by socket
  ReadTimes read_times_;
  probe::RejectCounts rejects_;
  bool signalled_ = false;    // the last wait saw a socket ready
  bool progress_ = false;     // and something was read since
  unsigned fruitless_ = 0;    // waits in a row of which nothing came
  bool penalty_due_ = false;  // for the last of them
};

}  // namespace sonde::transport
