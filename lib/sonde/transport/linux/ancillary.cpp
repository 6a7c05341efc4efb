#include "sonde/transport/linux/ancillary.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <ctime>
// After the header of timespec, which it needs.
#include <linux/errqueue.h>

#include <bit>

#include "sonde/base/optional.hpp"
#include "sonde/transport/linux/kernel_abi.hpp"
#include "sonde/transport/posix/cmsg.hpp"
#include "sonde/transport/posix/socket_address.hpp"

namespace sonde::transport {
namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;
constexpr std::int64_t kLatestSecond = INT64_MAX / kNanoseconds - 1;

// Zero means that this kind of stamp was not taken.
std::optional<WallTime> wall_time(std::int64_t seconds, std::int64_t nanoseconds) noexcept {
  const bool sane = seconds >= 0 && seconds < kLatestSecond && nanoseconds >= 0 &&
                    nanoseconds < kNanoseconds && (seconds | nanoseconds) != 0;
  return sane ? std::optional(WallTime(Duration(seconds * kNanoseconds + nanoseconds)))
              : std::nullopt;
}

// Of three stamps the first is the software's, the last the interface's own.
template <typename Word>
void apply_stamps(Bytes data, Ancillary& out) noexcept {
  struct Stamp {
    Word seconds;
    Word nanoseconds;
  };
  const auto stamp_at = [data](std::size_t index) noexcept {
    const std::size_t start = index * sizeof(Stamp);
    const auto stamp = value<Stamp>(start < data.size() ? data.subspan(start) : Bytes{});
    return stamp ? wall_time(stamp->seconds, stamp->nanoseconds) : std::nullopt;
  };
  copy_value(stamp_at(0), out.stamp);
  if (const auto device = stamp_at(2)) {
    out.device_stamp = DeviceTime(device->time_since_epoch());
  }
}

// TTL and TOS arrive as int or as one byte, by kind and kernel.
std::optional<std::uint8_t> small_number(Bytes data) noexcept {
  if (const auto number = value<int>(data)) {
    return static_cast<std::uint8_t>(*number);
  }
  return value<std::uint8_t>(data);
}

template <typename Field>
std::optional<Field> field(Bytes data) noexcept {
  const auto number = small_number(data);
  return number ? std::optional(Field(*number)) : std::nullopt;
}

ErrorOrigin origin_of(std::uint8_t origin) noexcept {
  switch (origin) {
    case SO_EE_ORIGIN_LOCAL:
      return ErrorOrigin::local;
    case SO_EE_ORIGIN_ICMP:
    case SO_EE_ORIGIN_ICMP6:
      return ErrorOrigin::icmp;
    case SO_EE_ORIGIN_TIMESTAMPING:
      return ErrorOrigin::transmit_stamp;
    default:
      return ErrorOrigin::other;
  }
}

std::optional<QueuedError> extended_error(Bytes data) noexcept {
  const auto raw = value<sock_extended_err>(data);
  if (!raw) {
    return std::nullopt;
  }
  QueuedError error;
  error.origin = origin_of(raw->ee_origin);
  error.os_code = static_cast<int>(raw->ee_errno);
  error.icmp = {.type = raw->ee_type, .code = raw->ee_code};
  error.info = raw->ee_info;
  error.data = raw->ee_data;
  error.offender = decode_address(data.subspan(sizeof *raw));
  // Where the kernel was asked to look for extensions, ee_data says where (errqueue.h).
  const auto found = std::bit_cast<sock_ee_data_rfc4884>(raw->ee_data);
  if (error.origin == ErrorOrigin::icmp && found.flags == 0) {
    error.extensions_at = found.len;
  }
  return error;
}

void apply_ipv4(const ControlMessage& message, Ancillary& out) noexcept {
  switch (message.type) {
    case IP_TTL:
      out.ttl = field<net::Ttl>(message.data);
      break;
    case IP_TOS:
      out.tos = field<net::Tos>(message.data);
      break;
    case IP_RECVOPTS:
      out.header_options = message.data;
      break;
    case IP_RECVERR:
      out.error = extended_error(message.data);
      break;
    default:
      break;
  }
}

void apply_ipv6(const ControlMessage& message, Ancillary& out) noexcept {
  switch (message.type) {
    case IPV6_HOPLIMIT:
      out.ttl = field<net::Ttl>(message.data);
      break;
    case IPV6_TCLASS:
      out.tos = field<net::Tos>(message.data);
      break;
    case IPV6_RECVERR:
      out.error = extended_error(message.data);
      break;
    default:
      break;
  }
}

void apply_socket(const ControlMessage& message, Ancillary& out) noexcept {
  if (message.type == kTimestampingNew) {
    apply_stamps<std::int64_t>(message.data, out);
  } else if (message.type == kTimestampingOld) {
    apply_stamps<long>(message.data, out);
  }
}

}  // namespace

void parse_ancillary(Bytes control, Ancillary& out) noexcept {
  out.stamp.reset();
  out.device_stamp = DeviceTime{};
  out.ttl.reset();
  out.tos.reset();
  out.header_options = {};
  out.error.reset();
  ControlReader reader(control);
  while (const auto message = reader.next()) {
    switch (message->level) {
      case SOL_SOCKET:
        apply_socket(*message, out);
        break;
      case IPPROTO_IP:
        apply_ipv4(*message, out);
        break;
      case IPPROTO_IPV6:
        apply_ipv6(*message, out);
        break;
      default:
        break;
    }
  }
}

}  // namespace sonde::transport
