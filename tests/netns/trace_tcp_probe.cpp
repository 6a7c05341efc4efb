// trace_tcp_probe.cpp: drives the TCP transport of traces alone, for tests/netns/trace_tcp.py.
// netns_trace_tcp_probe [--backend raw|dgram] [--port N] [--first N] [--max N] [--queries N]
//   [--flows N] [--tos N] [--df] [--timeout MS] [--source ADDR] [--interface IF] [--gap MS]
//   [--varying] [--limit FILES] ADDRESS
// Prints a JSON object for every send that failed and every observation, and at the end what the
// transport says of itself. Exit code: 0, or 4 when no transport could be opened.
#include <sys/resource.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "sonde/base/random.hpp"
#include "sonde/base/system_clock.hpp"
#include "sonde/report/record_json.hpp"
#include "sonde/transport/linux/tcp_trace.hpp"

namespace {

using namespace sonde;
using nlohmann::json;

struct Arguments {
  transport::TraceOpenOptions open{.protocol = transport::TraceProtocol::tcp};
  probe::IpOptions ip;
  std::uint32_t first = 1;
  std::uint32_t max = 0;  // 0: one probe that gets there
  std::uint32_t queries = 1;
  std::uint32_t flows = 1;
  Duration timeout = 200ms;
  Duration gap = 0ms;
  net::Address target;
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

void limit_files(std::uint32_t files) {
  rlimit limit{};
  (void)getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = files;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

void take_text(std::string_view name, std::string_view value, Arguments& out) {
  if (name == "--backend") {
    out.open.common.backend = value == "raw" ? transport::Backend::raw : transport::Backend::dgram;
  } else if (name == "--source") {
    out.open.common.source = net::Address::parse(value);
  } else if (name == "--interface") {
    out.open.common.interface = value;
  } else {
    std::cerr << "unknown option " << name << '\n';
    std::exit(3);
  }
}

void take_number(std::string_view name, std::string_view value, Arguments& out) {
  const std::map<std::string_view, std::uint32_t*> counts{{"--first", &out.first},
                                                          {"--max", &out.max},
                                                          {"--queries", &out.queries},
                                                          {"--flows", &out.flows}};
  if (const auto count = counts.find(name); count != counts.end()) {
    *count->second = number(value);
  } else if (name == "--port") {
    out.open.port = net::Port(static_cast<std::uint16_t>(number(value)));
  } else if (name == "--tos") {
    out.ip.tos = net::Tos(static_cast<std::uint8_t>(number(value)));
  } else if (name == "--timeout") {
    out.timeout = std::chrono::milliseconds(number(value));
  } else if (name == "--gap") {
    out.gap = std::chrono::milliseconds(number(value));
  } else if (name == "--limit") {
    limit_files(number(value));
  } else {
    take_text(name, value, out);
  }
}

Arguments parse(const std::vector<std::string_view>& words) {
  Arguments out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--df") {
      out.ip.dont_fragment = true;
    } else if (words[i] == "--varying") {
      out.open.flow_style = transport::FlowStyle::varying;
    } else if (!words[i].starts_with("--")) {
      out.target = net::Address::parse(words[i]).value();
    } else {
      take_number(words[i], i + 1 < words.size() ? words[i + 1] : std::string_view{}, out);
      ++i;
    }
  }
  constexpr std::uint32_t kFarEnough = 64;
  if (out.max == 0) {
    out.first = out.max = kFarEnough;
  }
  out.open.common.v4 = out.target.is_v4();
  out.open.common.v6 = out.target.is_v6();
  return out;
}

class Run {
 public:
  Run(const Arguments& arguments, transport::Transport& transport)
      : arguments_(arguments), transport_(transport) {}

  void go() {
    std::uint64_t sequence = 0;
    for (std::uint32_t query = 0; query < arguments_.queries; ++query) {
      for (std::uint32_t flow = 0; flow < arguments_.flows; ++flow) {
        for (std::uint32_t ttl = arguments_.first; ttl <= arguments_.max; ++ttl) {
          send({.id = {.target = ttl, .sequence = ++sequence},
                .destination = arguments_.target,
                .ip = with_ttl(ttl),
                .payload = {},
                .flow = static_cast<std::uint16_t>(flow)});
          listen(clock_.now() + arguments_.gap);
        }
      }
    }
    listen(clock_.now() + arguments_.timeout);
    finish();
  }

 private:
  [[nodiscard]] probe::IpOptions with_ttl(std::uint32_t ttl) const {
    probe::IpOptions ip = arguments_.ip;
    ip.ttl = net::Ttl(static_cast<std::uint8_t>(ttl));
    return ip;
  }

  void send(const probe::ProbeSpec& spec) {
    probe::SendReport report;
    transport_.send({&spec, 1}, {&report, 1});
    sent_at_[spec.id.sequence] = report.at;
    if (report.error) {
      std::cout << json{{"event", "send_failed"},
                        {"hop", spec.id.target},
                        {"seq", spec.id.sequence},
                        {"failure", static_cast<int>(report.error->failure)},
                        {"errno", report.error->os_code}}
                << '\n';
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
    std::array<probe::Observation, 16> seen;
    std::size_t count = 0;
    while ((count = transport_.receive(seen)) > 0) {
      for (std::size_t i = 0; i < count; ++i) {
        print(seen[i]);
      }
    }
  }

  void print(const probe::Observation& o) {
    constexpr std::array<std::string_view, 4> kKinds{"reply", "icmp_error", "transmitted",
                                                     "send_error"};
    Instant& sent_at = sent_at_[o.probe.sequence];
    json line{{"event", kKinds[static_cast<std::size_t>(o.kind)]},
              {"hop", o.probe.target},
              {"seq", o.probe.sequence},
              {"kernel_stamp", o.stamp == probe::StampSource::kernel},
              {"ns", (o.at - sent_at).count()}};
    if (o.kind == probe::ObservationKind::transmitted) {
      sent_at = o.at;
    }
    if (o.kind == probe::ObservationKind::reply || o.kind == probe::ObservationKind::icmp_error) {
      line.update({{"from", o.responder.to_text()}, {"type", o.icmp.type}, {"code", o.icmp.code}});
    }
    if (o.send_error) {
      line["errno"] = o.send_error->os_code;
    }
    if (o.quoted) {
      line.update({{"quoted_ttl", o.quoted->ttl.value},
                   {"quoted_tos", o.quoted->tos.value},
                   {"rewritten", o.quoted->rewritten}});
    }
    if (o.ttl) {
      line["ttl"] = o.ttl->value;
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
                      {"constant_flows", c.constant_flows},
                      {"rejects", rejects},
                      {"waits", waits_}}
              << '\n';
  }

  const Arguments& arguments_;
  transport::Transport& transport_;
  SystemClock clock_;
  std::map<std::uint64_t, Instant> sent_at_;
  std::uint64_t waits_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
  const Arguments arguments = parse({argv + 1, argv + argc});
  const SystemClock clock;
  SystemRng rng;
  auto opened = transport::open_tcp_trace(arguments.open, clock, rng);
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
