#include "sonde/probe/status.hpp"

#include <array>
#include <span>

namespace sonde::probe {
namespace {

constexpr int kAny = -1;

// One row a meaning; the first row that fits decides. A code of kAny fits all.
struct Row {
  std::uint8_t type;
  int code;
  Status status;
  std::string_view name;
};

// NOLINTBEGIN(readability-magic-numbers): IANA "ICMP Parameters"
constexpr std::array kV4{
    Row{0, kAny, Status::success, "echo-reply"},
    Row{3, 0, Status::destination_net_unreachable, "net-unreachable"},
    Row{3, 1, Status::destination_host_unreachable, "host-unreachable"},
    Row{3, 2, Status::destination_protocol_unreachable, "protocol-unreachable"},
    Row{3, 3, Status::destination_port_unreachable, "port-unreachable"},
    Row{3, 4, Status::packet_too_big, "fragmentation-needed"},
    Row{3, 5, Status::bad_route, "source-route-failed"},
    Row{3, 6, Status::destination_net_unreachable, "net-unknown"},
    Row{3, 7, Status::destination_host_unreachable, "host-unknown"},
    Row{3, 8, Status::destination_host_unreachable, "source-host-isolated"},
    Row{3, 9, Status::destination_net_unreachable, "net-prohibited"},
    Row{3, 10, Status::destination_host_unreachable, "host-prohibited"},
    Row{3, 11, Status::destination_net_unreachable, "net-unreachable-for-tos"},
    Row{3, 12, Status::destination_host_unreachable, "host-unreachable-for-tos"},
    Row{3, 13, Status::destination_host_unreachable, "communication-prohibited"},
    Row{3, 14, Status::destination_host_unreachable, "host-precedence-violation"},
    Row{3, 15, Status::destination_host_unreachable, "precedence-cutoff"},
    Row{3, kAny, Status::destination_host_unreachable, ""},
    Row{4, 0, Status::source_quench, "source-quench"},
    Row{5, 0, Status::icmp_error, "redirect-net"},
    Row{5, 1, Status::icmp_error, "redirect-host"},
    Row{5, 2, Status::icmp_error, "redirect-tos-net"},
    Row{5, 3, Status::icmp_error, "redirect-tos-host"},
    Row{11, 0, Status::ttl_expired_in_transit, "time-exceeded-in-transit"},
    Row{11, 1, Status::ttl_expired_in_reassembly, "time-exceeded-in-reassembly"},
    Row{11, kAny, Status::time_exceeded, ""},
    Row{12, 0, Status::parameter_problem, "parameter-problem"},
    Row{12, 1, Status::parameter_problem, "required-option-missing"},
    Row{12, 2, Status::parameter_problem, "bad-length"},
    Row{12, kAny, Status::parameter_problem, ""},
};
constexpr std::array kV6{
    Row{129, kAny, Status::success, "echo-reply"},
    Row{1, 0, Status::destination_net_unreachable, "no-route"},
    Row{1, 1, Status::destination_protocol_unreachable, "communication-prohibited"},
    Row{1, 2, Status::destination_scope_mismatch, "beyond-scope"},
    Row{1, 3, Status::destination_host_unreachable, "address-unreachable"},
    Row{1, 4, Status::destination_port_unreachable, "port-unreachable"},
    Row{1, 5, Status::destination_unreachable, "source-policy-failed"},
    Row{1, 6, Status::destination_unreachable, "reject-route"},
    Row{1, 7, Status::destination_unreachable, "source-route-error"},
    Row{1, kAny, Status::destination_unreachable, ""},
    Row{2, kAny, Status::packet_too_big, "packet-too-big"},
    Row{3, 0, Status::ttl_expired_in_transit, "hop-limit-exceeded"},
    Row{3, 1, Status::ttl_expired_in_reassembly, "reassembly-time-exceeded"},
    Row{3, kAny, Status::time_exceeded, ""},
    Row{4, 0, Status::bad_header, "erroneous-header-field"},
    Row{4, 1, Status::unrecognized_next_header, "unrecognized-next-header"},
    Row{4, 2, Status::bad_option, "unrecognized-option"},
    Row{4, kAny, Status::parameter_problem, ""},
};
// NOLINTEND(readability-magic-numbers)

const Row* row_of(net::Family family, wire::IcmpType icmp) noexcept {
  const std::span<const Row> rows =
      family == net::Family::v4 ? std::span<const Row>(kV4) : std::span<const Row>(kV6);
  for (const Row& row : rows) {
    if (row.type == icmp.type && (row.code == kAny || row.code == icmp.code)) {
      return &row;
    }
  }
  return nullptr;
}

}  // namespace

Status status_of(net::Family family, wire::IcmpType icmp) noexcept {
  constexpr std::uint8_t kFirstInformationalV6 = 128;
  if (const Row* row = row_of(family, icmp)) {
    return row->status;
  }
  const bool unknown_v6_error = family == net::Family::v6 && icmp.type < kFirstInformationalV6;
  return unknown_v6_error ? Status::icmp_error : Status::general_failure;
}

std::string_view icmp_name(net::Family family, wire::IcmpType icmp) noexcept {
  const Row* row = row_of(family, icmp);
  return row != nullptr ? row->name : std::string_view{};
}

std::string_view status_words(Status status) noexcept {
  struct Words {
    Status status;
    std::string_view text;
  };
  constexpr std::array kWords{
      Words{Status::buffer_too_small, "the reply buffer is too small"},
      Words{Status::destination_net_unreachable, "the network is unreachable"},
      Words{Status::destination_host_unreachable, "the host is unreachable"},
      Words{Status::destination_protocol_unreachable, "the protocol is unreachable"},
      Words{Status::destination_port_unreachable, "the port is unreachable"},
      Words{Status::no_resources, "not enough resources"},
      Words{Status::bad_option, "bad IP option"},
      Words{Status::hardware_error, "hardware error"},
      Words{Status::packet_too_big, "packet too big"},
      Words{Status::bad_request, "bad request"},
      Words{Status::bad_route, "bad route"},
      Words{Status::option_too_big, "IP option too big"},
      Words{Status::bad_destination, "bad destination"},
      Words{Status::destination_unreachable, "the destination is unreachable"},
      Words{Status::destination_scope_mismatch, "the destination is beyond the source's scope"},
      Words{Status::general_failure, "general failure"},
  };
  for (const Words& words : kWords) {
    if (words.status == status) {
      return words.text;
    }
  }
  return {};
}

}  // namespace sonde::probe
