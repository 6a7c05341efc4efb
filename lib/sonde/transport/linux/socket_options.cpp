#include "sonde/transport/linux/socket_options.hpp"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
// After netinet/in.h, whose types it would define again.
#include <linux/in6.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <system_error>

#include "sonde/transport/linux/kernel_abi.hpp"
#include "sonde/transport/posix/socket_address.hpp"

namespace sonde::transport {
namespace {

using Result = std::expected<void, Error>;

// The way without SO_BINDTODEVICE: packets leave there, replies may come in anywhere.
int prefer_interface(int fd, net::Family family, unsigned index) noexcept {
  if (family == net::Family::v6) {
    const int unicast =
        set_option(fd, {IPPROTO_IPV6, kIpv6UnicastInterface}, static_cast<int>(htonl(index)));
    return unicast != 0
               ? unicast
               : set_option(fd, {IPPROTO_IPV6, IPV6_MULTICAST_IF}, static_cast<int>(index));
  }
  const int unicast =
      set_option(fd, {IPPROTO_IP, kIpv4UnicastInterface}, static_cast<int>(htonl(index)));
  ip_mreqn multicast{};
  multicast.imr_ifindex = static_cast<int>(index);
  return unicast != 0 ? unicast
                      : set_option(fd, {IPPROTO_IP, IP_MULTICAST_IF},
                                   std::as_bytes(std::span(&multicast, 1)));
}

Result use_interface(int fd, net::Family family, const std::string& name) {
  if (name.empty()) {
    return {};
  }
  // Without privilege since Linux 5.7; names a VRF as well.
  int failure = set_option(fd, {SOL_SOCKET, SO_BINDTODEVICE}, as_bytes(name));
  if (failure == EPERM) {
    const unsigned index = ::if_nametoindex(name.c_str());
    failure = index == 0 ? ENODEV : prefer_interface(fd, family, index);
  }
  if (failure != 0) {
    Error error = system_error("use interface " + name, failure, ErrorCode::bad_source);
    error.what_to_do = "`ip link` lists the interfaces of this computer";
    return std::unexpected(std::move(error));
  }
  return {};
}

Result use_mark(int fd, const std::optional<std::uint32_t>& mark) {
  if (!mark) {
    return {};
  }
  const int failure = set_option(fd, {SOL_SOCKET, SO_MARK}, std::as_bytes(std::span(&*mark, 1)));
  if (failure == 0) {
    return {};
  }
  Error error = system_error("set the firewall mark (--mark)", failure,
                             failure == EPERM ? ErrorCode::permission : ErrorCode::system);
  error.what_to_do = failure == EPERM
                         ? "a mark needs CAP_NET_ADMIN, or CAP_NET_RAW since Linux 5.17: run it as "
                           "root, or give the program that right with setcap(8)"
                         : "";
  return std::unexpected(std::move(error));
}

bool is_raw(int fd) noexcept {
  int type = 0;
  socklen_t size = sizeof type;
  return ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_RAW;
}

Result use_buffers(int fd, const OpenOptions& options) {
  const auto set = [fd](int name, std::size_t bytes) {
    const auto value = static_cast<int>(std::min<std::size_t>(bytes, INT_MAX / 2));
    return bytes == 0 ? 0 : set_option(fd, {SOL_SOCKET, name}, value);
  };
  // The kernel doubles what it is given (socket(7)), and a raw socket may use twice of that.
  constexpr std::size_t kDoubled = 2;
  const std::size_t send_bytes = options.send_buffer_bytes / kDoubled / (is_raw(fd) ? kDoubled : 1);
  // With CAP_NET_ADMIN beyond net.core.wmem_max, else up to it; and so with rmem_max.
  if (set(SO_SNDBUFFORCE, send_bytes) != 0) {
    if (const int failure = set(SO_SNDBUF, send_bytes); failure != 0) {
      return std::unexpected(system_error("set the send buffer", failure));
    }
  }
  // A smaller one is no reason not to probe: what is lost for want of room is counted.
  if (set(SO_RCVBUFFORCE, options.receive_buffer_bytes) != 0) {
    (void)set(SO_RCVBUF, options.receive_buffer_bytes);
  }
  return {};
}

Result use_switches(int fd, net::Family family, const OpenOptions& options) {
  if (options.broadcast) {
    if (const int failure = set_option(fd, {SOL_SOCKET, SO_BROADCAST}, 1); failure != 0) {
      return std::unexpected(system_error("allow broadcast", failure));
    }
  }
  if (options.bypass_routing) {
    if (const int failure = set_option(fd, {SOL_SOCKET, SO_DONTROUTE}, 1); failure != 0) {
      return std::unexpected(system_error("bypass routing", failure));
    }
  }
  if (!options.multicast_loop) {
    const OptionName loop = family == net::Family::v4
                                ? OptionName{IPPROTO_IP, IP_MULTICAST_LOOP}
                                : OptionName{IPPROTO_IPV6, IPV6_MULTICAST_LOOP};
    if (const int failure = set_option(fd, loop, 0); failure != 0) {
      return std::unexpected(system_error("switch off multicast loopback", failure));
    }
  }
  return {};
}

// RFC 6437. The label is leased, in case another program took labels for itself alone; where
// nobody did (the rule), the kernel lets any label pass, so a refused lease is no error.
Result use_flow_label(int fd, const std::optional<net::FlowLabel>& label) {
  if (!label) {
    return {};
  }
  constexpr in6_addr kLoopback = IN6ADDR_LOOPBACK_INIT;
  in6_flowlabel_req lease{};
  lease.flr_dst = kLoopback;  // any valid address: it does not limit where the label may be sent
  lease.flr_label = htonl(label->value());
  lease.flr_action = IPV6_FL_A_GET;
  lease.flr_share = IPV6_FL_S_ANY;
  lease.flr_flags = IPV6_FL_F_CREATE;
  (void)set_option(fd, {IPPROTO_IPV6, kFlowLabelManager}, std::as_bytes(std::span(&lease, 1)));
  if (const int failure = set_option(fd, {IPPROTO_IPV6, kFlowInfoSend}, 1); failure != 0) {
    return std::unexpected(system_error("set the flow label", failure));
  }
  return {};
}

std::uint32_t memory_information(int fd, std::size_t word) noexcept {
  std::array<std::uint32_t, kMemoryInformationWords> words{};
  socklen_t size = sizeof words;
  const int result = ::getsockopt(fd, SOL_SOCKET, kMemoryInformation, words.data(), &size);
  return result == 0 ? words.at(word) : 0;
}

}  // namespace

int set_option(int fd, OptionName option, Bytes value) noexcept {
  const int result = ::setsockopt(fd, option.level, option.name, value.data(),
                                  static_cast<socklen_t>(value.size()));
  return result == 0 ? 0 : errno;
}

int set_option(int fd, OptionName option, int value) noexcept {
  return set_option(fd, option, std::as_bytes(std::span(&value, 1)));
}

void try_option(int fd, OptionName option, int value) noexcept {
  (void)set_option(fd, option, value);
}

std::expected<void, Error> apply_common(int fd, net::Family family, const OpenOptions& options) {
  Result result = use_interface(fd, family, options.interface);
  if (result) {
    result = use_mark(fd, options.mark);
  }
  if (result) {
    result = use_buffers(fd, options);
  }
  if (result) {
    result = use_switches(fd, family, options);
  }
  if (result && family == net::Family::v6) {
    result = use_flow_label(fd, options.flow_label);
  }
  return result;
}

std::expected<net::Address, int> routed_source(int fd, const net::Address& destination,
                                               net::Port port, const std::string& interface) {
  SocketAddressStorage nobody{};
  nobody.generic.sa_family = AF_UNSPEC;
  if (::connect(fd, &nobody.generic, sizeof nobody) != 0) {
    return std::unexpected(errno);
  }
  if (const auto set = use_interface(fd, destination.family(), interface); !set) {
    return std::unexpected(set.error().os_code);
  }
  const SocketAddress peer = encode_address(destination, port.value);
  SocketAddress name{.storage = {}, .size = sizeof(SocketAddressStorage)};
  if (::connect(fd, &peer.storage.generic, peer.size) != 0 ||
      ::getsockname(fd, &name.storage.generic, &name.size) != 0) {
    return std::unexpected(errno);
  }
  const auto source = decode_address(std::as_bytes(std::span(&name.storage, 1)).first(name.size));
  return source ? std::expected<net::Address, int>(*source) : std::unexpected(EADDRNOTAVAIL);
}

void clear_pending_error(int fd) noexcept {
  int error = 0;
  socklen_t size = sizeof error;
  (void)::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
}

std::uint32_t queue_drops(int fd) noexcept {
  return memory_information(fd, kMemoryInformationDrops);
}

std::uint32_t bytes_in_queues(int fd) noexcept {
  return memory_information(fd, kMemoryInformationOnTheirWay);
}

std::expected<void, Error> bind_source(int fd, const net::Address& source, std::uint16_t ident) {
  const SocketAddress name = encode_address(source, ident);
  if (::bind(fd, &name.storage.generic, name.size) == 0) {
    return {};
  }
  const int failure = errno;
  if (failure == EADDRINUSE) {
    Error error = system_error("use ICMP identifier " + std::to_string(ident), failure);
    error.what_to_do = "another program uses it; choose another one, or leave it to the system";
    return std::unexpected(std::move(error));
  }
  if (source.is_unspecified()) {  // nobody named one
    return std::unexpected(system_error("bind a socket", failure));
  }
  Error error = system_error("send from " + source.to_text(), failure, ErrorCode::bad_source);
  error.what_to_do = source.is_v6() && source.is_link_local() && source.zone() == 0
                         ? "a link-local address needs its interface: add -I, or %interface"
                         : "`ip addr` lists the addresses of this computer";
  return std::unexpected(std::move(error));
}

std::string error_text(int os_code) { return std::generic_category().message(os_code); }

Error system_error(std::string operation, int os_code, ErrorCode code) {
  return {.code = code,
          .operation = std::move(operation),
          .os_code = os_code,
          .why = error_text(os_code),
          .what_to_do = {}};
}

}  // namespace sonde::transport
