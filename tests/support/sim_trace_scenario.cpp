#include "tests/support/sim_trace_scenario.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <stdexcept>

#include "tests/support/sim_rules.hpp"
#include "tests/support/sim_scenario.hpp"

namespace sonde::test {
namespace {

using nlohmann::json;

net::Address numbered(const char* prefix, std::size_t number) {
  return net::Address::parse(prefix + std::to_string(number)).value();
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

wire::IcmpType icmp_of(const json& pair) {
  return {.type = pair.at(0).get<std::uint8_t>(), .code = pair.at(1).get<std::uint8_t>()};
}

std::optional<ErrorByFamily> refusal_of(const json& node) {
  if (!node.contains("refuses")) {
    return std::nullopt;
  }
  const json& refuses = node.at("refuses");
  allow_only(refuses, {"v4", "v6"});
  return ErrorByFamily{.v4 = icmp_of(refuses.at("v4")), .v6 = icmp_of(refuses.at("v6"))};
}

Voice voice_of(const json& node) {
  Voice voice{.silent = node.value("silent", false),
              .slow = milliseconds(node, "slow_ms"),
              .slow_jitter = milliseconds(node, "slow_jitter_ms"),
              .loss = node.value("loss", 0.0),
              .copies = node.value("copies", 0U),
              .initial_ttl = node.value("initial_ttl", std::uint8_t{64}),
              .back_delay = milliseconds(node, "back_delay_ms")};
  voice.burst = node.value("burst", voice.burst);
  voice.spent = node.value("spent", false);
  if (node.contains("interval_ms")) {
    voice.interval = milliseconds(node, "interval_ms");
  }
  if (node.contains("back_hops")) {
    voice.back_hops = node.at("back_hops").get<std::uint8_t>();
  }
  return voice;
}

wire::ExtensionObject interface_of(const json& part) {
  allow_only(part, {"role", "index", "address", "name", "mtu"});
  static const std::map<std::string, wire::InterfaceRole> kRoles{
      {"incoming", wire::InterfaceRole::incoming},
      {"sub_ip", wire::InterfaceRole::sub_ip},
      {"outgoing", wire::InterfaceRole::outgoing},
      {"next_hop", wire::InterfaceRole::next_hop}};
  wire::InterfaceInformation information{.role = kRoles.at(part.value("role", "incoming")),
                                         .index = std::nullopt,
                                         .address = std::nullopt,
                                         .name = Untrusted(part.value("name", std::string())),
                                         .mtu = std::nullopt};
  if (part.contains("index")) {
    information.index = part.at("index").get<std::uint32_t>();
  }
  if (part.contains("address")) {
    information.address = address_of(part.at("address"));
  }
  if (part.contains("mtu")) {
    information.mtu = net::Mtu(part.at("mtu").get<std::uint32_t>());
  }
  wire::ExtensionObject object;
  object.interface_info = std::move(information);
  return object;
}

wire::IcmpExtensions extensions_of(const json& node) {
  wire::IcmpExtensions extensions;
  if (node.contains("mpls")) {
    wire::ExtensionObject object;
    for (const json& label : node.at("mpls")) {
      object.labels.push_back({.label = label.get<std::uint32_t>(), .ttl = net::Ttl(1)});
    }
    object.labels.back().bottom_of_stack = true;
    extensions.objects.push_back(std::move(object));
  }
  if (node.contains("interface")) {
    extensions.objects.push_back(interface_of(node.at("interface")));
  }
  return extensions;
}

// What travels through it.
void read_passage(const json& node, PathRouter& router) {
  static const std::map<std::string, MtuComplaint> kComplaints{
      {"named", MtuComplaint::named}, {"zero", MtuComplaint::zero}, {"none", MtuComplaint::none}};
  router.complaint = kComplaints.at(node.value("complaint", "named"));
  router.passes_zero = node.value("passes_zero", false);
  router.refuses = refusal_of(node);
  router.swallows = node.value("swallows", false);
  if (node.contains("mtu")) {
    router.mtu = net::Mtu(node.at("mtu").get<std::uint32_t>());
  }
  if (node.contains("nat")) {
    router.nat = addresses_of(node.at("nat"), {});
  }
  if (node.contains("tos")) {
    router.tos = net::Tos(node.at("tos").get<std::uint8_t>());
  }
}

PathRouter router_of(const json& node, std::size_t number) {
  allow_only(node,
             {"v4",          "v6",          "times",          "delay_ms",    "jitter_ms", "silent",
              "slow_ms",     "loss",        "slow_jitter_ms", "interval_ms", "burst",     "copies",
              "initial_ttl", "back_hops",   "back_delay_ms",  "quote_bytes", "layout",    "mpls",
              "interface",   "mtu",         "complaint",      "refuses",     "swallows",  "nat",
              "tos",         "passes_zero", "spent"});
  static const std::map<std::string, QuoteLayout> kLayouts{{"compliant", QuoteLayout::compliant},
                                                           {"long_quote", QuoteLayout::long_quote},
                                                           {"no_length", QuoteLayout::no_length}};
  PathRouter router{.address = addresses_of(node, {.v4 = numbered("198.51.100.", number),
                                                   .v6 = numbered("2001:db8:ff::", number)}),
                    .delay = node.contains("delay_ms") ? milliseconds(node, "delay_ms") : 1ms,
                    .jitter = milliseconds(node, "jitter_ms"),
                    .voice = voice_of(node),
                    .layout = kLayouts.at(node.value("layout", "compliant")),
                    .extensions = extensions_of(node)};
  if (node.contains("quote_bytes")) {
    router.quote_bytes = node.at("quote_bytes").get<std::size_t>();
  }
  read_passage(node, router);
  return router;
}

std::vector<PathRouter> routers_of(const json& nodes, std::size_t& number) {
  std::vector<PathRouter> routers;
  for (const json& node : nodes) {
    for (std::size_t n = node.value("times", std::size_t{1}); n > 0; --n) {
      routers.push_back(router_of(node, ++number));
    }
  }
  return routers;
}

PathSegment segment_of(const json& node, std::size_t& number) {
  PathSegment segment;
  if (node.contains("branches")) {
    allow_only(node, {"branches", "balance"});
    segment.balance = node.value("balance", "flow") == "packet" ? Balance::packet : Balance::flow;
    for (const json& branch : node.at("branches")) {
      segment.branches.push_back(routers_of(branch, number));
    }
    return segment;
  }
  segment.loop = node.contains("loop");
  if (segment.loop) {
    allow_only(node, {"loop"});
  }
  segment.branches.push_back(
      routers_of(segment.loop ? node.at("loop") : json::array({node}), number));
  return segment;
}

std::vector<std::byte> pattern(std::size_t bytes) {
  std::vector<std::byte> payload(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    payload[i] = static_cast<std::byte>(i);
  }
  return payload;
}

}  // namespace

bool is_trace_scenario(const std::filesystem::path& file) {
  return file.extension() == ".json" && file.stem().string().starts_with("trace_");
}

TraceScenario load_trace_scenario(const std::filesystem::path& path) {
  std::ifstream in(path);
  const json file = json::parse(in, nullptr, true, /*ignore_comments=*/true);
  allow_only(file, {"about", "families", "sockets", "seed", "path", "destination", "trace",
                    "transport", "expect", "expect_v6", "expect_dgram", "tun"});
  TraceScenario scenario{.name = path.stem().string(),
                         .about = file.at("about").get<std::string>(),
                         .families = {},
                         .sockets = {},
                         .path = file.at("path"),
                         .destination = file.value("destination", json::object()),
                         .trace = file.value("trace", json::object()),
                         .transport = file.value("transport", json::object()),
                         .expect = file.at("expect"),
                         .expect_v6 = file.value("expect_v6", json::object()),
                         .expect_dgram = file.value("expect_dgram", json::object()),
                         .seed = file.value("seed", std::uint64_t{1})};
  for (const json& family : file.value("families", json::array({"v4", "v6"}))) {
    scenario.families.push_back(family == "v4" ? net::Family::v4 : net::Family::v6);
  }
  for (const json& socket : file.value("sockets", json::array({"raw", "dgram"}))) {
    scenario.sockets.push_back(socket == "raw" ? SimSocket::raw : SimSocket::dgram);
  }
  return scenario;
}

std::vector<TraceScenario> load_trace_scenarios(const std::filesystem::path& folder) {
  std::vector<TraceScenario> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!is_trace_scenario(entry.path())) {
      continue;
    }
    try {
      all.push_back(load_trace_scenario(entry.path()));
    } catch (const std::exception& error) {
      throw std::runtime_error(entry.path().string() + ": " + error.what());
    }
  }
  std::ranges::sort(all, {}, &TraceScenario::name);
  return all;
}

PathModel path_of(const TraceScenario& scenario) {
  PathModel model{.seed = scenario.seed};
  std::size_t number = 0;
  for (const json& node : scenario.path) {
    model.segments.push_back(segment_of(node, number));
  }
  const json& node = scenario.destination;
  allow_only(node, {"v4", "v6", "delay_ms", "jitter_ms", "silent", "slow_ms", "slow_jitter_ms",
                    "interval_ms", "burst", "spent", "loss", "copies", "initial_ttl", "back_hops",
                    "back_delay_ms", "exceeded", "refuses", "other_source"});
  model.host = {.address = addresses_of(
                    node, {.v4 = numbered("192.0.2.", 1), .v6 = numbered("2001:db8::", 1)}),
                .delay = node.contains("delay_ms") ? milliseconds(node, "delay_ms") : 1ms,
                .jitter = milliseconds(node, "jitter_ms"),
                .voice = voice_of(node),
                .exceeded = node.value("exceeded", std::uint8_t{0}),
                .refuses = refusal_of(node)};
  if (node.contains("other_source")) {
    model.host.other_source = addresses_of(node.at("other_source"), {});
  }
  return model;
}

engine::TraceConfig trace_of(const TraceScenario& scenario, net::Family family) {
  const json& part = scenario.trace;
  allow_only(part,
             {"first_ttl", "max_ttl", "queries", "flows", "parallel", "rate", "gap", "timeout_ms",
              "adaptive", "last_query", "find_mtu", "packet_bytes", "tos", "dont_fragment"});
  constexpr std::uint32_t kV4Headers = 28;
  constexpr std::uint32_t kV6Headers = 48;
  engine::TraceConfig config;
  config.first_ttl = net::Ttl(part.value("first_ttl", config.first_ttl.value));
  config.max_ttl = net::Ttl(part.value("max_ttl", config.max_ttl.value));
  config.queries = part.value("queries", config.queries);
  config.flows = part.value("flows", config.flows);
  config.parallel = part.value("parallel", config.parallel);
  config.rate = part.value("rate", config.rate);
  config.gap = part.value("gap", config.gap);
  config.timeout = part.contains("timeout_ms") ? milliseconds(part, "timeout_ms") : config.timeout;
  config.adaptive = part.value("adaptive", true);
  config.last_query = part.value("last_query", false);
  config.find_mtu = part.value("find_mtu", false);
  config.payload = pattern(part.value("packet_bytes", config.find_mtu ? 1500U : 80U) -
                           (family == net::Family::v4 ? kV4Headers : kV6Headers));
  config.ip.tos = net::Tos(part.value("tos", std::uint8_t{0}));
  config.ip.dont_fragment = part.value("dont_fragment", false);
  return config;
}

SimTransportConfig transport_of(const TraceScenario& scenario, SimSocket socket) {
  Scenario as_ping{};
  as_ping.transport = scenario.transport;
  SimTransportConfig config = transport_of(as_ping, socket);
  config.constant_flows = true;
  return config;
}

json expectation_of(const TraceScenario& scenario, net::Family family, SimSocket socket) {
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
