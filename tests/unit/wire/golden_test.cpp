// golden_test.cpp: packets of real peers, read by our codecs and by scapy, must mean the same.
// The captures and scapy's reading are in tests/golden; _capture.sh there makes them.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "sonde/wire/checksum.hpp"
#include "sonde/wire/icmp_extensions.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/ipv6.hpp"
#include "sonde/wire/pcap.hpp"
#include "sonde/wire/quoted.hpp"
#include "tests/support/packet_bytes.hpp"

namespace sonde::wire {
namespace {

using Facts = std::map<std::string, std::string>;

template <typename Number>
void put(Facts& facts, const std::string& key, Number value) {
  facts[key] = std::to_string(value);
}

std::filesystem::path source_dir() {
  if (const char* const dir = std::getenv("SONDE_SOURCE_DIR"); dir != nullptr) {
    return dir;
  }
#ifdef SONDE_SOURCE_DIR
  return SONDE_SOURCE_DIR;
#else
  return ".";
#endif
}

std::vector<std::byte> read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return test::exactly(as_bytes(text));
}

std::vector<Facts> read_expected(const std::filesystem::path& path) {
  std::vector<Facts> out;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    Facts facts;
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      const std::size_t equals = word.find('=');
      facts[word.substr(0, equals)] = word.substr(equals + 1);
    }
    out.push_back(facts);
  }
  return out;
}

std::string text_of(const MplsLabel& label) {
  std::ostringstream out;
  out << label.label << '/' << int{label.traffic_class} << '/' << label.bottom_of_stack << '/'
      << int{label.ttl.value};
  return out.str();
}

std::string text_of(const InterfaceInformation& info) {
  std::ostringstream out;
  out << "if:" << static_cast<int>(info.role);
  if (info.index) {
    out << "/index:" << *info.index;
  }
  if (info.address) {
    out << "/address:" << test::to_hex(info.address->bytes());
  }
  if (!info.name.empty()) {
    out << "/name:" << info.name.raw();
  }
  if (info.mtu) {
    out << "/mtu:" << info.mtu->value;
  }
  return out.str();
}

std::string text_of(const ExtensionObject& object) {
  if (object.interface_info) {
    return text_of(*object.interface_info);
  }
  std::string out;
  for (const MplsLabel& label : object.labels) {
    out += (out.empty() ? "mpls:" : "+") + text_of(label);
  }
  if (out.empty()) {
    out = "raw:" + std::to_string(object.class_num) + '/' + std::to_string(object.c_type) + '/' +
          test::to_hex(object.raw);
  }
  return out;
}

void add_extensions(Facts& facts, Bytes structure) {
  const auto extensions = decode_extensions(structure);
  REQUIRE(extensions.has_value());
  CHECK(extensions->complete);
  std::string text;
  for (const ExtensionObject& object : extensions->objects) {
    text += (text.empty() ? "" : ",") + text_of(object);
  }
  if (!text.empty()) {
    facts["extensions"] = text;
  }
}

bool is_echo(net::IpProtocol protocol, IcmpType icmp) {
  return protocol == net::kIcmp
             ? icmp.type == icmpv4::kEchoRequest || icmp.type == icmpv4::kEchoReply
             : icmp.type == icmpv6::kEchoRequest || icmp.type == icmpv6::kEchoReply;
}

void add_quoted_transport(Facts& facts, const QuotedDatagram& q) {
  if (q.icmp) {
    put(facts, "q_type", q.icmp->type);
    put(facts, "q_code", q.icmp->code);
    put(facts, "q_icmp_checksum", q.transport_checksum);
    if (is_echo(q.protocol, *q.icmp)) {
      put(facts, "q_ident", q.ident.value);
      put(facts, "q_seq", q.seq.value);
    }
    return;
  }
  if (q.protocol == net::kUdp) {
    put(facts, "q_udp_checksum", q.transport_checksum);
  } else if (q.protocol == net::kTcp) {
    put(facts, "q_tcp_seq", q.tcp_sequence);
  } else {
    return;
  }
  put(facts, "q_sport", q.source_port.value);
  put(facts, "q_dport", q.destination_port.value);
}

void add_quoted(Facts& facts, Bytes quoted, net::Family family) {
  const auto q = decode_quoted(quoted, family);
  if (!q && q.error() == DecodeError::unsupported) {
    facts["q_later_fragment"] = "1";
    return;
  }
  REQUIRE(q.has_value());
  CHECK(test::inside(q->payload, quoted));
  put(facts, "q_tos", q->tos.value);
  put(facts, "q_total", q->total_length);
  put(facts, "q_ttl", q->ttl.value);
  put(facts, "q_protocol", q->protocol.value);
  facts["q_src"] = q->source.to_text();
  facts["q_dst"] = q->destination.to_text();
  if (family == net::Family::v4) {
    put(facts, "q_id", q->identification);
  } else {
    put(facts, "q_flow", q->flow_label);
  }
  add_quoted_transport(facts, *q);
}

void add_icmp(Facts& facts, const IcmpMessage& m, net::Family family) {
  put(facts, "type", m.icmp.type);
  put(facts, "code", m.icmp.code);
  put(facts, "icmp_checksum", m.checksum);
  put(facts, "body", m.body.size());
  if (m.message_class == IcmpClass::echo_request || m.message_class == IcmpClass::echo_reply) {
    put(facts, "ident", m.ident.value);
    put(facts, "seq", m.seq.value);
  }
  if (m.next_hop_mtu) {
    put(facts, "mtu", m.next_hop_mtu->value);
  }
  if (m.pointer) {
    put(facts, "pointer", *m.pointer);
  }
  if (m.gateway) {
    facts["gateway"] = m.gateway->to_text();
  }
  if (m.message_class == IcmpClass::error) {
    const ErrorBody body = split_error_body(m.body, m.quoted_length);
    add_quoted(facts, body.quoted, family);
    add_extensions(facts, body.extensions);
  }
}

void add_v4(Facts& facts, Bytes data) {
  const auto packet = decode_ipv4(data);
  REQUIRE(packet.has_value());
  const Ipv4Header& h = packet->header;
  CHECK(internet_checksum(data.first(kIpv4MinHeader + h.options.size())) == 0);
  put(facts, "tos", h.tos.value);
  put(facts, "total", h.total_length);
  put(facts, "id", h.identification);
  put(facts, "ttl", h.ttl.value);
  put(facts, "df", int{h.dont_fragment});
  put(facts, "mf", int{h.more_fragments});
  put(facts, "offset", h.fragment_offset);
  put(facts, "checksum", h.checksum);
  put(facts, "protocol", h.protocol.value);
  facts["src"] = h.source.to_text();
  facts["dst"] = h.destination.to_text();
  if (!h.options.empty()) {
    facts["options"] = test::to_hex(h.options);
  }
  if (h.fragment_offset != 0) {
    put(facts, "upper", packet->payload.size());
  } else if (h.protocol == net::kIcmp) {
    // The checksum of a first fragment covers what is not there.
    const auto verify = h.more_fragments ? VerifyChecksum::no : VerifyChecksum::yes;
    const auto message = decode_icmpv4(packet->payload, verify);
    REQUIRE(message.has_value());
    add_icmp(facts, *message, net::Family::v4);
  }
}

void add_v6(Facts& facts, Bytes data) {
  const auto packet = decode_ipv6(data);
  REQUIRE(packet.has_value());
  const Ipv6Header& h = packet->header;
  put(facts, "tos", h.traffic_class.value);
  put(facts, "total", kIpv6Header + h.payload_length);
  put(facts, "ttl", h.hop_limit.value);
  put(facts, "flow", h.flow_label);
  put(facts, "protocol", packet->upper_protocol.value);
  facts["src"] = h.source.to_text();
  facts["dst"] = h.destination.to_text();
  if (packet->fragment) {
    put(facts, "offset", packet->fragment->offset);
    put(facts, "mf", int{packet->fragment->more});
    put(facts, "id", packet->fragment->identification);
  }
  if (packet->fragment && packet->fragment->offset != 0) {
    // scapy was asked for all that stands behind the 40 bytes and the fragment header.
    put(facts, "upper", packet->payload.size());
  } else if (packet->upper_protocol == net::kIcmpV6) {
    const Ipv6Ends ends{.source = h.source, .destination = h.destination};
    const bool whole = !packet->fragment || !packet->fragment->more;
    const auto message = decode_icmpv6(packet->payload, whole ? &ends : nullptr);
    REQUIRE(message.has_value());
    add_icmp(facts, *message, net::Family::v6);
  }
}

Facts facts_of(const CapturedPacket& captured, LinkType link) {
  Facts facts;
  put(facts, "at", captured.at.time_since_epoch().count());
  put(facts, "wire", captured.original_length);
  put(facts, "captured", captured.data.size());
  const auto ip = ip_packet(captured, link);
  REQUIRE(ip.has_value());
  const bool v4 = Reader(*ip).u8() >> 4 == 4;
  facts["ip"] = v4 ? "4" : "6";
  v4 ? add_v4(facts, *ip) : add_v6(facts, *ip);
  return facts;
}

std::vector<std::filesystem::path> captures() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() / "tests/golden")) {
    if (entry.path().extension() == ".pcap") {
      out.push_back(entry.path());
    }
  }
  std::ranges::sort(out);
  return out;
}

// Every packet of one capture against its line; how many there were.
std::size_t check_capture(const std::filesystem::path& path) {
  const std::vector<std::byte> file = read_file(path);
  const auto expected = read_expected(std::filesystem::path(path).replace_extension(".expect"));
  auto reader = PcapReader::open(file);
  REQUIRE(reader.has_value());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    const auto packet = reader->next();
    REQUIRE(packet.has_value());
    REQUIRE(packet->has_value());
    CHECK(test::inside((*packet)->data, file));
    const Facts facts = facts_of(**packet, reader->link_type());
    for (const auto& [key, value] : expected[i]) {
      CAPTURE(key);
      REQUIRE(facts.contains(key));
      CHECK(facts.at(key) == value);
    }
    CHECK(facts.size() == expected[i].size());
  }
  const auto end = reader->next();
  REQUIRE(end.has_value());
  CHECK_FALSE(end->has_value());
  return expected.size();
}

}  // namespace

TEST_CASE("golden: every captured packet decodes to what scapy reads in it") {
  constexpr std::size_t kCaptures = 40;  // fewer: the folder was not found, or lost files
  const auto paths = captures();
  CHECK(paths.size() >= kCaptures);
  for (const auto& path : paths) {
    const std::string name = path.stem().string();
    CAPTURE(name);
    CHECK(check_capture(path) > 0);
  }
}

}  // namespace sonde::wire
