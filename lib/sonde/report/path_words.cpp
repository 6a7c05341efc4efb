#include "sonde/report/path_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sonde/report/failure_text.hpp"

namespace sonde::report {
namespace {

// NOLINTBEGIN(readability-magic-numbers): IANA ICMP and ICMPv6 parameters

// traceroute(8); nullopt: it has no letter for the code.
[[nodiscard]] std::optional<std::string_view> unreachable_mark_v4(std::uint8_t code) {
  constexpr std::array<std::string_view, 16> kMarks{"!N", "!H", "!P", "",   "!F", "!S", "!N", "!H",
                                                    "!N", "!X", "!X", "!N", "!H", "!X", "!V", "!C"};
  return code < kMarks.size() ? std::optional(kMarks[code]) : std::nullopt;
}

[[nodiscard]] std::optional<std::string_view> unreachable_mark_v6(std::uint8_t code) {
  constexpr std::array<std::string_view, 5> kMarks{"!N", "!X", "!H", "!H", ""};
  return code < kMarks.size() ? std::optional(kMarks[code]) : std::nullopt;
}

[[nodiscard]] std::string too_big_mark(const probe::Observation& seen) {
  return fmt::format("!F-{}", seen.next_hop_mtu ? seen.next_hop_mtu->value : 0);
}

[[nodiscard]] std::string mark_of(const probe::Observation& seen) {
  const bool v4 = seen.responder.is_v4();
  const wire::IcmpType icmp = seen.icmp;
  if (icmp.type == (v4 ? 11 : 3) && icmp.code == 0) {
    return {};
  }
  if (v4 ? icmp == wire::IcmpType{3, 4} : icmp.type == 2) {
    return too_big_mark(seen);
  }
  if (icmp.type == (v4 ? 3 : 1)) {
    const auto mark = v4 ? unreachable_mark_v4(icmp.code) : unreachable_mark_v6(icmp.code);
    return mark ? std::string(*mark) : fmt::format("!<{}>", icmp.code);
  }
  return fmt::format("!<{}-{}>", icmp.type, icmp.code);
}

// NOLINTEND(readability-magic-numbers)

[[nodiscard]] std::string labels_text(const std::vector<wire::MplsLabel>& labels) {
  std::string text = "MPLS:";
  for (const wire::MplsLabel& label : labels) {
    text += fmt::format("{}L={},E={},S={},T={}", text.ends_with(':') ? "" : "/", label.label,
                        label.traffic_class, label.bottom_of_stack ? 1 : 0, label.ttl.value);
  }
  return text;
}

// Words with commas behind a colon.
class Parts {
 public:
  explicit Parts(std::string_view head) : text_(head) { text_ += ':'; }
  void add(std::string_view part) {
    text_ += text_.ends_with(':') ? "" : ",";
    text_ += part;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

[[nodiscard]] std::string interface_text(const wire::InterfaceInformation& info,
                                         Utf8Terminal utf8) {
  constexpr std::array<std::string_view, 4> kHeads{"INC", "SUB", "OUT", "NXT"};
  Parts parts(kHeads.at(static_cast<std::size_t>(info.role)));
  if (info.index) {
    parts.add(fmt::format("index={}", *info.index));
  }
  if (info.address) {
    parts.add("addr=" + info.address->to_text());
  }
  if (!info.name.empty()) {
    // Blanks and what ends an object would look like the rest of the line.
    std::string name = terminal_text(info.name, utf8);
    std::ranges::replace_if(
        name, [](char c) { return c == ' ' || c == '<' || c == '>' || c == ';' || c == ','; }, '_');
    parts.add("name=" + name);
  }
  if (info.mtu) {
    parts.add(fmt::format("mtu={}", info.mtu->value));
  }
  return parts.text();
}

}  // namespace

std::string trace_mark(const net::Address& destination, const probe::Observation& seen) {
  if (seen.kind != probe::ObservationKind::icmp_error) {
    return {};
  }
  const std::string mark = mark_of(seen);
  // A port unreachable that is not the destination's own word: a filter answers in its place.
  const bool port = mark.empty() && probe::status_of(seen.responder.family(), seen.icmp) ==
                                        probe::Status::destination_port_unreachable;
  return port && !probe::arrived(destination, seen) ? fmt::format("!<{}>", seen.icmp.code) : mark;
}

std::uint8_t return_hops(net::Ttl received) noexcept {
  constexpr std::array<std::uint8_t, 3> kInitial{64, 128, 255};
  const auto initial = std::ranges::lower_bound(kInitial, received.value);
  const unsigned first = initial == kInitial.end() ? received.value : *initial;
  return static_cast<std::uint8_t>(std::min(first - received.value + 1, 255U));
}

std::string extension_text(const wire::IcmpExtensions& extensions, ExtensionDetail detail,
                           Utf8Terminal utf8) {
  std::string text;
  for (const wire::ExtensionObject& object : extensions.objects) {
    std::string part;
    if (!object.labels.empty()) {
      part = labels_text(object.labels);
    } else if (detail == ExtensionDetail::all) {
      part = object.interface_info
                 ? interface_text(*object.interface_info, utf8)
                 : fmt::format("{}/{}:{}", object.class_num, object.c_type, hex_of(object.raw));
    }
    text += text.empty() || part.empty() ? "" : ";";
    text += part;
  }
  return text;
}

std::string refusal_text(const probe::Observation& seen,
                         const std::optional<net::Address>& source) {
  const std::string words = icmp_error_text(seen);
  if (!source || !source->same_host(seen.responder)) {
    // A firewall may say so, or the host itself, from the interface that the answer leaves by.
    const bool port = seen.icmp == (seen.responder.is_v4() ? wire::IcmpType{.type = 3, .code = 3}
                                                           : wire::IcmpType{.type = 1, .code = 4});
    return fmt::format("{} says: {}{}", seen.responder.to_text(), words,
                       port ? " (perhaps the destination, by another address)" : "");
  }
  // RFC 792 host unreachable, RFC 4443 address unreachable: the others are a firewall's.
  const bool nobody = seen.icmp == (seen.responder.is_v4() ? wire::IcmpType{.type = 3, .code = 1}
                                                           : wire::IcmpType{.type = 1, .code = 3});
  return fmt::format("{}this computer says: {}",
                     nobody ? "nobody on the link answers for the next hop; " : "", words);
}

std::string_view path_end_name(probe::PathEnd end) noexcept {
  switch (end) {
    case probe::PathEnd::reached:
      return "reached";
    case probe::PathEnd::unreachable:
      return "unreachable";
    case probe::PathEnd::gap:
      return "gap";
    case probe::PathEnd::max_ttl:
      return "max_ttl";
    case probe::PathEnd::rationed:
      return "rationed";
    case probe::PathEnd::silent:
      return "silent";
    case probe::PathEnd::loop:
      break;
  }
  return "loop";
}

std::string_view evidence_name(probe::MtuEvidence evidence) noexcept {
  switch (evidence) {
    case probe::MtuEvidence::passed:
      return "passed";
    case probe::MtuEvidence::reported:
      return "reported";
    case probe::MtuEvidence::plateau:
      return "plateau";
    case probe::MtuEvidence::searched:
      break;
  }
  return "searched";
}

std::string_view role_name(wire::InterfaceRole role) noexcept {
  switch (role) {
    case wire::InterfaceRole::incoming:
      return "incoming";
    case wire::InterfaceRole::sub_ip:
      return "sub_ip";
    case wire::InterfaceRole::outgoing:
      return "outgoing";
    case wire::InterfaceRole::next_hop:
      break;
  }
  return "next_hop";
}

std::string hex_of(Bytes bytes) {
  std::string text;
  for (const std::byte byte : bytes) {
    text += fmt::format("{:02x}", static_cast<unsigned>(byte));
  }
  return text;
}

}  // namespace sonde::report
