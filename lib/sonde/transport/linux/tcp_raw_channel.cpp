#include "sonde/transport/linux/tcp_raw_channel.hpp"

#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "sonde/transport/destination.hpp"
#include "sonde/transport/linux/bpf_tcp.hpp"
#include "sonde/transport/linux/kernel_abi.hpp"
#include "sonde/transport/linux/raw_filter.hpp"
#include "sonde/transport/linux/sender.hpp"
#include "sonde/transport/linux/socket_options.hpp"
#include "sonde/wire/tcp.hpp"

namespace sonde::transport {
namespace {

constexpr unsigned kReceiveStamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
constexpr unsigned kTransmitStamps = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
                                     SOF_TIMESTAMPING_OPT_TSONLY | SOF_TIMESTAMPING_OPT_CMSG;
constexpr net::Port kHttp{80};
constexpr std::uint16_t kWindow = 64240;  // what Linux says at an MTU of 1500

int domain_of(net::Family family) noexcept {
  return family == net::Family::v4 ? AF_INET : AF_INET6;
}

ErrorCode code_of(int os_code) noexcept {
  if (os_code == EACCES || os_code == EPERM) {
    return ErrorCode::permission;
  }
  return os_code == EAFNOSUPPORT ? ErrorCode::unsupported : ErrorCode::system;
}

std::expected<Fd, Error> open_socket(net::Family family, int type, int protocol,
                                     std::string_view what) {
  Fd fd(::socket(domain_of(family), type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));
  if (!fd.valid()) {
    const int failure = errno;
    return std::unexpected(system_error("open a " + std::string(what), failure, code_of(failure)));
  }
  return fd;
}

// IPV6_PMTUDISC_* are the same numbers.
int discover_value(PathMtu base, bool dont_fragment) noexcept {
  constexpr std::array kValues{IP_PMTUDISC_DONT, IP_PMTUDISC_WANT, IP_PMTUDISC_DO,
                               IP_PMTUDISC_PROBE};
  const bool may_fragment = base == PathMtu::dont || base == PathMtu::want;
  return dont_fragment && may_fragment ? IP_PMTUDISC_DO : kValues[static_cast<std::size_t>(base)];
}

}  // namespace

TcpRawChannel::TcpRawChannel(net::Family family, const TraceOpenOptions& options, TcpPorts ports,
                             Rng& rng)
    : family_(family),
      port_(options.port.value_or(kHttp)),
      flow_style_(options.flow_style),
      base_path_mtu_(options.common.path_mtu),
      source_(options.common.source),
      interface_(options.common.interface),
      ports_(std::move(ports)),
      sends_(rng),
      batch_(std::make_unique<SendBatch>()) {
  if (family == net::Family::v6 && options.common.flow_label) {
    flow_label_ = options.common.flow_label->value();
  }
}

std::expected<TcpRawChannel, Error> TcpRawChannel::open(net::Family family,
                                                        const TraceOpenOptions& options, Rng& rng) {
  auto ports = TcpPorts::open(family, options.common.source);
  if (!ports) {
    return std::unexpected(std::move(ports.error()));
  }
  TcpRawChannel channel(family, options, std::move(*ports), rng);
  if (const auto opened = channel.open_sockets(options.common); !opened) {
    return std::unexpected(opened.error());
  }
  return channel;
}

std::expected<void, Error> TcpRawChannel::open_sockets(const OpenOptions& options) {
  const bool v4 = family_ == net::Family::v4;
  struct Wanted {
    Fd* fd;
    int type;
    int protocol;
    std::string_view what;
  };
  const std::array wanted{
      Wanted{&tcp_, SOCK_RAW, IPPROTO_TCP, "raw TCP socket"},
      Wanted{&icmp_, SOCK_RAW, v4 ? IPPROTO_ICMP : int{IPPROTO_ICMPV6}, "raw ICMP socket"},
      Wanted{&route_, SOCK_DGRAM, 0, "socket to ask for routes"}};
  for (const auto& [fd, type, protocol, what] : wanted) {
    auto opened = open_socket(family_, type, protocol, what);
    if (!opened) {
      return std::unexpected(std::move(opened.error()));
    }
    *fd = std::move(*opened);
  }
  if (const auto done = filter_sockets(); !done) {
    return done;
  }
  const int failure =
      v4 ? 0 : set_option(tcp(), {IPPROTO_IPV6, IPV6_CHECKSUM}, wire::kTcpChecksumAt);
  if (failure != 0) {
    return std::unexpected(system_error("have TCP checksums made", failure));
  }
  for (const int fd : {tcp(), icmp(), route_.get()}) {
    if (const auto done = configure(fd, options); !done) {
      return done;
    }
  }
  request_stamps(options);
  return {};
}

std::expected<void, Error> TcpRawChannel::filter_sockets() {
  const TcpPortRange range{.first = ports_.first(), .last = ports_.last(), .destination = port_};
  auto segments = install_filter(tcp(), segment_filter(family_, range));
  auto errors = install_filter(icmp(), syn_error_filter(family_, range));
  if (!segments || !errors) {
    return std::unexpected(
        system_error("filter the raw sockets", segments ? errors.error() : segments.error()));
  }
  filter_ = std::max(*std::move(segments), *std::move(errors));  // "no filter" > "filter ..."
  return {};
}

std::expected<void, Error> TcpRawChannel::configure(int fd, const OpenOptions& options) const {
  auto done = apply_common(fd, family_, options);
  // Errors come from anywhere to the address that was sent from: also to the one socket that does
  // not send.
  if (done && options.source) {
    done = bind_source(fd, *options.source);
  }
  if (family_ == net::Family::v6) {
    try_option(fd, {IPPROTO_IPV6, IPV6_RECVHOPLIMIT}, 1);
    try_option(fd, {IPPROTO_IPV6, IPV6_RECVTCLASS}, 1);
    try_option(fd, {IPPROTO_IPV6, kFlowInfoSend}, 1);
  }
  return done;
}

bool TcpRawChannel::set_stamp_flags(int fd, unsigned flags) const noexcept {
  return set_option(fd, {SOL_SOCKET, kTimestampingNew}, static_cast<int>(flags)) == 0 ||
         set_option(fd, {SOL_SOCKET, kTimestampingOld}, static_cast<int>(flags)) == 0;
}

// The best that the kernel grants.
void TcpRawChannel::request_stamps(const OpenOptions& options) noexcept {
  if (!options.receive_stamps || !set_stamp_flags(icmp(), kReceiveStamps)) {
    return;
  }
  transmit_stamps_ =
      options.transmit_stamps && set_stamp_flags(tcp(), kReceiveStamps | kTransmitStamps);
  if (transmit_stamps_) {
    stamp_flags_ = kReceiveStamps | kTransmitStamps;
  } else if (set_stamp_flags(tcp(), kReceiveStamps)) {
    stamp_flags_ = kReceiveStamps;
  }
}

void TcpRawChannel::restart_stamp_keys() noexcept {
  if (transmit_stamps_) {
    (void)set_stamp_flags(tcp(), stamp_flags_ & ~unsigned{SOF_TIMESTAMPING_OPT_ID});
    (void)set_stamp_flags(tcp(), stamp_flags_);
    keys_.restart(sends_.count());
  }
}

int TcpRawChannel::set_path_mtu(bool dont_fragment) noexcept {
  if (dont_fragment_ == dont_fragment) {
    return 0;
  }
  const OptionName name = family_ == net::Family::v4 ? OptionName{IPPROTO_IP, IP_MTU_DISCOVER}
                                                     : OptionName{IPPROTO_IPV6, IPV6_MTU_DISCOVER};
  const int failure = set_option(tcp(), name, discover_value(base_path_mtu_, dont_fragment));
  if (failure == 0) {
    dont_fragment_ = dont_fragment;
  }
  return failure;
}

std::optional<net::Port> TcpRawChannel::source_port(const probe::ProbeSpec& spec) {
  constexpr std::uint64_t kVarying = 64;  // ports in turn
  return ports_.of(flow_style_ == FlowStyle::constant ? spec.flow : sends_.count() % kVarying);
}

std::expected<net::Address, int> TcpRawChannel::source_for(const net::Address& destination) const {
  return source_ ? std::expected<net::Address, int>(*source_)
                 : routed_source(route_.get(), destination, port_, interface_);
}

int TcpRawChannel::encode(const probe::ProbeSpec& spec, SentSyn& sent) {
  if (spec.ip.reverse || !spec.ip.header_options.empty()) {
    return EOPNOTSUPP;
  }
  if (const int failure = set_path_mtu(spec.ip.dont_fragment); failure != 0) {
    return failure;
  }
  const auto source = source_for(sent.destination);
  const auto from_port = source_port(spec);
  if (!source || !from_port) {
    return source ? EADDRINUSE : source.error();
  }
  sent.source = *source;
  sent.source_port = *from_port;
  const auto options = wire::syn_options(family_);
  batch_->clear();
  Writer out(batch_->add(
      {.destination = sent.destination,
       .flow_label =
           flow_label_ != 0 ? flow_label_ : flow_label_of(sent.source_port.value, spec.flow),
       .ip = spec.ip},
      wire::kTcpMinHeader + options.size()));
  wire::encode_tcp({.source = sent.source_port,
                    .destination = port_,
                    .sequence = sends_.next_sequence(),
                    .control = wire::tcp::kSyn,
                    .window = kWindow,
                    .options = options},
                   {}, {.source = sent.source, .destination = sent.destination}, out);
  Reader checksum{Bytes(out.written()).subspan(wire::kTcpChecksumAt)};
  sent.checksum = checksum.u16();
  return 0;
}

probe::SendReport TcpRawChannel::send(const probe::ProbeSpec& spec, const Clock& clock) {
  SentSyn sent{.id = spec.id, .destination = effective_destination(spec.destination)};
  int failure = encode(spec, sent);
  sent.at = clock.now();
  if (failure == 0) {
    const auto gone = batch_->send(tcp(), 0, 1);
    failure = gone ? 0 : gone.error();
    if (failure != 0) {
      restart_stamp_keys();
    }
  }
  probe::SendReport report{.id = spec.id, .at = sent.at};
  if (failure != 0) {
    report.error = send_error_on(
        failure != EINVAL || routed_source(route_.get(), sent.destination, port_, interface_),
        failure);
    return report;
  }
  sends_.add(sent);
  keys_.sent(transmit_stamps_ ? 1 : 0);
  return report;
}

}  // namespace sonde::transport
