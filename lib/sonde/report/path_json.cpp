#include "sonde/report/path_json.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "sonde/report/path_notes.hpp"
#include "sonde/report/path_words.hpp"

namespace sonde::report {
namespace {

[[nodiscard]] std::optional<std::uint32_t> value_of(const std::optional<net::Mtu>& mtu) {
  return mtu.transform([](net::Mtu m) { return m.value; });
}

struct Responder {
  net::Address address;
  std::vector<std::uint64_t> probes;
};

// In the order of their first answers' probes.
[[nodiscard]] std::vector<Responder> responders_of(const stats::Hop& hop) {
  std::vector<Responder> out;
  for (const stats::HopProbe& probe : hop.probes) {
    if (!probe.answered()) {
      continue;
    }
    const net::Address& address = probe.last.observation.responder;
    auto at = std::ranges::find(out, address, &Responder::address);
    if (at == out.end()) {
      at = out.insert(at, {.address = address, .probes = {}});
    }
    at->probes.push_back(probe.sequence());
  }
  return out;
}

void put_responder(JsonWriter& json, const Responder& responder, const Names& names) {
  const auto name = names.find(responder.address);
  json.begin_object();
  json.put("responder.address", responder.address);
  json.put_name("responder.name", "responder.name_hex",
                name == names.end() ? std::nullopt : std::optional(name->second));
  json.begin_array("responder.probes");
  for (const std::uint64_t sequence : responder.probes) {
    json.element(sequence);
  }
  json.end_array();
  json.end_object();
}

void put_hop_probe(JsonWriter& json, const stats::HopProbe& probe, const ClockPair& clock) {
  json.begin_object();
  put_probe_id(json, probe.last, clock);
  json.put("probe.outcome", outcome_name(outcome_of(probe.last.kind)));
  put_answer(json, answer_of(probe.last));
  json.put("probe.duplicates", probe.duplicates);
  json.end_object();
}

// True or null: what shows no NAT shows nothing.
[[nodiscard]] std::optional<bool> where_shown(bool rewritten) noexcept {
  return rewritten ? std::optional(true) : std::nullopt;
}

// The header was rewritten on the way to this hop.
[[nodiscard]] bool nat_before(const stats::Hop& hop) {
  return std::ranges::any_of(hop.probes, [](const stats::HopProbe& probe) {
    const std::optional<probe::QuotedHeader>& quoted = probe.last.observation.quoted;
    return probe.answered() && quoted && quoted->rewritten;
  });
}

void put_hop_mtu(JsonWriter& json, const std::optional<probe::PathMtu>& mtu) {
  if (!mtu) {
    json.put_null("path_hop.mtu");
    return;
  }
  json.begin_object("path_hop.mtu");
  json.put("path_mtu.mtu", mtu->mtu.value);
  json.put("path_mtu.evidence", evidence_name(mtu->evidence));
  json.end_object();
}

void put_interface(JsonWriter& json, const wire::InterfaceInformation& info) {
  json.begin_object("extension.interface");
  json.put("interface.role", role_name(info.role));
  json.put("interface.index", info.index);
  json.put("interface.address", info.address);
  json.put_name("interface.name", "interface.name_hex",
                info.name.empty() ? std::nullopt : std::optional(info.name));
  json.put("interface.mtu", value_of(info.mtu));
  json.end_object();
}

void put_labels(JsonWriter& json, const std::vector<wire::MplsLabel>& labels) {
  json.begin_array("extension.mpls");
  for (const wire::MplsLabel& label : labels) {
    json.begin_object();
    json.put("mpls_label.label", label.label);
    json.put("mpls_label.tc", label.traffic_class);
    json.put("mpls_label.s", label.bottom_of_stack);
    json.put("mpls_label.ttl", label.ttl.value);
    json.end_object();
  }
  json.end_array();
}

void put_extension(JsonWriter& json, const wire::ExtensionObject& object) {
  json.begin_object();
  json.put("extension.class", object.class_num);
  json.put("extension.type", object.c_type);
  if (!object.labels.empty()) {
    put_labels(json, object.labels);
  } else if (object.interface_info) {
    put_interface(json, *object.interface_info);
  } else {
    json.put("extension.raw_hex", std::string_view(hex_of(object.raw)));
  }
  json.end_object();
}

void put_flow_hop(JsonWriter& json, const stats::Hop& hop, std::uint16_t flow) {
  std::vector<net::Address> seen;
  for (const stats::HopProbe& probe : hop.probes) {
    const net::Address& address = probe.last.observation.responder;
    if (probe.step().flow == flow && probe.step().query > 0 && probe.answered() &&
        std::ranges::find(seen, address) == seen.end()) {
      seen.push_back(address);
    }
  }
  json.begin_object();
  json.put("flow_hop.ttl", hop.ttl.value);
  json.begin_array("flow_hop.addresses");
  for (const net::Address& address : seen) {
    json.element(address.to_text());
  }
  json.end_array();
  json.end_object();
}

[[nodiscard]] std::set<std::uint16_t> flows_of(std::span<const stats::Hop> hops) {
  std::set<std::uint16_t> flows;
  for (const stats::Hop& hop : hops) {
    for (const stats::HopProbe& probe : hop.probes) {
      flows.insert(probe.step().flow);
    }
  }
  return flows;
}

[[nodiscard]] bool belongs(const stats::Hop& hop, const std::optional<net::Ttl>& last) noexcept {
  return !last || hop.ttl <= *last;
}

void put_flow_path(JsonWriter& json, const stats::PathStats& path, std::uint16_t flow) {
  const auto last = path.last_of(flow);
  json.begin_object();
  json.put("flow_path.flow", flow);
  const auto end = path.end_of(flow);
  const bool unknown = end == probe::PathEnd::rationed;
  json.put("flow_path.reached", unknown ? std::nullopt : std::optional(path.reached_by(flow)));
  json.put("flow_path.end_reason", end.transform(path_end_name));
  json.begin_array("flow_path.hops");
  for (const stats::Hop& hop : path.hops()) {
    if (belongs(hop, last)) {
      put_flow_hop(json, hop, flow);
    }
  }
  json.end_array();
  json.end_object();
}

}  // namespace

const stats::Hop* destination_hop(const stats::TargetResult& result) noexcept {
  const auto distance = result.path ? result.path->distance() : std::nullopt;
  return distance ? result.path->find(*distance) : nullptr;
}

void put_trace_options(JsonWriter& json, const stats::TraceRunOptions& options) {
  json.begin_object("options.trace");
  json.put("trace_options.first_ttl", options.first_ttl.value);
  json.put("trace_options.max_ttl", options.max_ttl.value);
  json.put("trace_options.queries", options.queries);
  json.put("trace_options.flows", options.flows);
  json.put("trace_options.flow_style",
           std::string_view(options.constant_flow ? "constant" : "varying"));
  json.put("trace_options.port", options.port.transform([](net::Port p) { return p.value; }));
  json.put("trace_options.mtu", options.find_mtu);
  json.end_object();
}

void put_path(JsonWriter& json, const stats::TargetResult& result,
              const stats::RunOptions& options) {
  const stats::PathStats path = result.path.value_or(stats::PathStats());
  json.put("path.reached", path.reached());
  json.put("path.end_reason", path.end().transform(path_end_name));
  json.put("path.distance", path.distance().transform([](net::Ttl t) { return t.value; }));
  const stats::Hop* const narrowest = path.narrowest();
  const auto mtu = path.mtu();
  if (narrowest == nullptr || !mtu ||
      !path.reached()) {  // what is behind the last hop is not known
    json.put_null("path.pmtu");
    return;
  }
  json.begin_object("path.pmtu");
  json.put("path_mtu.mtu", mtu->mtu.value);
  json.put("path_mtu.evidence", evidence_name(mtu->evidence));
  json.put("path_mtu.hop", narrowest->ttl.value);
  json.put("path_mtu.at_least", none_larger_tried(*mtu, result, options));
  json.end_object();
}

void put_hop(JsonWriter& json, const stats::Hop& hop, const Names& names, const ClockPair& clock) {
  json.put("path_hop.ttl", hop.ttl.value);
  json.put("path_hop.complete", hop.complete);
  put_figures(json, hop.stats);
  json.put("path_hop.nat", where_shown(nat_before(hop)));
  json.begin_array("path_hop.responders");
  for (const Responder& responder : responders_of(hop)) {
    put_responder(json, responder, names);
  }
  json.end_array();
  put_hop_mtu(json, hop.mtu);
  json.begin_array("path_hop.probes");
  for (const stats::HopProbe& probe : hop.probes) {
    put_hop_probe(json, probe, clock);
  }
  json.end_array();
}

void put_flow_paths(JsonWriter& json, const stats::TargetResult& result) {
  if (!result.path || !result.target.address) {
    return;
  }
  const std::set<std::uint16_t> flows = flows_of(result.path->hops());
  if (flows.size() < 2) {
    return;
  }
  json.begin_array("target.paths");
  for (const std::uint16_t flow : flows) {
    put_flow_path(json, *result.path, flow);
  }
  json.end_array();
}

void put_path_answer(JsonWriter& json, const Answer& answer) {
  if (answer.quoted) {
    json.begin_object("answer.quoted");
    json.put("quoted.ttl", answer.quoted->ttl.value);
    json.put("quoted.tos", answer.quoted->tos.value);
    json.put("quoted.nat", where_shown(answer.quoted->rewritten));
    json.end_object();
  }
  if (answer.return_hops) {
    json.put("answer.return_hops", *answer.return_hops);
  }
  if (answer.extras && !answer.extras->extensions.objects.empty()) {
    json.begin_array("answer.extensions");
    for (const wire::ExtensionObject& object : answer.extras->extensions.objects) {
      put_extension(json, object);
    }
    json.end_array();
  }
}

}  // namespace sonde::report
