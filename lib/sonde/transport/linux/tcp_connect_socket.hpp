// tcp_connect_socket.hpp: one unprivileged TCP socket that sends SYN after SYN by connect(2).
// connect(AF_UNSPEC) between two probes takes it back to the start: what was connected is reset
// (one RST, no FIN, no TIME_WAIT), the next probe gets a new source port and sequence number, and
// the options stay. So everything that may need a privilege is done when it is opened.
// The kernel checks what answers: ports, addresses, and in a quote the sequence number.
// open() errors: bad_source, permission (mark), unsupported (before Linux 5.9, which cannot tell a
// RST from an ICMP error), system.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "sonde/base/time.hpp"
#include "sonde/net/address.hpp"
#include "sonde/net/fields.hpp"
#include "sonde/probe/ip_options.hpp"
#include "sonde/transport/error.hpp"
#include "sonde/transport/open.hpp"
#include "sonde/transport/posix/fd.hpp"

namespace sonde::transport {

class TcpConnectSocket {
 public:
  [[nodiscard]] static std::expected<TcpConnectSocket, Error> open(net::Family family,
                                                                   const OpenOptions& options);

  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  [[nodiscard]] net::Family family() const noexcept { return family_; }
  [[nodiscard]] bool stamps() const noexcept { return stamps_; }

  // What the next SYN's header shall say. 0 or the errno; EOPNOTSUPP: header options, or ECN bits,
  // which TCP keeps for itself.
  [[nodiscard]] int prepare(const probe::IpOptions& ip);
  // Sends the SYN. 0 or the errno.
  [[nodiscard]] int connect(const net::Address& destination, net::Port port) noexcept;
  // Back to where connect() can be called. 0 or the errno.
  [[nodiscard]] int disconnect() noexcept;

  struct State {
    bool answered = false;          // by a SYN-ACK or a RST
    bool sent_again = false;        // the kernel sent a second SYN: nobody knows which was answered
    int error = 0;                  // errno that is neither
    std::optional<Duration> rtt{};  // SYN-ACK: measured by the kernel, to the microsecond
  };
  [[nodiscard]] State state() const noexcept;
  // Is the SYN still in a queue of this computer?
  [[nodiscard]] bool holds_syn() const noexcept;

 private:
  TcpConnectSocket(Fd fd, net::Family family, const OpenOptions& options) noexcept;
  [[nodiscard]] std::expected<void, Error> configure(const OpenOptions& options);
  [[nodiscard]] std::expected<void, Error> request_errors() const;
  void request_stamps() noexcept;

  Fd fd_;
  net::Family family_;
  PathMtu base_path_mtu_;
  std::uint32_t flow_label_ = 0;
  bool stamps_ = false;
  std::optional<probe::IpOptions> prepared_;  // what the socket has now
};

}  // namespace sonde::transport
