#include "sonde/transport/linux/ping_socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <string_view>
#include <system_error>
#include <vector>

#include "sonde/transport/linux/kernel_abi.hpp"
#include "sonde/transport/linux/privilege.hpp"
#include "sonde/transport/linux/socket_options.hpp"
#include "sonde/transport/posix/fd.hpp"
#include "sonde/transport/posix/socket_address.hpp"

namespace sonde::transport {
namespace {

// The program's own path, so that the command can be pasted.
std::string program_path() {
  constexpr std::size_t kLongest = 4096;
  std::string path(kLongest, '\0');
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  if (size <= 0 || static_cast<std::size_t>(size) == path.size()) {
    return "$(command -v sonde)";
  }
  path.resize(static_cast<std::size_t>(size));
  return path;
}

// As the kernel's ping_init_sock(): one of our groups is enough.
bool in_group_range(const std::string& range) {
  const std::string_view text(range);
  const std::size_t space = text.find(' ');
  gid_t first = 0;
  gid_t last = 0;
  if (space == std::string_view::npos ||
      std::from_chars(text.data(), text.data() + space, first).ec != std::errc() ||
      std::from_chars(text.data() + space + 1, text.data() + text.size(), last).ec != std::errc()) {
    return false;
  }
  std::vector<gid_t> groups{::getegid()};
  if (const int count = ::getgroups(0, nullptr); count > 0) {
    groups.resize(1 + static_cast<std::size_t>(count));
    (void)!::getgroups(count, groups.data() + 1);
  }
  return std::ranges::any_of(groups, [&](gid_t group) { return first <= group && group <= last; });
}

}  // namespace

std::expected<net::IcmpIdent, Error> bind_ping_socket(int fd, const net::Address& source,
                                                      std::optional<net::IcmpIdent> ident) {
  // The kernel opens these sockets ready to share an identifier, and then gives the replies to one
  // of the sharers.
  try_option(fd, {SOL_SOCKET, SO_REUSEADDR}, 0);
  const auto bound = bind_source(fd, source, ident.value_or(net::IcmpIdent(0)).value);
  if (!bound && ident && bound.error().os_code == EADDRINUSE) {
    Error error = system_error("use ICMP identifier " + std::to_string(ident->value), EADDRINUSE);
    error.what_to_do = "another program has it: leave out -e, or choose another";
    return std::unexpected(std::move(error));
  }
  if (!bound) {
    return std::unexpected(bound.error());
  }
  const auto port = bound_port(fd);
  return port ? std::expected<net::IcmpIdent, Error>(net::IcmpIdent(*port))
              : std::unexpected(port.error());
}

void connect_to_loopback(int fd) noexcept {
  const SocketAddress name = encode_address(net::Address::v4(INADDR_LOOPBACK), 0);
  [[maybe_unused]] const int done = ::connect(fd, &name.storage.generic, name.size);
}

std::expected<std::uint16_t, Error> bound_port(int fd) {
  SocketAddress name{.storage = {}, .size = sizeof(SocketAddressStorage)};
  if (::getsockname(fd, &name.storage.generic, &name.size) != 0) {
    return std::unexpected(system_error("read the port of a socket", errno));
  }
  // sin_port and sin6_port stand at the same place; v6 is the member that was last written.
  return ntohs(name.storage.v6.sin6_port);
}

void request_error_queue(int fd, net::Family family) noexcept {
  const bool v4 = family == net::Family::v4;
  const int level = v4 ? int{IPPROTO_IP} : int{IPPROTO_IPV6};
  try_option(fd, {level, v4 ? IP_RECVERR : IPV6_RECVERR}, 1);
  try_option(fd, {level, v4 ? kIpv4ErrorExtensions : kIpv6ErrorExtensions}, 1);
}

void request_header(int fd, net::Family family) noexcept {
  const bool v4 = family == net::Family::v4;
  const int level = v4 ? int{IPPROTO_IP} : int{IPPROTO_IPV6};
  try_option(fd, {level, v4 ? IP_RECVTTL : IPV6_RECVHOPLIMIT}, 1);
  try_option(fd, {level, v4 ? IP_RECVTOS : IPV6_RECVTCLASS}, 1);
}

std::string ping_group_range() {
  const Fd file(::open("/proc/sys/net/ipv4/ping_group_range", O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text{};
  const ssize_t size = file.valid() ? ::read(file.get(), text.data(), text.size()) : 0;
  std::string range(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  std::ranges::replace(range, '\t', ' ');
  range.erase(range.find_last_not_of(" \n") + 1);
  return range;
}

Error permission_error(int os_code, Backend backend) {
  constexpr std::string_view kElsewhere =
      "something else forbids it: a seccomp filter or a container's policy, a security module "
      "(SELinux, AppArmor), or another user namespace owns this network";
  const std::string range = ping_group_range();
  const std::string group =
      "net.ipv4.ping_group_range " + (range.empty() ? "cannot be read" : "is \"" + range + '"');
  const std::string by_group = "sudo sysctl -w net.ipv4.ping_group_range=\"0 2147483647\"";
  const std::string by_file = "sudo setcap cap_net_raw+p " + program_path();
  const bool may_raw = backend != Backend::dgram && RaisedPrivilege().raw_sockets();
  const bool may_ping = backend != Backend::raw && in_group_range(range);
  Error error = system_error("cannot send ICMP without privilege", os_code, ErrorCode::permission);
  if (may_raw) {
    error.operation = "cannot open an ICMP socket";
    error.why = error_text(os_code) + ", though CAP_NET_RAW is held";
    error.what_to_do = kElsewhere;
    return error;
  }
  switch (backend) {
    case Backend::automatic:
      error.why = "raw sockets need CAP_NET_RAW, and " +
                  (may_ping ? "datagram sockets are refused though " + group : group);
      error.what_to_do = may_ping ? std::string(kElsewhere) + "; or: " + by_file
                                  : "either: " + by_group + ", or: " + by_file;
      break;
    case Backend::raw:
      error.why = "raw sockets need CAP_NET_RAW";
      error.what_to_do = by_file;
      break;
    case Backend::dgram:
      error.why = may_ping ? "datagram sockets are refused though " + group : group;
      error.what_to_do = may_ping ? std::string(kElsewhere) : by_group;
      break;
  }
  return error;
}

}  // namespace sonde::transport
