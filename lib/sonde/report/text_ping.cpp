#include "sonde/report/text_ping.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "sonde/report/failure_text.hpp"
#include "sonde/report/numbers.hpp"
#include "sonde/report/ping_summary.hpp"

namespace sonde::report {
namespace {

constexpr std::uint32_t kIcmpHeader = 8;   // RFC 792
constexpr std::uint32_t kIpv4Header = 20;  // RFC 791, without options

template <typename... Args>
void append(std::string& out, fmt::format_string<Args...> format, Args&&... args) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Args>(args)...);
}

}  // namespace

void TextPing::on_start(const stats::RunStart& start) { start_ = start; }

void TextPing::on_target(const stats::Target& target) {
  if (target.name && target.address) {
    on_name(*target.address, *target.name);
  }
  if (target.address && !target.error && headers_.insert(target.id).second) {
    header_line(target, *target.address);
  }
}

void TextPing::on_name(const net::Address& address, const Untrusted& name) {
  if (auto text = terminal_name(name, options_.utf8); text && names_.size() < kMaxNames) {
    names_.insert_or_assign(address, std::move(*text));
  }
}

void TextPing::header_line(const stats::Target& target, const net::Address& address) {
  const std::uint32_t payload = start_.options.payload_bytes;
  append(line_, "PING {} ({}) ", host(target), address.to_text());
  if (address.is_v6() && options_.flow_label) {
    append(line_, ", flow 0x{:05x}, ", options_.flow_label->value());
  }
  if (options_.show_source) {
    append(line_, "from {} {}: ", target.source ? target.source->to_text() : std::string(),
           options_.interface);
  }
  if (address.is_v6()) {
    append(line_, "{} data bytes", payload);
  } else {
    append(line_, "{}({}) bytes of data.", payload,
           payload + kIcmpHeader + kIpv4Header + options_.header_option_bytes);
  }
  write_line();
}

void TextPing::on_event(const probe::Event& event, const stats::TargetResult& after) {
  using probe::EventKind;
  if (options_.quiet) {
    return;
  }
  if (options_.flood) {
    flood_mark(event);
    return;
  }
  switch (event.kind) {
    case EventKind::reply:
    case EventKind::late:
    case EventKind::duplicate:
      reply_line(event);
      break;
    case EventKind::timeout:
      timeout_line(event, after);
      break;
    case EventKind::error:
      error_line(event);
      break;
    case EventKind::sent:
    case EventKind::send_failed:
    case EventKind::path_mtu:
    case EventKind::flow_end:
    case EventKind::path_end:
      break;
  }
}

// A dot for each probe, taken back by its reply: what is left over is loss.
void TextPing::flood_mark(const probe::Event& event) {
  using probe::EventKind;
  switch (event.kind) {
    case EventKind::sent:
      out_.write(".");
      break;
    case EventKind::reply:
    case EventKind::late:
      out_.write("\b \b");
      break;
    case EventKind::error:
      out_.write("\bE");
      break;
    case EventKind::send_failed:
      out_.write(event.replaces == probe::Replaced::nothing ? "E" : "\bE");
      break;
    case EventKind::timeout:
    case EventKind::duplicate:
    case EventKind::path_mtu:
    case EventKind::flow_end:
    case EventKind::path_end:
      break;
  }
}

void TextPing::reply_line(const probe::Event& event) {
  const probe::Observation& seen = event.observation;
  stamp(event.at);
  append(line_, "{} bytes from {}: icmp_seq={}", seen.bytes, who(seen.responder),
         event.probe.sequence);
  if (seen.ttl) {
    append(line_, " ttl={}", seen.ttl->value);
  }
  if (event.rtt) {
    line_ += " time=";
    append_reply_ms(line_, *event.rtt);
    line_ += " ms";
  }
  suffixes(event);
  if (seen.extras && !seen.extras->header_options.empty()) {
    line_ += header_options_[event.probe.target].after_reply(seen.extras->header_options.bytes());
  }
  if (options_.bell) {
    line_ += '\a';
  }
  write_line();
}

void TextPing::suffixes(const probe::Event& event) {
  const probe::Observation& seen = event.observation;
  if (event.kind == probe::EventKind::late) {
    note(" (late)", Tone::notice);
  }
  if (event.kind == probe::EventKind::duplicate) {
    note(" (DUP!)", Tone::notice);
  }
  if (seen.truncated) {
    note(" (truncated)", Tone::notice);
  }
  if (seen.corruption) {
    note(fmt::format(" ({})", corruption_text(*seen.corruption)), Tone::bad);
  }
  if (event.reordered) {
    note(" (reordered)", Tone::notice);
  }
  if (options_.verbose && !seen.verified) {
    note(" (unverified)", Tone::notice);
  }
}

void TextPing::error_line(const probe::Event& event) {
  stamp(event.at);
  note(fmt::format("From {} icmp_seq={} {}", who(event.observation.responder), event.probe.sequence,
                   icmp_error_text(event.observation)),
       Tone::bad);
  write_line();
}

void TextPing::timeout_line(const probe::Event& event, const stats::TargetResult& after) {
  stamp(event.at);
  note(fmt::format("no answer yet for icmp_seq={}", event.probe.sequence), Tone::bad);
  if (options_.several && after.target.address) {
    append(line_, " from {}", after.target.address->to_text());
  }
  write_line();
}

// Interim figures go to stderr: text_notes.hpp.
void TextPing::on_interim(Instant /*now*/, std::span<const stats::TargetResult> /*targets*/) {
  out_.flush();
}

void TextPing::on_end(const stats::RunEnd& /*end*/, std::span<const stats::TargetResult> targets) {
  for (const stats::TargetResult& result : targets) {
    if (headers_.contains(result.target.id)) {
      out_.write(ping_summary(result, host(result.target), options_.summary));
    }
  }
  out_.flush();
}

void TextPing::stamp(Instant when) {
  line_ += line_stamp(options_.stamps, options_.utc_offset, wall_at(start_.clock, when));
}

void TextPing::note(std::string_view text, Tone tone) {
  line_ += toned(text, tone, options_.summary.colour);
}

void TextPing::write_line() {
  line_ += '\n';
  out_.write(line_);
  line_.clear();
}

std::string TextPing::host(const stats::Target& target) const {
  return terminal_text(Untrusted(target.input), options_.utf8);
}

std::string TextPing::who(const net::Address& responder) const {
  const auto name = names_.find(responder);
  const std::string address = responder.to_text();
  return name == names_.end() ? address : fmt::format("{} ({})", name->second, address);
}

}  // namespace sonde::report
