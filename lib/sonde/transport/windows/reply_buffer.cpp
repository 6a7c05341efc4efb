#include "sonde/transport/windows/reply_buffer.hpp"

#include <winsock2.h>
// After winsock2.h.
#include <windows.h>
#include <winternl.h>
// The types of ipexport.h; the functions are iphlpapi's business.
#include <ipexport.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace sonde::transport {
namespace {

using probe::Status;

static_assert(sizeof(void*) != 8 || sizeof(ICMP_ECHO_REPLY) == 40);

// ICMPV6_ECHO_REPLY, which mingw-w64 does not have: the address (RFC 2553's, packed) with its port
// and flow label, then status and time.
constexpr std::size_t kV6Address = 6;
constexpr std::size_t kV6Scope = 22;
constexpr std::size_t kV6Status = 28;
constexpr std::size_t kV6Time = 32;
constexpr std::size_t kV6Reply = 36;

constexpr std::size_t kIcmpError = 8;
// Wine 8 loses ICMP errors of small probes when the buffer has less than a header to spare.
constexpr std::size_t kSpare = 64;

template <typename T>
T value_at(Bytes bytes, std::size_t offset) noexcept {
  T out{};
  if (offset + sizeof out <= bytes.size()) {
    std::memcpy(&out, bytes.data() + offset, sizeof out);
  }
  return out;
}

// The part of `buffer` that a pointer from the system names.
Bytes inside(Bytes buffer, const void* start, std::size_t size) noexcept {
  const auto* const first = static_cast<const std::byte*>(start);
  const std::less_equal<const std::byte*> not_after;
  if (first == nullptr || !not_after(buffer.data(), first) ||
      !not_after(first, buffer.data() + buffer.size())) {
    return {};
  }
  const auto offset = static_cast<std::size_t>(first - buffer.data());
  return buffer.subspan(offset, std::min(size, buffer.size() - offset));
}

struct Row {
  Status status;
  wire::IcmpType icmp;
};
// NOLINTBEGIN(readability-magic-numbers): IANA ICMP and ICMPv6 parameters
constexpr std::array kV4{
    Row{Status::success, {0, 0}},
    Row{Status::destination_net_unreachable, {3, 0}},
    Row{Status::destination_host_unreachable, {3, 1}},
    Row{Status::destination_protocol_unreachable, {3, 2}},
    Row{Status::destination_port_unreachable, {3, 3}},
    Row{Status::packet_too_big, {3, 4}},
    Row{Status::bad_route, {3, 5}},
    Row{Status::source_quench, {4, 0}},
    Row{Status::ttl_expired_in_transit, {11, 0}},
    Row{Status::ttl_expired_in_reassembly, {11, 1}},
    Row{Status::parameter_problem, {12, 0}},
};
constexpr std::array kV6{
    Row{Status::success, {129, 0}},
    Row{Status::destination_net_unreachable, {1, 0}},
    Row{Status::destination_protocol_unreachable, {1, 1}},
    Row{Status::destination_scope_mismatch, {1, 2}},
    Row{Status::destination_host_unreachable, {1, 3}},
    Row{Status::destination_port_unreachable, {1, 4}},
    Row{Status::destination_unreachable, {1, 5}},
    Row{Status::packet_too_big, {2, 0}},
    Row{Status::ttl_expired_in_transit, {3, 0}},
    Row{Status::ttl_expired_in_reassembly, {3, 1}},
    Row{Status::bad_header, {4, 0}},
    Row{Status::unrecognized_next_header, {4, 1}},
    Row{Status::bad_option, {4, 2}},
};
// NOLINTEND(readability-magic-numbers)

std::span<const Row> rows(net::Family family) noexcept {
  return family == net::Family::v4 ? std::span<const Row>(kV4) : std::span<const Row>(kV6);
}

}  // namespace

std::size_t reply_room(net::Family family, std::size_t payload) noexcept {
  const std::size_t structure = family == net::Family::v4 ? sizeof(ICMP_ECHO_REPLY) : kV6Reply;
  return structure + payload + kIcmpError + sizeof(IO_STATUS_BLOCK) + kSpare;
}

void prepare_reply(net::Family family, MutableBytes reply) noexcept {
  const std::size_t at = family == net::Family::v4 ? offsetof(ICMP_ECHO_REPLY, Status) : kV6Status;
  std::ranges::fill(reply.first(std::min(reply.size(), kV6Reply + 4)), std::byte{0});
  std::memcpy(reply.data() + at, &kUntouched, sizeof kUntouched);
}

std::uint32_t raw_status(net::Family family, Bytes reply) noexcept {
  return value_at<std::uint32_t>(
      reply, family == net::Family::v4 ? offsetof(ICMP_ECHO_REPLY, Status) : kV6Status);
}

std::vector<EchoAnswer> read_v4(Bytes reply, std::uint32_t count) {
  std::vector<EchoAnswer> answers;
  for (std::size_t i = 0; i < count && (i + 1) * sizeof(ICMP_ECHO_REPLY) <= reply.size(); ++i) {
    const auto one = value_at<ICMP_ECHO_REPLY>(reply, i * sizeof(ICMP_ECHO_REPLY));
    const auto status = static_cast<Status>(one.Status);
    answers.push_back(
        {.responder = net::Address::v4(std::as_bytes(std::span<const IPAddr, 1>(&one.Address, 1))),
         .status = status,
         .rtt_ms = one.RoundTripTime,
         .payload = status == Status::success ? inside(reply, one.Data, one.DataSize) : Bytes{},
         .ttl = net::Ttl(one.Options.Ttl),
         .tos = net::Tos(one.Options.Tos),
         .header_options = inside(reply, one.Options.OptionsData, one.Options.OptionsSize)});
  }
  return answers;
}

EchoAnswer read_v6(Bytes reply, std::size_t sent) noexcept {
  const auto bytes = value_at<std::array<std::byte, net::Address::kV6Bytes>>(reply, kV6Address);
  const auto status = static_cast<Status>(raw_status(net::Family::v6, reply));
  EchoAnswer answer{.responder = net::Address::v6(bytes, value_at<std::uint32_t>(reply, kV6Scope)),
                    .status = status,
                    .rtt_ms = value_at<std::uint32_t>(reply, kV6Time)};
  if (status == Status::success && reply.size() >= kV6Reply) {
    answer.payload = reply.subspan(kV6Reply, std::min(sent, reply.size() - kV6Reply));
  }
  return answer;
}

std::optional<wire::IcmpType> icmp_type_of(net::Family family, Status status) noexcept {
  // Both families share the numbers that only one of them sends.
  if (status == Status::time_exceeded) {
    status = Status::ttl_expired_in_transit;
  }
  if (family == net::Family::v6 && status == Status::parameter_problem) {
    status = Status::bad_header;
  }
  const auto table = rows(family);
  const auto row = std::ranges::find(table, status, &Row::status);
  return row == table.end() ? std::nullopt : std::optional(row->icmp);
}

bool came_from_network(net::Family family, Status status) noexcept {
  return icmp_type_of(family, status).has_value();
}

}  // namespace sonde::transport
