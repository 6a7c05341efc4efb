#include "sonde/report/text_notes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <string_view>

#include "sonde/report/failure_text.hpp"
#include "sonde/report/numbers.hpp"
#include "sonde/report/record_json.hpp"

namespace sonde::report {
namespace {

constexpr std::string_view kSendError = "send error";

[[nodiscard]] bool of_trace(const probe::Event& event) noexcept { return event.step.ttl.value > 0; }

[[nodiscard]] std::string in_words(const probe::Event& event, const stats::Target& target) {
  const probe::SendError error = event.send_error.value_or(probe::SendError{});
  const bool v4 = target.address && target.address->is_v4();
  if (error.failure == probe::SendFailure::untold) {
    return "answers came that do not say which probe of a flow they are for: each probe has a port "
           "of its own now, and load balancers may spread them";
  }
  const std::string way_out = of_trace(event)
                                  ? trace_way_out(error, v4 ? net::Family::v4 : net::Family::v6)
                                  : std::string(send_way_out(error, v4));
  if (error.failure == probe::SendFailure::too_big) {
    return "local error: message too long" +
           (error.mtu ? fmt::format(", mtu={}", error.mtu->value) : std::string()) + way_out;
  }
  return fmt::format("send to {} failed: {}{}",
                     target.address ? target.address->to_text() : target.input,
                     send_error_text(error), way_out);
}

// Of a trace: an answer is whatever anybody said.
[[nodiscard]] std::string answered_so_far(const stats::PathStats& path) {
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  for (const stats::Hop& hop : path.hops()) {
    sent += hop.stats.counts().sent;
    answered += hop.stats.counts().received + hop.stats.counts().late;
  }
  const std::size_t hops = path.hops().size();
  return fmt::format("{}/{} probes answered, {} hop{}", answered, sent, hops, hops == 1 ? "" : "s");
}

}  // namespace

std::string TextNotes::host(const stats::Target& target) const {
  return terminal_text(Untrusted(target.input), options_.utf8);
}

void TextNotes::on_target(const stats::Target& target) {
  if (!target.error) {
    return;
  }
  const std::string message = terminal_text(Untrusted(target.error->message), options_.utf8);
  const std::string prefix = host(target) + ": ";
  err_.write(fmt::format("sonde: {}{}\n", message.starts_with(prefix) ? "" : prefix, message));
}

void TextNotes::on_event(const probe::Event& event, const stats::TargetResult& after) {
  // Too long is what a search for the path MTU asks for.
  const bool searching = of_trace(event) && event.step.query == 0;
  if (event.send_error && !searching) {
    send_error(event, after.target);
  }
}

void TextNotes::send_error(const probe::Event& event, const stats::Target& target) {
  const Instant at = event.at;
  if (of_trace(event)) {
    const probe::SendError error = event.send_error.value_or(probe::SendError{});
    if (told_.emplace(target.id, error.failure, error.os_code).second) {
      err_.write(fmt::format("sonde: {}\n", in_words(event, target)));
    }
    return;
  }
  if (last_send_error_ && at - *last_send_error_ < kBetweenSendErrors) {
    ++suppressed_;
    return;
  }
  const std::string more =
      suppressed_ > 0 ? fmt::format(" ({})", withheld_text(suppressed_, kSendError)) : "";
  err_.write(fmt::format("sonde: {}{}\n", in_words(event, target), more));
  last_send_error_ = at;
  suppressed_ = 0;
}

// iputils' line; its \r brings the cursor back from the terminal's echo of the key.
void TextNotes::on_interim(Instant /*now*/, std::span<const stats::TargetResult> targets) {
  for (const stats::TargetResult& result : targets) {
    if (!result.target.address) {
      continue;
    }
    const stats::Counts& counts = result.stats.counts();
    const stats::RttStats& rtt = result.stats.rtt();
    std::string line = "\r";
    if (targets.size() > 1) {
      line += host(result.target) + ": ";
    }
    if (result.path) {
      err_.write(line + answered_so_far(*result.path) + "\n");
      continue;
    }
    line += fmt::format("{}/{} packets", counts.received + counts.late, counts.sent);
    if (const auto lost = counts.loss_percent()) {
      line += fmt::format(", {}% loss", *lost);
    }
    if (rtt.count() > 0) {
      line += fmt::format(", min/avg/ewma/max = {}/{}/{}/{} ms", summary_ms(rtt.min()),
                          summary_ms(rtt.mean()), summary_ms(rtt.ewma()), summary_ms(rtt.max()));
    }
    err_.write(line + "\n");
  }
  err_.flush();
}

void TextNotes::on_end(const stats::RunEnd& end, std::span<const stats::TargetResult> targets) {
  if (suppressed_ > 0) {
    err_.write(fmt::format("sonde: {}\n", withheld_text(suppressed_, kSendError)));
  }
  if (!options_.device.empty()) {
    std::ranges::for_each(targets, [this](const auto& result) { check_clock(result); });
  }
  untold_answers(end, targets);
  const bool missing = std::ranges::any_of(
      targets, [](const auto& result) { return result.stats.counts().lost > 0; });
  if (missing || options_.verbose) {
    note_dropped(err_, end.dropped);
  }
  if (options_.verbose) {
    note_rejects(err_, end.rejects.value_or(probe::RejectCounts{}));
  }
  err_.flush();
}

// Hops that seem silent may have answered with too little to say which UDP probe they got. Raw
// sockets see the header that is quoted; what else they turn away is not ours.
void TextNotes::untold_answers(const stats::RunEnd& end,
                               std::span<const stats::TargetResult> targets) {
  const bool missing = std::ranges::any_of(
      targets, [](const auto& result) { return result.path && !result.path->reached(); });
  if (!run_.trace || run_.protocol != "udp" || !end.constant_flows || !end.rejects || !missing) {
    return;
  }
  const std::uint64_t untold = end.rejects->of(probe::Reject::token) +
                               (end.engine.privileged ? 0 : end.rejects->of(probe::Reject::quote));
  if (untold > 0) {
    err_.write(fmt::format(
        "sonde: {} answer{} did not say which probe {} for, so hops that look silent may be none; "
        "{}-P icmp can tell{}\n",
        untold, untold == 1 ? "" : "s", untold == 1 ? "it was" : "they were",
        end.engine.privileged ? "" : "root or ",
        run_.trace->flows > 1 ? ", and one flow, without --flows" : ""));
  }
}

// Where stamps are off, or the hardware has none, the kernel's are in their place.
void TextNotes::check_clock(const stats::TargetResult& result) {
  const auto weakest = result.stats.clock();
  if (!weakest || *weakest == probe::RttClock::hardware) {
    return;
  }
  const std::string device = terminal_text(Untrusted(options_.device), options_.utf8);
  err_.write(
      fmt::format("sonde: {}: not every RTT is by the clock of {} (weakest: {}); if the hardware "
                  "has one, hwstamp_ctl -i {} -t 1 -r 1 switches it on\n",
                  host(result.target), device, clock_name(*weakest), device));
}

void note_dropped(Sink& err, std::uint64_t dropped) {
  if (dropped > 0) {
    err.write(
        fmt::format("sonde: {} packet{} came and {} thrown away here: the receive buffer was full "
                    "(send less at once, or raise net.core.rmem_max), or a checksum was wrong\n",
                    dropped, dropped == 1 ? "" : "s", dropped == 1 ? "was" : "were"));
  }
}

void note_rejects(Sink& err, const probe::RejectCounts& counts) {
  const std::uint64_t sum =
      std::accumulate(counts.by_cause.begin(), counts.by_cause.end(), std::uint64_t{0});
  if (sum == 0) {
    return;
  }
  std::string causes;
  for (std::size_t i = 0; i < probe::kRejectCauses; ++i) {
    if (counts.by_cause[i] > 0) {
      causes += fmt::format("{}{} {}", causes.empty() ? "" : ", ", counts.by_cause[i],
                            reject_name(static_cast<probe::Reject>(i)));
    }
  }
  err.write(fmt::format("sonde: ignored {} packet{}: {}\n", sum, sum == 1 ? "" : "s", causes));
}

}  // namespace sonde::report
