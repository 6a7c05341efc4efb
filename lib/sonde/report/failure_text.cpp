#include "sonde/report/failure_text.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <span>
#include <system_error>

namespace sonde::report {
namespace {

// NOLINTBEGIN(readability-magic-numbers): IANA ICMP and ICMPv6 parameters

using Texts = std::span<const std::string_view>;

[[nodiscard]] std::string by_code(Texts texts, std::uint8_t code, std::string_view otherwise) {
  return code < texts.size() ? std::string(texts[code]) : fmt::format("{}{}", otherwise, code);
}

[[nodiscard]] std::string unreachable_v4(const probe::Observation& seen) {
  static constexpr std::array<std::string_view, 16> kTexts{
      "Destination Net Unreachable",
      "Destination Host Unreachable",
      "Destination Protocol Unreachable",
      "Destination Port Unreachable",
      "Frag needed and DF set",
      "Source Route Failed",
      "Destination Net Unknown",
      "Destination Host Unknown",
      "Source Host Isolated",
      "Destination Net Prohibited",
      "Destination Host Prohibited",
      "Destination Net Unreachable for Type of Service",
      "Destination Host Unreachable for Type of Service",
      "Packet filtered",
      "Precedence Violation",
      "Precedence Cutoff"};
  std::string text = by_code(kTexts, seen.icmp.code, "Dest Unreachable, Bad Code: ");
  if (seen.icmp.code == 4 && seen.next_hop_mtu) {  // routers before RFC 1191 name none
    text += fmt::format(" (mtu = {})", seen.next_hop_mtu->value);
  }
  return text;
}

[[nodiscard]] std::string v4_text(const probe::Observation& seen) {
  static constexpr std::array<std::string_view, 4> kRedirect{"Redirect Network", "Redirect Host",
                                                             "Redirect Type of Service and Network",
                                                             "Redirect Type of Service and Host"};
  static constexpr std::array<std::string_view, 2> kTimeExceeded{"Time to live exceeded",
                                                                 "Frag reassembly time exceeded"};
  switch (seen.icmp.type) {
    case 3:
      return unreachable_v4(seen);
    case 4:
      return "Source Quench";
    case 5:
      return by_code(kRedirect, seen.icmp.code, "Redirect, Bad Code: ");
    case 11:
      return by_code(kTimeExceeded, seen.icmp.code, "Time exceeded, Bad Code: ");
    case 12:
      return "Parameter problem";
    default:
      return fmt::format("Bad ICMP type: {}", seen.icmp.type);
  }
}

[[nodiscard]] std::string v6_text(const probe::Observation& seen) {
  static constexpr std::array<std::string_view, 7> kUnreachable{
      "No route",
      "Administratively prohibited",
      "Beyond scope of source address",
      "Address unreachable",
      "Port unreachable",
      "Source address failed ingress/egress policy",
      "Reject route to destination"};
  static constexpr std::array<std::string_view, 2> kTimeExceeded{"Hop limit",
                                                                 "Defragmentation failure"};
  static constexpr std::array<std::string_view, 3> kParameter{"Wrong header field",
                                                              "Unknown header", "Unknown option"};
  const std::uint8_t code = seen.icmp.code;
  switch (seen.icmp.type) {
    case 1:
      return "Destination unreachable: " + by_code(kUnreachable, code, "Unknown code ");
    case 2:
      return "Packet too big" +
             (seen.next_hop_mtu ? fmt::format(": mtu={}", seen.next_hop_mtu->value) : "");
    case 3:
      return "Time exceeded: " + by_code(kTimeExceeded, code, "code ");
    case 4:
      return "Parameter problem: " + by_code(kParameter, code, "code ");
    default:
      return fmt::format("unknown icmp type: {}", seen.icmp.type);
  }
}

// NOLINTEND(readability-magic-numbers)

[[nodiscard]] std::string own_words(probe::SendFailure failure) {
  switch (failure) {
    case probe::SendFailure::no_buffer:
      return "No buffer space available";
    case probe::SendFailure::too_big:
      return "Message too long";
    case probe::SendFailure::unreachable:
      return "Network is unreachable";
    case probe::SendFailure::prohibited:
      return "Operation not permitted";
    case probe::SendFailure::untold:
      return "Answers cannot be told apart";
    case probe::SendFailure::other:
      break;
  }
  return "Unknown error";
}

}  // namespace

std::string icmp_error_text(const probe::Observation& observation) {
  return observation.responder.is_v6() ? v6_text(observation) : v4_text(observation);
}

std::string send_error_text(const probe::SendError& error) {
  if (error.os_code == 0) {
    return own_words(error.failure);
  }
  // Windows' own numbers, from 11001 on: no errno is as large.
  if (const auto words = probe::status_words(static_cast<probe::Status>(error.os_code));
      !words.empty()) {
    return fmt::format("{} (error {})", words, error.os_code);
  }
  const std::error_code posix(error.os_code, std::generic_category());
  if (error.failure == probe::SendFailure::unreachable && posix == std::errc::invalid_argument) {
    return "No usable route";  // the kernel's word for a blackhole, which is misleading
  }
  // The POSIX condition where there is one: its words are English on every system.
  const std::error_code code(error.os_code, std::system_category());
  const std::error_condition condition = code.default_error_condition();
  if (condition.category() == std::generic_category()) {
    return condition.message();
  }
  // A code that only this system has, and perhaps words for in the user's language.
  return error.failure == probe::SendFailure::other ? fmt::format("System error {}", error.os_code)
                                                    : own_words(error.failure);
}

std::string withheld_text(std::uint64_t more, std::string_view what) {
  return fmt::format("{} more {}{} not shown", more, what, more == 1 ? "" : "s");
}

std::string corruption_text(const probe::Corruption& seen) {
  if (!seen.expected) {
    return fmt::format("corrupt at byte {}: 0x{:02x} behind all that was sent", seen.offset,
                       seen.actual);
  }
  return fmt::format("corrupt at byte {}: 0x{:02x} instead of 0x{:02x}", seen.offset, seen.actual,
                     *seen.expected);
}

std::string_view send_failure_name(probe::SendFailure failure) noexcept {
  switch (failure) {
    case probe::SendFailure::no_buffer:
      return "no_buffer";
    case probe::SendFailure::too_big:
      return "too_big";
    case probe::SendFailure::unreachable:
      return "unreachable";
    case probe::SendFailure::prohibited:
      return "prohibited";
    case probe::SendFailure::untold:
      return "untold";
    case probe::SendFailure::other:
      break;
  }
  return "other";
}

// ip(7): EACCES is a broadcast address without permission, EPERM a packet filter's doing.
std::string_view send_way_out(const probe::SendError& error, bool may_be_broadcast) {
  if (error.failure != probe::SendFailure::prohibited) {
    return {};
  }
  const std::error_code code(error.os_code, std::system_category());
  if (code != std::errc::permission_denied) {
    return " (a firewall on this computer drops it)";
  }
  return may_be_broadcast ? " (if it is a broadcast address, add -b)"
                          : " (a route or a firewall on this computer forbids it)";
}

std::string trace_way_out(const probe::SendError& error, net::Family family) {
  constexpr std::uint32_t kIpv4Headers = 28;  // with that of ICMP or UDP
  constexpr std::uint32_t kIpv6Headers = 48;
  const std::error_code code(error.os_code, std::system_category());
  switch (error.failure) {
    case probe::SendFailure::too_big: {
      const std::uint32_t headers = family == net::Family::v4 ? kIpv4Headers : kIpv6Headers;
      return error.mtu && error.mtu->value > headers
                 ? fmt::format(" (-s {} fits, or leave out --df and -M)",
                               error.mtu->value - headers)
                 : " (a smaller -s may fit, or leave out --df and -M)";
    }
    case probe::SendFailure::unreachable:
      if (code == std::errc::network_down) {
        return " (the interface is down)";
      }
      if (code == std::errc::host_unreachable) {
        return " (a route of this computer says so)";
      }
      return code == std::errc::invalid_argument ? " (a blackhole route of this computer)"
                                                 : " (no route leads there: is the network up?)";
    case probe::SendFailure::no_buffer:
      return " (the system has no room for more: a lower --rate may help)";
    case probe::SendFailure::prohibited:
    case probe::SendFailure::untold:
    case probe::SendFailure::other:
      break;
  }
  return std::string(send_way_out(error, false));
}

}  // namespace sonde::report
