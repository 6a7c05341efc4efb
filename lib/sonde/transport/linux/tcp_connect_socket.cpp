#include "sonde/transport/linux/tcp_connect_socket.hpp"

#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

#include "sonde/transport/linux/kernel_abi.hpp"
#include "sonde/transport/linux/socket_options.hpp"
#include "sonde/transport/posix/socket_address.hpp"

namespace sonde::transport {
namespace {

constexpr int kDefaultTtl = -1;  // for IP_TTL and IPV6_UNICAST_HOPS: the system's
constexpr int kBindAddressNoPort = 24;

OptionName of_family(net::Family family, int v4, int v6) noexcept {
  return family == net::Family::v4 ? OptionName{IPPROTO_IP, v4} : OptionName{IPPROTO_IPV6, v6};
}

// IPV6_PMTUDISC_* are the same numbers.
int discover_value(PathMtu base, bool dont_fragment) noexcept {
  constexpr std::array kValues{IP_PMTUDISC_DONT, IP_PMTUDISC_WANT, IP_PMTUDISC_DO,
                               IP_PMTUDISC_PROBE};
  const bool may_fragment = base == PathMtu::dont || base == PathMtu::want;
  return dont_fragment && may_fragment ? IP_PMTUDISC_DO : kValues[static_cast<std::size_t>(base)];
}

Error too_old(int os_code) {
  Error error = system_error("trace with TCP without privilege", os_code, ErrorCode::unsupported);
  error.why = "this kernel does not tell which router answered (Linux 5.9 and newer do)";
  error.what_to_do = "run it as root, or trace with -P udp";
  return error;
}

}  // namespace

TcpConnectSocket::TcpConnectSocket(Fd fd, net::Family family, const OpenOptions& options) noexcept
    : fd_(std::move(fd)), family_(family), base_path_mtu_(options.path_mtu) {
  if (family == net::Family::v6 && options.flow_label) {
    flow_label_ = options.flow_label->value();
  }
}

std::expected<TcpConnectSocket, Error> TcpConnectSocket::open(net::Family family,
                                                              const OpenOptions& options) {
  const int domain = family == net::Family::v4 ? AF_INET : AF_INET6;
  Fd fd(::socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!fd.valid()) {
    const int failure = errno;
    return std::unexpected(
        system_error("open a TCP socket", failure,
                     failure == EAFNOSUPPORT ? ErrorCode::unsupported : ErrorCode::system));
  }
  TcpConnectSocket socket(std::move(fd), family, options);
  if (const auto done = socket.configure(options); !done) {
    return std::unexpected(done.error());
  }
  return socket;
}

std::expected<void, Error> TcpConnectSocket::configure(const OpenOptions& options) {
  auto result = apply_common(fd(), family_, options);
  if (result) {
    result = request_errors();
  }
  if (result && options.source) {
    // The port is chosen by connect(), for the pair of both ends.
    try_option(fd(), {IPPROTO_IP, kBindAddressNoPort}, 1);
    result = bind_source(fd(), *options.source);
  }
  if (!result) {
    return result;
  }
  const linger reset{.l_onoff = 1, .l_linger = 0};
  (void)set_option(fd(), {SOL_SOCKET, SO_LINGER}, std::as_bytes(std::span(&reset, 1)));
  if (options.receive_stamps) {
    request_stamps();
  }
  return result;
}

std::expected<void, Error> TcpConnectSocket::request_errors() const {
  for (const auto& name : {of_family(family_, IP_RECVERR, IPV6_RECVERR),
                           of_family(family_, kIpv4ErrorExtensions, kIpv6ErrorExtensions)}) {
    if (const int failure = set_option(fd(), name, 1); failure != 0) {
      return std::unexpected(too_old(failure));
    }
  }
  try_option(fd(), of_family(family_, IP_RECVTTL, IPV6_RECVHOPLIMIT), 1);
  try_option(fd(), of_family(family_, IP_RECVTOS, IPV6_RECVTCLASS), 1);
  return {};
}

void TcpConnectSocket::request_stamps() noexcept {
  constexpr unsigned kStamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  for (const int option : {kTimestampingNew, kTimestampingOld}) {
    stamps_ = stamps_ || set_option(fd(), {SOL_SOCKET, option}, static_cast<int>(kStamps)) == 0;
  }
}

int TcpConnectSocket::prepare(const probe::IpOptions& ip) {
  constexpr unsigned kEcn = (1U << net::kEcnBits) - 1;
  if (prepared_ == ip) {
    return 0;
  }
  if (ip.reverse || !ip.header_options.empty() || (ip.tos.value & kEcn) != 0) {
    return EOPNOTSUPP;
  }
  prepared_.reset();
  const int ttl = ip.ttl ? ip.ttl->value : kDefaultTtl;
  int failure = set_option(fd(), of_family(family_, IP_TTL, IPV6_UNICAST_HOPS), ttl);
  if (failure == 0) {
    failure = set_option(fd(), of_family(family_, IP_TOS, IPV6_TCLASS), ip.tos.value);
  }
  if (failure == 0) {
    failure = set_option(fd(), of_family(family_, IP_MTU_DISCOVER, IPV6_MTU_DISCOVER),
                         discover_value(base_path_mtu_, ip.dont_fragment));
  }
  if (failure == 0) {
    prepared_ = ip;
  }
  return failure;
}

int TcpConnectSocket::connect(const net::Address& destination, net::Port port) noexcept {
  SocketAddress peer = encode_address(destination, port.value);
  if (flow_label_ != 0) {
    peer.storage.v6.sin6_flowinfo = htonl(flow_label_);
  }
  const bool started = ::connect(fd(), &peer.storage.generic, peer.size) == 0;
  return started || errno == EINPROGRESS ? 0 : errno;
}

int TcpConnectSocket::disconnect() noexcept {
  SocketAddressStorage nobody{};
  nobody.generic.sa_family = AF_UNSPEC;
  return ::connect(fd(), &nobody.generic, sizeof nobody) == 0 ? 0 : errno;
}

TcpConnectSocket::State TcpConnectSocket::state() const noexcept {
  State out;
  socklen_t size = sizeof out.error;
  (void)::getsockopt(fd(), SOL_SOCKET, SO_ERROR, &out.error, &size);
  tcp_info info{};
  size = sizeof info;
  if (::getsockopt(fd(), IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
    return out;
  }
  out.sent_again = info.tcpi_total_retrans != 0;
  const bool connected = info.tcpi_state == TCP_ESTABLISHED || info.tcpi_state == TCP_CLOSE_WAIT;
  const bool refused = out.error == ECONNREFUSED || out.error == ECONNRESET || out.error == EPIPE;
  out.answered = (out.error == 0 && connected) || refused;
  if (out.answered) {
    out.error = 0;
  }
  if (out.answered && info.tcpi_rtt != 0) {
    out.rtt = std::chrono::microseconds(info.tcpi_rtt);
  }
  return out;
}

bool TcpConnectSocket::holds_syn() const noexcept { return bytes_in_queues(fd()) > 0; }

}  // namespace sonde::transport
