#include "tests/support/sim_rules.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <string>

namespace sonde::test {
namespace {

using nlohmann::json;

constexpr double kNanosecondsPerMillisecond = 1e6;

// [type, code], by family: {"v4": [3, 1], "v6": [1, 3]}.
ErrorKind error_kind(const json& rule, net::Family family) {
  const json& pair = rule.at(family == net::Family::v4 ? "v4" : "v6");
  ErrorKind kind{
      .icmp = {.type = pair.at(0).get<std::uint8_t>(), .code = pair.at(1).get<std::uint8_t>()},
      .info = rule.value("info", 0U),
      .delay = milliseconds(rule, "ms")};
  const char* const from = family == net::Family::v4 ? "from_v4" : "from_v6";
  if (rule.contains(from)) {
    kind.from = address_of(rule.at(from));
  }
  return kind;
}

std::size_t size_of(const json& rule, const char* key) { return rule.at(key).get<std::size_t>(); }

std::byte byte_of(const json& rule, const char* key) {
  return static_cast<std::byte>(rule.at(key).get<std::uint8_t>());
}

behaviour::QuoteLie lie_of(const json& rule) {
  using behaviour::QuoteLie;
  static const std::map<std::string, QuoteLie, std::less<>> kLies{{"ident", QuoteLie::ident},
                                                                  {"sequence", QuoteLie::sequence},
                                                                  {"token", QuoteLie::token},
                                                                  {"cut", QuoteLie::cut},
                                                                  {"zeros", QuoteLie::zeros}};
  return kLies.at(rule.value("lie", "ident"));
}

using Factory = Behaviour (*)(const json&, net::Family);

const std::map<std::string, Factory, std::less<>>& factories() {
  using namespace behaviour;
  static const std::map<std::string, Factory, std::less<>> kTable{
      {"lose", [](const json&, net::Family) { return lose(); }},
      {"delay",
       [](const json& r, net::Family) {
         return delay(milliseconds(r, "ms"), milliseconds(r, "jitter_ms"));
       }},
      {"duplicate",
       [](const json& r, net::Family) {
         return duplicate(r.value("copies", std::size_t{1}), milliseconds(r, "gap_ms"));
       }},
      {"ttl",
       [](const json& r, net::Family) { return ttl(net::Ttl(r.at("ttl").get<std::uint8_t>())); }},
      {"other_source",
       [](const json& r, net::Family f) {
         return other_source(address_of(r.at(f == net::Family::v4 ? "v4" : "v6")));
       }},
      {"corrupt", [](const json& r,
                     net::Family) { return corrupt(size_of(r, "offset"), byte_of(r, "mask")); }},
      {"invert_from", [](const json& r, net::Family) { return invert_from(size_of(r, "offset")); }},
      {"fill",
       [](const json& r, net::Family) {
         return fill(byte_of(r, "value"), size_of(r, "from"), size_of(r, "to"));
       }},
      {"add_to_word",
       [](const json& r, net::Family) { return add_to_word(r.at("value").get<std::uint64_t>()); }},
      {"resize", [](const json& r, net::Family) { return resize(size_of(r, "bytes")); }},
      {"random_payload", [](const json&, net::Family) { return random_payload(); }},
      {"fixed_sequence",
       [](const json& r, net::Family) {
         return fixed_sequence(net::IcmpSeq(r.at("seq").get<std::uint16_t>()));
       }},
      {"shift_sequence",
       [](const json& r, net::Family) { return shift_sequence(r.at("by").get<std::uint16_t>()); }},
      {"shift_ident",
       [](const json& r, net::Family) { return shift_ident(r.at("by").get<std::uint16_t>()); }},
      {"bad_checksum", [](const json&, net::Family) { return bad_checksum(); }},
      {"cut", [](const json& r, net::Family) { return cut(size_of(r, "icmp_bytes")); }},
      {"icmp_type", [](const json& r, net::Family f) { return icmp_type(error_kind(r, f).icmp); }},
      {"error", [](const json& r, net::Family f) { return error(error_kind(r, f)); }},
      {"also_error", [](const json& r, net::Family f) { return also_error(error_kind(r, f)); }},
      {"strange_error",
       [](const json& r, net::Family f) { return strange_error(error_kind(r, f), lie_of(r)); }},
      {"garbage", [](const json& r, net::Family) { return garbage(size_of(r, "icmp_bytes")); }},
      {"stranger", [](const json&, net::Family) { return stranger(); }},
  };
  return kTable;
}

When when_of(const json& rule) {
  When when;
  for (const json& entry : rule.value("seqs", json::array())) {
    const bool range = entry.is_array();
    when.seqs.emplace_back((range ? entry.at(0) : entry).get<std::uint16_t>(),
                           (range ? entry.at(1) : entry).get<std::uint16_t>());
  }
  if (rule.contains("ratio")) {
    when.ratio = rule.at("ratio").get<double>();
  }
  if (rule.contains("burst")) {
    allow_only(rule.at("burst"), {"enter", "leave"});
    when.burst = When::Burst{.enter = rule.at("burst").at("enter").get<double>(),
                             .leave = rule.at("burst").at("leave").get<double>()};
  }
  return when;
}

}  // namespace

void allow_only(const json& object, std::initializer_list<std::string_view> keys) {
  for (const auto& [key, value] : object.items()) {
    if (std::ranges::find(keys, key) == keys.end()) {
      throw std::runtime_error("unknown key \"" + key + "\" in the scenario");
    }
  }
}

Duration milliseconds(const json& object, const char* key) {
  return Duration(static_cast<Duration::rep>(
      std::llround(object.value(key, 0.0) * kNanosecondsPerMillisecond)));
}

net::Address address_of(const json& text) {
  const auto address = net::Address::parse(text.get<std::string>());
  if (!address) {
    throw std::runtime_error("no address: " + text.dump());
  }
  return *address;
}

Rule rule_of(const json& rule, net::Family family) {
  allow_only(rule,
             {"do",    "seqs", "ratio", "burst",   "ms",      "jitter_ms", "copies",     "gap_ms",
              "ttl",   "v4",   "v6",    "from_v4", "from_v6", "info",      "offset",     "mask",
              "value", "from", "to",    "bytes",   "seq",     "by",        "icmp_bytes", "lie"});
  const auto& known = factories();
  const auto factory = known.find(rule.at("do").get<std::string>());
  if (factory == known.end()) {
    throw std::runtime_error("unknown behaviour " + rule.at("do").dump());
  }
  return {.when = when_of(rule), .what = factory->second(rule, family)};
}

}  // namespace sonde::test
