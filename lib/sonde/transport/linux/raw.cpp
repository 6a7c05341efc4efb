#include "sonde/transport/linux/raw.hpp"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <utility>

#include "sonde/transport/linux/kernel_abi.hpp"
#include "sonde/transport/linux/raw_filter.hpp"
#include "sonde/transport/linux/socket_options.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"

namespace sonde::transport {
namespace {

// By type, before the packet is even copied for us. A set bit keeps the type out.
int filter_types_v4(int fd) noexcept {
  const auto bit = [](std::uint8_t type) { return std::uint32_t{1} << type; };
  const std::uint32_t blocked =
      ~(bit(wire::icmpv4::kEchoReply) | bit(wire::icmpv4::kDestinationUnreachable) |
        bit(wire::icmpv4::kTimeExceeded) | bit(wire::icmpv4::kParameterProblem));
  return set_option(fd, {SOL_RAW, kIcmpFilter}, std::as_bytes(std::span(&blocked, 1)));
}

int filter_types_v6(int fd) noexcept {
  icmp6_filter filter{};
  ICMP6_FILTER_SETBLOCKALL(&filter);
  for (const std::uint8_t type : {wire::icmpv6::kEchoReply, wire::icmpv6::kDestinationUnreachable,
                                  wire::icmpv6::kPacketTooBig, wire::icmpv6::kTimeExceeded,
                                  wire::icmpv6::kParameterProblem}) {
    ICMP6_FILTER_SETPASS(type, &filter);
  }
  return set_option(fd, {IPPROTO_ICMPV6, ICMP6_FILTER}, std::as_bytes(std::span(&filter, 1)));
}

}  // namespace

std::expected<std::string, Error> filter_raw_socket(int fd, FilterProgram program,
                                                    net::Family family) {
  const int untyped = family == net::Family::v4 ? filter_types_v4(fd) : filter_types_v6(fd);
  auto word = install_filter(fd, std::move(program));
  if (!word) {
    return std::unexpected(system_error("filter the raw ICMP socket", word.error()));
  }
  return untyped == 0 ? *word : *word + ", not by type: " + error_text(untyped);
}

void request_raw_details(int fd, net::Family family) noexcept {
  if (family == net::Family::v6) {
    try_option(fd, {IPPROTO_IPV6, IPV6_RECVHOPLIMIT}, 1);
    try_option(fd, {IPPROTO_IPV6, IPV6_RECVTCLASS}, 1);
  }
}

}  // namespace sonde::transport
