#include "app/echo_plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "app/values.hpp"

namespace sonde::app {

namespace {

constexpr std::uint32_t kDefaultPayload = 56;

}  // namespace

UsageError conflict(OptionId a, OptionId b) {
  return {.message =
              fmt::format("{} and {} exclude each other", spelled(option(a)), spelled(option(b))),
          .hint = {}};
}

Refusal refuse_echo_pairs(const EchoOptions& o) {
  const auto pairs = std::to_array<ExclusivePair>({
      {o.ipv4 && o.ipv6, OptionId::ipv4, OptionId::ipv6},
      {o.pattern && o.random_payload, OptionId::pattern, OptionId::random_payload},
      {o.tos && o.dscp, OptionId::tos, OptionId::dscp},
      {o.tos && o.ecn, OptionId::tos, OptionId::ecn},
      {o.df && o.path_mtu && *o.path_mtu != transport::PathMtu::do_df, OptionId::df,
       OptionId::pmtu},
      {o.flow_label && o.ipv4, OptionId::flow_label, OptionId::ipv4},
      {o.numeric && o.resolve, OptionId::numeric, OptionId::resolve},
      {o.json && o.ndjson, OptionId::json, OptionId::ndjson},
      {o.json && o.format && *o.format != Format::json, OptionId::json, OptionId::format},
      {o.ndjson && o.format && *o.format != Format::ndjson, OptionId::ndjson, OptionId::format},
  });
  const auto at = std::ranges::find(pairs, true, &ExclusivePair::together);
  return at == pairs.end() ? std::nullopt : Refusal(conflict(at->a, at->b));
}

Refusal refuse_echo_alone(const EchoOptions& options) {
  if (options.port) {
    return UsageError{.message = "--port has no meaning with ICMP", .hint = "leave out --port"};
  }
  if (options.output && format_of(options) == Format::text) {
    return UsageError{.message = "--output is for a machine format",
                      .hint = "add -j or -J; text goes to a file with >"};
  }
  return std::nullopt;
}

Format format_of(const EchoOptions& options) {
  if (options.json) {
    return Format::json;
  }
  return options.ndjson ? Format::ndjson : options.format.value_or(Format::text);
}

std::vector<std::byte> echo_payload(const EchoOptions& options, Rng& rng) {
  std::vector<std::byte> payload(options.size.value_or(kDefaultPayload));
  for (std::size_t i = 0; i < payload.size(); ++i) {
    if (options.random_payload) {
      payload[i] = static_cast<std::byte>(rng.next());
    } else if (options.pattern) {
      payload[i] = (*options.pattern)[i % options.pattern->size()];
    } else {
      payload[i] = static_cast<std::byte>(i);
    }
  }
  return payload;
}

probe::IpOptions echo_ip_options(const EchoOptions& options) {
  probe::IpOptions ip{.ttl = options.ttl, .tos = options.tos.value_or(net::Tos())};
  if (options.dscp || options.ecn) {
    ip.tos = net::Tos(static_cast<std::uint8_t>((options.dscp.value_or(0) << net::kEcnBits) |
                                                options.ecn.value_or(0)));
  }
  return ip;
}

bool never_fragments(transport::PathMtu path_mtu) noexcept {
  return path_mtu == transport::PathMtu::do_df || path_mtu == transport::PathMtu::probe;
}

void plan_sockets(const EchoOptions& options, transport::OpenOptions& open) {
  open.backend = options.backend;
  open.mark = options.mark;
  open.flow_label = options.flow_label;
  open.path_mtu =
      options.path_mtu.value_or(options.df ? transport::PathMtu::do_df : transport::PathMtu::dont);
  open.broadcast = options.broadcast;
}

// -S and -I: an address to send from, and perhaps an interface.
Refusal plan_source(const EchoOptions& options, const Situation& situation,
                    transport::OpenOptions& open) {
  if (options.source) {
    open.source = situation.numeric(*options.source);
    if (!open.source) {
      return UsageError{
          .message = fmt::format("-S, --source: {} is no address", in_quotes(*options.source)),
          .hint = fmt::format("an interface is given with -I {}", in_quotes(*options.source))};
    }
  }
  if (!options.interface) {
    return std::nullopt;
  }
  const std::optional<net::Address> address = situation.numeric(*options.interface);
  if (!address) {
    open.interface = *options.interface;
    return std::nullopt;
  }
  if (open.source && open.source != address) {
    return UsageError{.message = "-S and -I name two source addresses", .hint = "use only -S"};
  }
  open.source = address;
  return std::nullopt;
}

Families allowed_families(const EchoOptions& options, const std::optional<net::Address>& source) {
  return {.v4 = !options.ipv6 && !options.flow_label && !(source && source->is_v6()),
          .v6 = !options.ipv4 && !(source && source->is_v4())};
}

UsageError source_conflict(const EchoOptions& options, const net::Address& source) {
  const OptionId family = options.flow_label ? OptionId::flow_label
                          : options.ipv6     ? OptionId::ipv6
                                             : OptionId::ipv4;
  UsageError error = conflict(family, options.source ? OptionId::source : OptionId::interface);
  error.message +=
      fmt::format(": {} is an IPv{} address", source.to_text(), source.is_v4() ? 4 : 6);
  return error;
}

std::string why_not_family(const EchoOptions& options, net::Family family,
                           const std::optional<net::Address>& source) {
  const bool v4 = family == net::Family::v4;
  if (v4 ? options.ipv6 : options.ipv4) {
    return fmt::format("leave out -{}", v4 ? 6 : 4);
  }
  if (v4 && options.flow_label) {
    return "leave out -F: flow labels are IPv6's";
  }
  if (source && source->family() != family) {
    return fmt::format("leave out -{}, or give it an IPv{} address", options.source ? 'S' : 'I',
                       v4 ? 4 : 6);
  }
  return {};
}

}  // namespace sonde::app
