#include "sonde/transport/linux/channel.hpp"

#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "sonde/transport/linux/bpf.hpp"
#include "sonde/transport/linux/bpf_errors.hpp"
#include "sonde/transport/linux/kernel_abi.hpp"
#include "sonde/transport/linux/ping_socket.hpp"
#include "sonde/transport/linux/raw.hpp"
#include "sonde/transport/linux/socket_options.hpp"

namespace sonde::transport {
namespace {

constexpr unsigned kReceiveStamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
// TSONLY: the stamp comes alone, not with a copy of the packet.
constexpr unsigned kTransmitStamps = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_OPT_ID |
                                     SOF_TIMESTAMPING_OPT_TSONLY | SOF_TIMESTAMPING_OPT_CMSG;
// Beside those of the kernel, and without a word where the interface takes none.
constexpr unsigned kDeviceStamps = SOF_TIMESTAMPING_TX_HARDWARE | SOF_TIMESTAMPING_RX_HARDWARE |
                                   SOF_TIMESTAMPING_RAW_HARDWARE | SOF_TIMESTAMPING_OPT_TX_SWHW;

ErrorCode code_of(int os_code) noexcept {
  switch (os_code) {
    case EACCES:
    case EPERM:
      return ErrorCode::permission;
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
    case ESOCKTNOSUPPORT:
      return ErrorCode::unsupported;
    default:
      return ErrorCode::system;
  }
}

int discover_value(PathMtu mode) noexcept {
  constexpr std::array kValues{IP_PMTUDISC_DONT, IP_PMTUDISC_WANT, IP_PMTUDISC_DO,
                               IP_PMTUDISC_PROBE};  // IPV6_PMTUDISC_* are the same
  return kValues[static_cast<std::size_t>(mode)];
}

PathMtu wanted_path_mtu(PathMtu base, bool dont_fragment) noexcept {
  const bool may_fragment = base == PathMtu::dont || base == PathMtu::want;
  return dont_fragment && may_fragment ? PathMtu::do_df : base;
}

net::Address any_address(net::Family family) noexcept {
  constexpr std::array<std::byte, net::Address::kV6Bytes> kZeros{};
  return family == net::Family::v4 ? net::Address::v4(0) : net::Address::v6(kZeros);
}

}  // namespace

std::string socket_name(const ChannelConfig& config) {
  const std::string family = config.family == net::Family::v4 ? "IPv4" : "IPv6";
  if (config.shape.is_udp()) {
    return (config.kind == SocketKind::raw ? "raw ICMP socket beside a UDP socket, "
                                           : "UDP socket with error queue, ") +
           family;
  }
  return std::string(config.kind == SocketKind::raw ? "raw" : "datagram") + " ICMP socket, " +
         family;
}

Channel::Channel(Fd fd, const ChannelConfig& config, const OpenOptions& options) noexcept
    : fd_(std::move(fd)),
      kind_(config.kind),
      family_(config.family),
      ident_(options.ident.value_or(config.raw_ident)),
      base_path_mtu_(options.path_mtu),
      shape_(config.shape),
      bound_source_(options.source),
      route_(options),
      recent_(options.remembered_sends) {}

std::expected<Channel, Error> Channel::open(const ChannelConfig& config,
                                            const OpenOptions& options) {
  const bool v4 = config.family == net::Family::v4;
  const bool udp = config.shape.is_udp();
  const int type = config.kind == SocketKind::raw && !udp ? SOCK_RAW : SOCK_DGRAM;
  Fd fd(::socket(v4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC | SOCK_NONBLOCK,
                 udp  ? static_cast<int>(IPPROTO_UDP)
                 : v4 ? IPPROTO_ICMP
                      : static_cast<int>(IPPROTO_ICMPV6)));
  if (!fd.valid()) {
    const int failure = errno;
    return std::unexpected(
        system_error("open a " + socket_name(config), failure, code_of(failure)));
  }
  Channel channel(std::move(fd), config, options);
  const auto configured = channel.configure(options);
  if (!configured) {
    return std::unexpected(configured.error());
  }
  return channel;
}

std::uint32_t Channel::flow_label(std::uint16_t flow) const noexcept {
  return labels_flows_ ? flow_label_of(ident_.value, flow) : flow_label_;
}

std::expected<void, Error> Channel::configure(const OpenOptions& options) {
  std::expected<void, Error> result;
  const bool udp = shape_.is_udp();
  if (kind_ == SocketKind::raw && !udp) {
    result = filter(fd(), echo_filter(family_, ident_));
  }
  if (result) {
    result = apply_common(fd(), family_, options);
  }
  if (result) {
    result = udp                        ? finish_udp(options)
             : kind_ == SocketKind::raw ? finish_raw(options)
                                        : finish_dgram(options);
  }
  if (!result) {
    return result;
  }
  if (family_ == net::Family::v6 && options.flow_label) {
    flow_label_ = options.flow_label->value();
  } else if (family_ == net::Family::v6 && shape_.is_trace()) {
    try_option(fd(), {IPPROTO_IPV6, kFlowInfoSend}, 1);
    labels_flows_ = true;
  }
  if (const int failure = set_path_mtu(base_path_mtu_); failure != 0) {
    return std::unexpected(system_error("set path MTU discovery", failure));
  }
  if (options.receive_stamps) {
    request_stamps(options);
  }
  return result;
}

std::expected<void, Error> Channel::filter(int fd, FilterProgram program) {
  auto word = filter_raw_socket(fd, std::move(program), family_);
  if (!word) {
    return std::unexpected(std::move(word.error()));
  }
  filter_ = *std::move(word);
  return {};
}

std::expected<void, Error> Channel::finish_raw(const OpenOptions& options) {
  request_raw_details(fd(), family_);
  return options.source ? bind_source(fd(), *options.source) : std::expected<void, Error>{};
}

std::expected<void, Error> Channel::finish_dgram(const OpenOptions& options) {
  request_error_queue(fd(), family_);
  if (options.received_header) {
    request_header(fd(), family_);
  }
  const auto ident =
      bind_ping_socket(fd(), options.source.value_or(any_address(family_)), options.ident);
  if (!ident) {
    return std::unexpected(ident.error());
  }
  ident_ = *ident;
  if (options.only_loopback && family_ == net::Family::v4) {
    connect_to_loopback(fd());
  }
  return {};
}

// A port of the system's choice, for good.
std::expected<void, Error> Channel::finish_udp(const OpenOptions& options) {
  if (kind_ == SocketKind::dgram) {
    request_error_queue(fd(), family_);
  }
  request_header(fd(), family_);
  if (const auto bound = bind_source(fd(), options.source.value_or(any_address(family_))); !bound) {
    return bound;
  }
  const auto port = bound_port(fd());
  if (!port) {
    return std::unexpected(port.error());
  }
  ident_ = net::IcmpIdent(*port);
  return kind_ == SocketKind::raw ? open_listener(options) : std::expected<void, Error>{};
}

std::expected<void, Error> Channel::open_listener(const OpenOptions& options) {
  const bool v4 = family_ == net::Family::v4;
  listener_ = Fd(::socket(v4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                          v4 ? IPPROTO_ICMP : static_cast<int>(IPPROTO_ICMPV6)));
  if (!listener_.valid()) {
    const int failure = errno;
    return std::unexpected(system_error("open a raw ICMP socket", failure, code_of(failure)));
  }
  const int fd = listener_.get();
  auto result = filter(fd, udp_error_filter(family_, net::Port(ident_.value)));
  if (result) {
    result = apply_common(fd, family_, options);
  }
  if (result && options.source) {
    result = bind_source(fd, *options.source);
  }
  request_raw_details(fd, family_);
  return result;
}

std::vector<probe::ProbeId> Channel::vary_ports() {
  std::vector<probe::ProbeId> before;
  if (!std::exchange(untold_, false) || !shape_.vary()) {
    return before;
  }
  const std::uint64_t count = recent_.count();
  const auto sent = [&] { return recent_.by_number(count - before.size() - 1); };
  for (const probe::SentProbe* probe = sent(); probe != nullptr; probe = sent()) {
    before.push_back(probe->id);
  }
  std::ranges::reverse(before);
  recent_.forget();
  return before;
}

void Channel::learn_source(const net::Address& destination) {
  if (const auto source = bound_source_ ? bound_source_ : route_.source_for(destination)) {
    sources_.learn(destination, *source);
  }
}

bool Channel::has_route(const net::Address& destination) {
  return route_.source_for(destination).has_value();
}

Inlet Channel::inlet(std::size_t index) const noexcept {
  const PacketLayout raw = family_ == net::Family::v4 ? PacketLayout::ipv4 : PacketLayout::icmp;
  if (index > 0) {
    return {.fd = listener_.get(), .layout = raw};
  }
  if (shape_.is_udp()) {
    return {.fd = fd(), .layout = PacketLayout::udp};
  }
  return {.fd = fd(), .layout = kind_ == SocketKind::raw ? raw : PacketLayout::icmp};
}

std::uint64_t Channel::dropped() const noexcept {
  return std::uint64_t{queue_drops(fd())} + (listener_.valid() ? queue_drops(listener_.get()) : 0);
}

// The best that the kernel grants; nothing is no reason not to ping.
void Channel::request_stamps(const OpenOptions& options) {
  const unsigned device = options.device_stamps ? kDeviceStamps : 0U;
  if (options.transmit_stamps && set_stamp_flags(kReceiveStamps | kTransmitStamps | device)) {
    stamps_ = Stamps::transmit_and_receive;
  } else if (set_stamp_flags(kReceiveStamps)) {
    stamps_ = Stamps::receive;
  }
  if (stamps_ != Stamps::none && listener_.valid()) {
    try_option(listener_.get(), {SOL_SOCKET, stamp_option_}, static_cast<int>(kReceiveStamps));
  }
}

bool Channel::set_stamp_flags(unsigned flags) {
  for (const int option : {kTimestampingNew, kTimestampingOld}) {
    if (set_option(fd(), {SOL_SOCKET, option}, static_cast<int>(flags)) == 0) {
      stamp_option_ = option;
      stamp_flags_ = flags;
      return true;
    }
  }
  return false;
}

void Channel::restart_stamp_keys() {
  if (stamps_ == Stamps::transmit_and_receive) {
    const unsigned without_id = stamp_flags_ & ~unsigned{SOF_TIMESTAMPING_OPT_ID};
    try_option(fd(), {SOL_SOCKET, stamp_option_}, static_cast<int>(without_id));
    try_option(fd(), {SOL_SOCKET, stamp_option_}, static_cast<int>(stamp_flags_));
    keys_.restart(recent_.count());
  }
}

void Channel::set_error_queue(bool on) const noexcept {
  const OptionName name = family_ == net::Family::v4 ? OptionName{IPPROTO_IP, IP_RECVERR}
                                                     : OptionName{IPPROTO_IPV6, IPV6_RECVERR};
  try_option(fd(), name, on ? 1 : 0);
}

bool Channel::same_state(const probe::IpOptions& a, const probe::IpOptions& b) noexcept {
  return a.dont_fragment == b.dont_fragment && a.reverse == b.reverse &&
         std::ranges::equal(a.header_options.bytes(), b.header_options.bytes());
}

int Channel::apply(const probe::IpOptions& ip) {
  if (family_ == net::Family::v6 && (ip.reverse || !ip.header_options.empty())) {
    return EOPNOTSUPP;  // RFC 5095 took IPv6 source routing away; IPv6 has no such options
  }
  const int failure = set_path_mtu(wanted_path_mtu(base_path_mtu_, ip.dont_fragment));
  return failure != 0 ? failure : set_header_options(ip.header_options);
}

int Channel::set_path_mtu(PathMtu mode) {
  if (path_mtu_ == mode) {
    return 0;
  }
  const bool v4 = family_ == net::Family::v4;
  const OptionName discover =
      v4 ? OptionName{IPPROTO_IP, IP_MTU_DISCOVER} : OptionName{IPPROTO_IPV6, IPV6_MTU_DISCOVER};
  const int failure = set_option(fd(), discover, discover_value(mode));
  if (failure != 0) {
    return failure;
  }
  if (!v4) {
    const bool whole = mode == PathMtu::do_df || mode == PathMtu::probe;
    try_option(fd(), {IPPROTO_IPV6, kIpv6DontFragment}, whole ? 1 : 0);
  }
  path_mtu_ = mode;
  return 0;
}

int Channel::set_header_options(const probe::HeaderOptions& header_options) {
  const bool none =
      header_options_.empty() && header_options.empty();  // the rule, and quick to see
  if (none || header_options_ == header_options) {
    return 0;
  }
  const int failure = set_option(fd(), {IPPROTO_IP, IP_OPTIONS}, header_options.bytes());
  if (failure != 0) {
    return failure;
  }
  // For good: what was sent with options may be answered long after plain probes have gone out.
  if (inlet(0).layout != PacketLayout::ipv4 && !header_options.empty()) {
    try_option(fd(), {IPPROTO_IP, IP_RECVOPTS}, 1);
  }
  header_options_ = header_options;
  return 0;
}

}  // namespace sonde::transport
