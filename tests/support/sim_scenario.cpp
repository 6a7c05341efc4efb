#include "tests/support/sim_scenario.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <map>
#include <stdexcept>

#include "tests/support/sim_rules.hpp"
#include "tests/support/sim_trace_scenario.hpp"

namespace sonde::test {
namespace {

using nlohmann::json;

net::Address numbered(const char* v4, const char* v6, std::size_t number, net::Family family) {
  const std::string text = std::to_string(number);
  return net::Address::parse((family == net::Family::v4 ? v4 : v6) + text).value();
}

Addresses addresses_of(const json& node, const Addresses& usual) {
  Addresses addresses = usual;
  if (node.contains("v4")) {
    addresses.v4 = address_of(node.at("v4"));
  }
  if (node.contains("v6")) {
    addresses.v6 = address_of(node.at("v6"));
  }
  return addresses;
}

wire::IcmpExtensions extensions_of(const json& router) {
  wire::IcmpExtensions extensions;
  if (router.contains("mpls")) {
    wire::ExtensionObject object;
    for (const json& label : router.at("mpls")) {
      object.labels.push_back({.label = label.get<std::uint32_t>(), .ttl = net::Ttl(1)});
    }
    object.labels.back().bottom_of_stack = true;
    extensions.objects.push_back(std::move(object));
  }
  return extensions;
}

Router router_of(const json& node, std::size_t number) {
  allow_only(node, {"v4", "v6", "delay_ms", "jitter_ms", "mtu", "black_hole", "silent",
                    "error_interval_ms", "quote_bytes", "mpls"});
  Router router{
      .address = addresses_of(node, {.v4 = numbered("198.51.100.", "", number, net::Family::v4),
                                     .v6 = numbered("", "2001:db8:ff::", number, net::Family::v6)}),
      .delay = milliseconds(node, "delay_ms"),
      .jitter = milliseconds(node, "jitter_ms"),
      .black_hole = node.value("black_hole", false),
      .silent = node.value("silent", false),
      .extensions = extensions_of(node)};
  if (node.contains("mtu")) {
    router.mtu = net::Mtu(node.at("mtu").get<std::uint32_t>());
  }
  if (node.contains("error_interval_ms")) {
    router.error_interval = milliseconds(node, "error_interval_ms");
  }
  if (node.contains("quote_bytes")) {
    router.quote_bytes = node.at("quote_bytes").get<std::size_t>();
  }
  return router;
}

Host host_of(const json& node, std::size_t number, net::Family family) {
  allow_only(node, {"v4", "v6", "groups", "delay_ms", "jitter_ms", "hops", "rules"});
  Host host{
      .address = addresses_of(node, {.v4 = numbered("192.0.2.", "", number, net::Family::v4),
                                     .v6 = numbered("", "2001:db8::", number, net::Family::v6)}),
      .delay = milliseconds(node, "delay_ms"),
      .jitter = milliseconds(node, "jitter_ms")};
  if (node.contains("hops")) {
    host.hops = node.at("hops").get<std::size_t>();
  }
  for (const json& group : node.value("groups", json::array())) {
    host.groups.push_back(address_of(group));
  }
  for (const json& rule : node.value("rules", json::array())) {
    host.rules.push_back(rule_of(rule, family));
  }
  return host;
}

std::vector<json> hosts_of(const Scenario& scenario) {
  const json fallback = json::array({json{{"delay_ms", 10}}});
  return scenario.network.value("hosts", fallback).get<std::vector<json>>();
}

// A number is the n-th host; a string an address; an object has an address by family.
net::Address target_address(const Scenario& scenario, const json& target, net::Family family) {
  const char* const key = family == net::Family::v4 ? "v4" : "v6";
  if (target.is_number()) {
    const auto number = target.get<std::size_t>();
    const auto hosts = hosts_of(scenario);
    return *host_of(hosts.at(number - 1), number, family).address.of(family);
  }
  return address_of(target.at(key));
}

std::vector<std::byte> pattern(std::size_t bytes) {
  std::vector<std::byte> payload(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    payload[i] = static_cast<std::byte>(i);
  }
  return payload;
}

probe::SendError send_error_of(const std::string& name) {
  using probe::SendFailure;
  static const std::map<std::string, probe::SendError> kKnown{
      {"ENOBUFS", {.failure = SendFailure::no_buffer, .os_code = ENOBUFS}},
      {"EAGAIN", {.failure = SendFailure::no_buffer, .os_code = EAGAIN}},
      {"EPERM", {.failure = SendFailure::prohibited, .os_code = EPERM}},
      {"ENETUNREACH", {.failure = SendFailure::unreachable, .os_code = ENETUNREACH}},
      {"ENETDOWN", {.failure = SendFailure::unreachable, .os_code = ENETDOWN}},
  };
  return kKnown.at(name);
}

SimFaults faults_of(const json& part) {
  SimFaults faults{.send_delay = milliseconds(part, "send_delay_ms"),
                   .transmit_skew = milliseconds(part, "transmit_skew_ms"),
                   .receive_skew = milliseconds(part, "receive_skew_ms"),
                   .wake_latency = milliseconds(part, "wake_latency_ms")};
  for (const json& error : part.value("send_errors", json::array())) {
    allow_only(error, {"sends", "error"});
    faults.sends.push_back({.first = error.at("sends").at(0).get<std::uint64_t>(),
                            .last = error.at("sends").at(1).get<std::uint64_t>(),
                            .error = send_error_of(error.at("error").get<std::string>())});
  }
  for (const json& step : part.value("wall_steps", json::array())) {
    allow_only(step, {"at_ms", "by_ms"});
    faults.wall_steps.push_back(
        {.at = milliseconds(step, "at_ms"), .by = milliseconds(step, "by_ms")});
  }
  for (const json& pause : part.value("pauses", json::array())) {
    allow_only(pause, {"at_ms", "ms", "deaf"});
    faults.pauses.push_back({.at = milliseconds(pause, "at_ms"),
                             .length = milliseconds(pause, "ms"),
                             .deaf = pause.value("deaf", false)});
  }
  if (part.contains("mtu")) {
    faults.mtu = net::Mtu(part.at("mtu").get<std::uint32_t>());
  }
  return faults;
}

void read_kinds(const json& file, Scenario& scenario) {
  for (const json& family : file.value("families", json::array({"v4", "v6"}))) {
    scenario.families.push_back(family == "v4" ? net::Family::v4 : net::Family::v6);
  }
  for (const json& socket : file.value("sockets", json::array({"raw", "dgram"}))) {
    scenario.sockets.push_back(socket == "raw" ? SimSocket::raw : SimSocket::dgram);
  }
}

engine::PingConfig engine_of(const json& part) {
  engine::PingConfig config;
  config.count =
      part.contains("count") ? std::optional(part.at("count").get<std::uint64_t>()) : std::nullopt;
  if (part.contains("until_replies")) {
    config.until_replies = part.at("until_replies").get<std::uint64_t>();
  }
  config.interval = part.contains("interval_ms") ? milliseconds(part, "interval_ms") : 1s;
  config.timeout = part.contains("timeout_ms") ? milliseconds(part, "timeout_ms") : 1s;
  config.shortest_gap = milliseconds(part, "shortest_gap_ms");
  config.pace = part.value("self_clocked", false) ? engine::PingPace::self_clocked
                                                  : engine::PingPace::regular;
  config.preload = part.value("preload", 1U);
  config.payload = pattern(part.value("payload_bytes", std::size_t{56}));
  config.authenticate = part.value("authenticate", true);
  if (part.contains("ttl")) {
    config.ip.ttl = net::Ttl(part.at("ttl").get<std::uint8_t>());
  }
  config.ip.tos = net::Tos(part.value("tos", std::uint8_t{0}));
  config.ip.dont_fragment = part.value("dont_fragment", false);
  return config;
}

}  // namespace

Scenario load_scenario(const std::filesystem::path& path) {
  std::ifstream in(path);
  const json file = json::parse(in, nullptr, true, /*ignore_comments=*/true);
  allow_only(file, {"about", "families", "sockets", "network", "ping", "transport", "expect",
                    "expect_v6", "expect_dgram", "tun"});
  Scenario scenario{.name = path.stem().string(),
                    .about = file.at("about").get<std::string>(),
                    .families = {},
                    .sockets = {},
                    .network = file.value("network", json::object()),
                    .ping = file.at("ping"),
                    .transport = file.value("transport", json::object()),
                    .expect = file.at("expect"),
                    .expect_v6 = file.value("expect_v6", json::object()),
                    .expect_dgram = file.value("expect_dgram", json::object())};
  read_kinds(file, scenario);
  return scenario;
}

std::vector<Scenario> load_scenarios(const std::filesystem::path& folder) {
  std::vector<Scenario> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json" || is_trace_scenario(entry.path())) {
      continue;
    }
    try {
      all.push_back(load_scenario(entry.path()));
    } catch (const std::exception& error) {
      throw std::runtime_error(entry.path().string() + ": " + error.what());
    }
  }
  std::ranges::sort(all, {}, &Scenario::name);
  return all;
}

NetworkModel network_of(const Scenario& scenario, net::Family family) {
  allow_only(scenario.network, {"seed", "routers", "hosts"});
  NetworkModel model{.seed = scenario.network.value("seed", std::uint64_t{1})};
  for (const json& router : scenario.network.value("routers", json::array())) {
    model.routers.push_back(router_of(router, model.routers.size() + 1));
  }
  for (const json& host : hosts_of(scenario)) {
    model.hosts.push_back(host_of(host, model.hosts.size() + 1, family));
  }
  return model;
}

PingRun ping_of(const Scenario& scenario, net::Family family) {
  const json& part = scenario.ping;
  allow_only(part, {"targets", "known_at_ms", "count", "until_replies", "interval_ms", "timeout_ms",
                    "shortest_gap_ms", "self_clocked", "preload", "payload_bytes", "authenticate",
                    "ttl", "tos", "dont_fragment", "deadline_ms", "stop_at_ms"});
  PingRun run{.engine = engine_of(part)};
  for (const json& target : part.value("targets", json::array({1}))) {
    run.targets.push_back({.address = target_address(scenario, target, family)});
  }
  std::size_t n = 0;
  for (const json& known : part.value("known_at_ms", json::array())) {
    run.targets.at(n++).known_at = milliseconds(json{{"at", known}}, "at");
  }
  if (part.contains("deadline_ms")) {
    run.deadline = milliseconds(part, "deadline_ms");
  }
  if (part.contains("stop_at_ms")) {
    run.stop_at = milliseconds(part, "stop_at_ms");
  }
  return run;
}

SimTransportConfig transport_of(const Scenario& scenario, SimSocket socket) {
  const json& part = scenario.transport;
  allow_only(part, {"transmit_stamps", "receive_stamps", "any_source", "send_errors",
                    "send_delay_ms", "transmit_skew_ms", "receive_skew_ms", "wake_latency_ms",
                    "mtu", "wall_steps", "pauses"});
  return {.socket = socket,
          .transmit_stamps = part.value("transmit_stamps", true),
          .receive_stamps = part.value("receive_stamps", true),
          .any_source = part.value("any_source", false),
          .faults = faults_of(part)};
}

json expectation_of(const Scenario& scenario, net::Family family, SimSocket socket) {
  json expect = scenario.expect;
  if (family == net::Family::v6) {
    expect.merge_patch(scenario.expect_v6);
  }
  if (socket == SimSocket::dgram) {
    expect.merge_patch(scenario.expect_dgram);
  }
  return expect;
}

}  // namespace sonde::test
