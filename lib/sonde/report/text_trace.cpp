#include "sonde/report/text_trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "sonde/report/folded.hpp"
#include "sonde/report/numbers.hpp"
#include "sonde/report/path_notes.hpp"
#include "sonde/report/ping_summary.hpp"

namespace sonde::report {
namespace {

template <typename... Args>
void append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

using HopProbes = std::vector<const stats::HopProbe*>;

// The queries as they are shown: in the order they were sent.
[[nodiscard]] HopProbes shown(const stats::Hop& hop) {
  HopProbes probes;
  for (const stats::HopProbe& probe : hop.probes) {
    if (probe.step().query > 0 && !probe.made_up_for()) {
      probes.push_back(&probe);
    }
  }
  return probes;
}

// Answers of one responder stand together, in the order of their first; silence is last.
[[nodiscard]] HopProbes by_responder(const HopProbes& probes) {
  std::vector<net::Address> responders;
  for (const stats::HopProbe* probe : probes) {
    const net::Address& who = probe->last.observation.responder;
    if (probe->answered() && std::ranges::find(responders, who) == responders.end()) {
      responders.push_back(who);
    }
  }
  HopProbes sorted;
  for (const net::Address& who : responders) {
    std::ranges::copy_if(probes, std::back_inserter(sorted), [&who](const auto* probe) {
      return probe->answered() && probe->last.observation.responder == who;
    });
  }
  std::ranges::copy_if(probes, std::back_inserter(sorted),
                       [](const auto* probe) { return !probe->answered(); });
  return sorted;
}

[[nodiscard]] bool known(const stats::HopProbe& probe) noexcept {
  return probe.answered() || probe.last.kind == probe::EventKind::timeout;
}

// A path that nothing was sent on has no hops to show: why says what follows them.
[[nodiscard]] std::span<const stats::Hop> shown_hops(const stats::TargetResult& result) noexcept {
  const bool shown = result.path && !result.stats.counts().none_left();
  return shown ? result.path->hops() : std::span<const stats::Hop>();
}

// When the last of its outcomes came.
[[nodiscard]] Instant settled_at(const stats::Hop& hop) {
  Instant latest{};
  for (const stats::HopProbe& probe : hop.probes) {
    latest = std::max(latest, probe.last.at);
  }
  return latest;
}

}  // namespace

void TextTrace::on_target(const stats::Target& /*target*/) { wake_at_ = Instant::min(); }

void TextTrace::on_name(const net::Address& address, const Untrusted& name) {
  names_.insert_or_assign(address, terminal_name(name, options_.utf8));
  wake_at_ = Instant::min();
}

void TextTrace::on_event(const probe::Event& event, const stats::TargetResult& /*after*/) {
  if (event.kind != probe::EventKind::sent) {
    wake_at_ = Instant::min();
  }
}

// One target after the other.
void TextTrace::on_time(Instant now, std::span<const stats::TargetResult> targets) {
  wake_at_.reset();
  now_ = now;
  while (target_ < targets.size() && advance(targets[target_], now) == Progress::finished) {
    ++target_;
    header_ = false;
    printed_ = net::Ttl(0);
  }
}

TextTrace::Progress TextTrace::advance(const stats::TargetResult& result, Instant now) {
  if (result.target.error) {
    return Progress::finished;  // text_notes.hpp said it
  }
  if (!result.path || !result.target.address) {
    return Progress::waits;
  }
  const net::Address& destination = *result.target.address;
  if (!std::exchange(header_, true)) {
    mtu_ = net::Mtu(0);
    header_line(result.target, destination);
  }
  for (const stats::Hop& hop : shown_hops(result)) {
    if (hop.ttl <= printed_) {
      continue;
    }
    if (!may_print(hop, *result.path, now)) {
      return Progress::waits;
    }
    hop_line(hop, destination);
    printed_ = hop.ttl;
  }
  if (!result.path->end()) {
    return Progress::waits;
  }
  write_notes(result);
  return Progress::finished;
}

bool TextTrace::may_print(const stats::Hop& hop, const stats::PathStats& path, Instant now) {
  const bool mtu_due = start_.options.trace && start_.options.trace->find_mtu;
  if (!hop.complete || (mtu_due && !hop.mtu && !path.end())) {
    return false;
  }
  const bool named =
      options_.numeric || std::ranges::all_of(hop.probes, [this](const stats::HopProbe& probe) {
        return !probe.answered() || names_.contains(probe.last.observation.responder);
      });
  const Instant patient = settled_at(hop) + kNamePatience;
  if (!named && now < patient) {
    wake_at_ = patient;
    return false;
  }
  return true;
}

void TextTrace::header_line(const stats::Target& target, const net::Address& address) {
  append(line_, "traceroute to {} ({}), {} hops max, {} byte packets", host(target),
         address.to_text(), start_.options.trace.value_or(stats::TraceRunOptions()).max_ttl.value,
         packet_bytes(start_.options, address));
  write_line();
}

// As traceroute(8): an address again only where it, or what stands behind it, is another one.
void TextTrace::hop_line(const stats::Hop& hop, const net::Address& destination) {
  append(line_, "{:2} ", hop.ttl.value);
  std::string before;
  const bool several = start_.options.trace && start_.options.trace->flows > 1;
  const HopProbes probes = shown(hop);
  for (const stats::HopProbe* probe : several ? by_responder(probes) : probes) {
    const probe::Observation& seen = probe->last.observation;
    if (!probe->answered()) {
      line_ += known(*probe) ? " *" : " ?";
      continue;
    }
    std::string from = " " + who(seen.responder);
    if (seen.extras) {
      const std::string text =
          extension_text(seen.extras->extensions, options_.detail, options_.utf8);
      from += text.empty() ? "" : fmt::format(" <{}>", text);
    }
    if (options_.back && seen.ttl && return_hops(*seen.ttl) != hop.ttl.value) {
      append(from, " '-{}'", return_hops(*seen.ttl));
    }
    line_ += from == before ? "" : from;
    before = from;
    if (probe->last.rtt) {
      append(line_, "  {} ms", summary_ms(probe->last.rtt));
    }
    if (const std::string mark = trace_mark(destination, seen); !mark.empty()) {
      append(line_, " {}", toned(mark, Tone::bad, options_.colour));
    }
  }
  if (hop.mtu && hop.mtu->mtu != mtu_) {
    append(line_, " F={}", hop.mtu->mtu.value);
    mtu_ = hop.mtu->mtu;
  }
  write_line();
}

// Interim figures go to stderr: text_notes.hpp.
void TextTrace::on_interim(Instant /*now*/, std::span<const stats::TargetResult> /*targets*/) {
  out_.flush();
}

// What is left over: hops that are not complete, as far as they are known.
void TextTrace::on_end(const stats::RunEnd& end, std::span<const stats::TargetResult> targets) {
  now_ = end.ended;
  for (; target_ < targets.size(); ++target_) {
    rest_of(targets[target_]);
    header_ = false;
    printed_ = net::Ttl(0);
  }
  out_.flush();
}

void TextTrace::rest_of(const stats::TargetResult& result) {
  if (result.target.error || !result.path || !result.target.address) {
    return;
  }
  if (!header_) {
    header_line(result.target, *result.target.address);
  }
  for (const stats::Hop& hop : shown_hops(result)) {
    if (hop.ttl > printed_) {
      hop_line(hop, *result.target.address);
    }
  }
  write_notes(result);
}

void TextTrace::write_line() {
  line_ += '\n';
  const std::string stamp =
      line_stamp(options_.stamps, options_.utc_offset, wall_at(start_.clock, now_));
  out_.write(folded(stamp + line_, options_.columns));
  line_.clear();
}

void TextTrace::write_notes(const stats::TargetResult& result) {
  out_.write(folded(path_notes(result, start_.options, {.back = options_.back}), options_.columns));
}

std::string TextTrace::host(const stats::Target& target) const {
  return terminal_text(Untrusted(target.input), options_.utf8);
}

// Who has no name has its address twice, as in traceroute.
std::string TextTrace::who(const net::Address& responder) const {
  std::string address = responder.to_text();
  if (options_.numeric) {
    return address;
  }
  const auto known = names_.find(responder);
  const std::string name = known == names_.end() ? address : known->second.value_or(address);
  return fmt::format("{} ({})", name, address);
}

}  // namespace sonde::report
