// echo_plan.hpp: the part of resolve_options that ping and sweep share: conflicts, payload, IP
// header, source address, socket options. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/options.hpp"
#include "app/usage_error.hpp"
#include "sonde/base/random.hpp"
#include "sonde/net/address.hpp"
#include "sonde/probe/ip_options.hpp"
#include "sonde/transport/open.hpp"

namespace sonde::app {

// What the options meet.
struct Situation {
  bool trusted = false;  // root: no limits of speed
  // An address in text, zones by name included; it must not ask the network.
  std::function<std::optional<net::Address>(const std::string&)> numeric = net::Address::parse;
};

// "-4, --ipv4 and -6, --ipv6 exclude each other"
[[nodiscard]] UsageError conflict(OptionId a, OptionId b);
struct ExclusivePair {
  bool together;
  OptionId a;
  OptionId b;
};
[[nodiscard]] Refusal refuse_echo_pairs(const EchoOptions& options);
// What is wrong by itself, in every mode.
[[nodiscard]] Refusal refuse_echo_alone(const EchoOptions& options);

[[nodiscard]] Format format_of(const EchoOptions& options);
[[nodiscard]] std::vector<std::byte> echo_payload(const EchoOptions& options, Rng& rng);
[[nodiscard]] probe::IpOptions echo_ip_options(const EchoOptions& options);
[[nodiscard]] bool never_fragments(transport::PathMtu path_mtu) noexcept;

// Backend, mark, flow label, path MTU, broadcast; then -S and -I.
void plan_sockets(const EchoOptions& options, transport::OpenOptions& open);
[[nodiscard]] Refusal plan_source(const EchoOptions& options, const Situation& situation,
                                  transport::OpenOptions& open);

// Which families the options and the source leave.
struct Families {
  bool v4 = true;
  bool v6 = true;
};
[[nodiscard]] Families allowed_families(const EchoOptions& options,
                                        const std::optional<net::Address>& source);
// The source rules out the only family that is left.
[[nodiscard]] UsageError source_conflict(const EchoOptions& options, const net::Address& source);
// Which option keeps the family of that address from being used; empty: none.
[[nodiscard]] std::string why_not_family(const EchoOptions& options, net::Family family,
                                         const std::optional<net::Address>& source);

}  // namespace sonde::app
