// tcp_raw_channel.hpp: the raw sockets of one family that a TCP trace needs.
//   tcp    sends SYNs, hears SYN-ACKs and RSTs, and tells when a probe left (transmit stamps)
//   icmp   hears the ICMP errors
// Both behind a locked filter (bpf_tcp.hpp). The kernel answers a SYN-ACK that no socket of its own
// waits for with a RST, and so nothing stays behind at the destination.
// The checksum needs the source address: a UDP socket with the same options is asked for it before
// each probe (no packet leaves), so a route that changes is noticed. For IPv6 the kernel sums up.
// open() errors: permission, bad_source, unsupported, system.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "sonde/base/clock.hpp"
#include "sonde/base/random.hpp"
#include "sonde/probe/spec.hpp"
#include "sonde/transport/error.hpp"
#include "sonde/transport/linux/send_batch.hpp"
#include "sonde/transport/linux/tcp_ports.hpp"
#include "sonde/transport/open_trace.hpp"
#include "sonde/transport/posix/fd.hpp"
#include "sonde/transport/sent_syns.hpp"
#include "sonde/transport/transmit_keys.hpp"

namespace sonde::transport {

class TcpRawChannel {
 public:
  [[nodiscard]] static std::expected<TcpRawChannel, Error> open(net::Family family,
                                                                const TraceOpenOptions& options,
                                                                Rng& rng);

  [[nodiscard]] net::Family family() const noexcept { return family_; }
  [[nodiscard]] int tcp() const noexcept { return tcp_.get(); }
  [[nodiscard]] int icmp() const noexcept { return icmp_.get(); }
  [[nodiscard]] net::Port port() const noexcept { return port_; }
  // Whether its packet filters hold, for -v: of both sockets, the worse one's word.
  [[nodiscard]] const std::string& filter() const noexcept { return filter_; }
  [[nodiscard]] bool receive_stamps() const noexcept { return stamp_flags_ != 0; }
  [[nodiscard]] bool transmit_stamps() const noexcept { return transmit_stamps_; }
  [[nodiscard]] const SentSyns& sends() const noexcept { return sends_; }
  [[nodiscard]] TransmitKeys& keys() noexcept { return keys_; }

  [[nodiscard]] probe::SendReport send(const probe::ProbeSpec& spec, const Clock& clock);

 private:
  TcpRawChannel(net::Family family, const TraceOpenOptions& options, TcpPorts ports, Rng& rng);
  [[nodiscard]] std::expected<void, Error> open_sockets(const OpenOptions& options);
  [[nodiscard]] std::expected<void, Error> filter_sockets();
  [[nodiscard]] std::expected<void, Error> configure(int fd, const OpenOptions& options) const;
  void request_stamps(const OpenOptions& options) noexcept;
  [[nodiscard]] bool set_stamp_flags(int fd, unsigned flags) const noexcept;
  [[nodiscard]] int set_path_mtu(bool dont_fragment) noexcept;
  [[nodiscard]] std::optional<net::Port> source_port(const probe::ProbeSpec& spec);
  [[nodiscard]] std::expected<net::Address, int> source_for(const net::Address& destination) const;
  // What is to be sent is in batch_ then; 0 or the errno.
  [[nodiscard]] int encode(const probe::ProbeSpec& spec, SentSyn& sent);
  void restart_stamp_keys() noexcept;

  net::Family family_;
  net::Port port_;
  FlowStyle flow_style_;
  PathMtu base_path_mtu_;
  std::uint32_t flow_label_ = 0;
  std::optional<net::Address> source_;
  std::string interface_;
  std::string filter_{};
  TcpPorts ports_;
  SentSyns sends_;
  TransmitKeys keys_;
  Fd tcp_{};
  Fd icmp_{};
  Fd route_{};
  unsigned stamp_flags_ = 0;
  bool transmit_stamps_ = false;
  std::optional<bool> dont_fragment_;  // what the socket has now
  std::unique_ptr<SendBatch> batch_;   // points into itself: must not move
};

}  // namespace sonde::transport
