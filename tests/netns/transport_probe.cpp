// transport_probe.cpp: drives a transport alone, without an engine, for tests/netns/transport_*.py.
// netns_transport_probe [--backend raw|dgram] [--count N] [--interval MS] [--timeout MS] [--size N]
//   [--ttl N] [--tos N] [--df] [--ident N] [--source ADDR] [--interface IF] [--flow-label N]
//   [--no-stamps] [--unsigned] [--record-route] [--alternate] [--broadcast] ADDRESS...
// --alternate: every second probe goes out without DF and header options.
// Prints one JSON object a line: every send report, every observation, and at the end what the
// transport says of itself. Exit code: 0, or 4 when no transport could be opened.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/base/system_clock.hpp"
#include "sonde/report/record_json.hpp"
#include "sonde/transport/open.hpp"

namespace {

using namespace sonde;
using nlohmann::json;

struct Arguments {
  transport::OpenOptions open;
  probe::IpOptions ip;
  std::uint64_t count = 1;
  Duration interval = 20ms;
  Duration timeout = 150ms;
  std::size_t size = 56;
  bool authenticate = true;
  bool alternate = false;
  std::vector<net::Address> targets;
};

std::uint32_t number(std::string_view text) {
  std::uint32_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc{} || result.ptr != text.data() + text.size()) {
    std::cerr << "not a number: " << text << '\n';
    std::exit(3);
  }
  return value;
}

// RFC 791: Record Route with room for 9 addresses, and an End of Option List.
probe::HeaderOptions record_route() {
  std::array<std::byte, 40> bytes{};
  bytes[0] = std::byte{7};
  bytes[1] = std::byte{39};
  bytes[2] = std::byte{4};
  return *probe::HeaderOptions::from(bytes);
}

bool take_switch(std::string_view name, Arguments& out) {
  if (name == "--df") {
    out.ip.dont_fragment = true;
  } else if (name == "--no-stamps") {
    out.open.transmit_stamps = false;
  } else if (name == "--unsigned") {
    out.authenticate = false;
  } else if (name == "--record-route") {
    out.ip.header_options = record_route();
  } else if (name == "--alternate") {
    out.alternate = true;
  } else if (name == "--broadcast") {
    out.open.broadcast = true;
  } else {
    return false;
  }
  return true;
}

void take_value(std::string_view name, std::string_view value, Arguments& out) {
  if (name == "--backend") {
    out.open.backend = value == "raw" ? transport::Backend::raw : transport::Backend::dgram;
  } else if (name == "--count") {
    out.count = number(value);
  } else if (name == "--interval") {
    out.interval = std::chrono::milliseconds(number(value));
  } else if (name == "--timeout") {
    out.timeout = std::chrono::milliseconds(number(value));
  } else if (name == "--size") {
    out.size = number(value);
  } else if (name == "--ttl") {
    out.ip.ttl = net::Ttl(static_cast<std::uint8_t>(number(value)));
  } else if (name == "--tos") {
    out.ip.tos = net::Tos(static_cast<std::uint8_t>(number(value)));
  } else if (name == "--ident") {
    out.open.ident = net::IcmpIdent(static_cast<std::uint16_t>(number(value)));
  } else if (name == "--source") {
    out.open.source = net::Address::parse(value);
  } else if (name == "--interface") {
    out.open.interface = value;
  } else if (name == "--flow-label") {
    out.open.flow_label = net::FlowLabel::from(number(value));
  } else {
    std::cerr << "unknown option " << name << '\n';
    std::exit(3);
  }
}

Arguments parse(std::vector<std::string_view> words) {
  Arguments out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with("--")) {
      const auto address = net::Address::parse(words[i]);
      if (!address) {
        std::cerr << "not an address: " << words[i] << '\n';
        std::exit(3);
      }
      out.targets.push_back(*address);
    } else if (!take_switch(words[i], out)) {
      take_value(words[i], i + 1 < words.size() ? words[i + 1] : std::string_view{}, out);
      ++i;
    }
  }
  out.open.v4 = std::ranges::any_of(out.targets, &net::Address::is_v4);
  out.open.v6 = std::ranges::any_of(out.targets, &net::Address::is_v6);
  return out;
}

class Run {
 public:
  Run(const Arguments& arguments, transport::Transport& transport)
      : arguments_(arguments), transport_(transport), payload_(arguments.size, std::byte{0x5a}) {}

  void go() {
    const Instant start = clock_.now();
    for (std::uint64_t sequence = 1; sequence <= arguments_.count; ++sequence) {
      send(sequence);
      const bool last = sequence == arguments_.count;
      const auto slots = static_cast<std::int64_t>(sequence);
      listen(last ? clock_.now() + arguments_.timeout : start + slots * arguments_.interval);
    }
    finish();
  }

 private:
  static std::string_view kind_name(probe::ObservationKind kind) {
    constexpr std::array<std::string_view, 4> kNames{"reply", "icmp_error", "transmitted",
                                                     "send_error"};
    return kNames[static_cast<std::size_t>(kind)];
  }
  static json failure(const probe::SendError& error) {
    json out{{"errno", error.os_code}, {"failure", static_cast<int>(error.failure)}};
    if (error.mtu) {
      out["mtu"] = error.mtu->value;
    }
    return out;
  }

  [[nodiscard]] bool plain(std::uint32_t target) const {
    return arguments_.alternate && target % 2 == 1;
  }

  void send(std::uint64_t sequence) {
    std::vector<probe::ProbeSpec> specs;
    specs.reserve(arguments_.targets.size());
    for (std::uint32_t i = 0; i < arguments_.targets.size(); ++i) {
      specs.push_back({.id = {.target = i, .sequence = sequence},
                       .destination = arguments_.targets[i],
                       .ip = plain(i) ? probe::IpOptions{} : arguments_.ip,
                       .payload = payload_,
                       .authenticate = arguments_.authenticate});
    }
    std::vector<probe::SendReport> reports(specs.size());
    transport_.send(specs, reports);
    for (const probe::SendReport& report : reports) {
      json line{{"event", "sent"}, {"target", report.id.target}, {"seq", report.id.sequence}};
      if (report.error) {
        line["error"] = failure(*report.error);
      }
      std::cout << line << '\n';
      sent_at_[{report.id.target, report.id.sequence}] = report.at;
    }
  }

  void listen(Instant until) {
    while (clock_.now() < until) {
      take_all();
      transport_.wait(until);
      ++waits_;
    }
  }

  void take_all() {
    std::array<probe::Observation, 64> seen;
    std::size_t count = 0;
    while ((count = transport_.receive(seen)) > 0) {
      std::cout << json{{"event", "received"}, {"count", count}} << '\n';
      for (std::size_t i = 0; i < count; ++i) {
        print(seen[i]);
      }
    }
  }

  void print(const probe::Observation& o) {
    Instant& sent_at = sent_at_[{o.probe.target, o.probe.sequence}];
    json line{{"event", kind_name(o.kind)},
              {"target", o.probe.target},
              {"seq", o.probe.sequence},
              {"kernel_stamp", o.stamp == probe::StampSource::kernel},
              {"ns", (o.at - sent_at).count()}};
    if (o.kind == probe::ObservationKind::transmitted) {
      sent_at = o.at;
      std::cout << line << '\n';
      return;
    }
    line.update({{"from", o.responder.to_text()},
                 {"type", o.icmp.type},
                 {"code", o.icmp.code},
                 {"bytes", o.bytes},
                 {"verified", o.verified},
                 {"truncated", o.truncated},
                 {"corrupt", o.corruption.has_value()}});
    if (o.ttl) {
      line["ttl"] = o.ttl->value;
    }
    if (o.tos) {
      line["tos"] = o.tos->value;
    }
    if (o.next_hop_mtu) {
      line["mtu"] = o.next_hop_mtu->value;
    }
    if (o.quoted) {
      line["quoted_ttl"] = o.quoted->ttl.value;
    }
    if (o.extras) {
      line["header_options"] = o.extras->header_options.bytes().size();
      line["extensions"] = o.extras->extensions.objects.size();
    }
    std::cout << line << '\n';
  }

  void finish() {
    take_all();  // who was kept waiting until after the end has read nothing of what came
    const transport::Capabilities c = transport_.capabilities();
    json rejects = json::object();
    for (std::size_t i = 0; i < probe::kRejectCauses; ++i) {
      const auto cause = static_cast<probe::Reject>(i);
      rejects[std::string(reject_name(cause))] = transport_.rejects().of(cause);
    }
    std::cout << json{{"event", "end"},
                      {"backend", c.backend},
                      {"clock", report::clock_name(c.clock)},
                      {"rejects", rejects},
                      {"waits", waits_}}
              << '\n';
  }

  const Arguments& arguments_;
  transport::Transport& transport_;
  SystemClock clock_;
  std::vector<std::byte> payload_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, Instant> sent_at_;
  std::uint64_t waits_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
  const Arguments arguments = parse({argv + 1, argv + argc});
  const SystemClock clock;
  SystemRng rng;
  auto opened = transport::open_icmp(arguments.open, clock, rng);
  if (!opened) {
    const transport::Error& error = opened.error();
    std::cout << json{{"event", "refused"},
                      {"code", static_cast<int>(error.code)},
                      {"message", error.message()},
                      {"hint", error.hint()}}
              << '\n';
    return 4;
  }
  std::cout << std::unitbuf;  // whoever reads along acts on a line
  std::cout << json{{"event", "open"}, {"ladder", opened->ladder}} << '\n';
  Run(arguments, *opened->transport).go();
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
