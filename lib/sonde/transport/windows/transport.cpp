#include "sonde/transport/windows/transport.hpp"

#include <winsock2.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "sonde/transport/destination.hpp"
#include "sonde/transport/windows/error_code.hpp"
#include "sonde/transport/windows/reply_buffer.hpp"
#include "sonde/wire/icmp_message.hpp"

namespace sonde::transport {
namespace {

using probe::Observation;
using probe::ObservationKind;
using probe::Reject;
using probe::Status;

// Windows chooses identifier and sequence; tokens are sealed with this one.
constexpr net::IcmpIdent kNoIdent{0};

constexpr std::uint32_t kMostApiMs = std::numeric_limits<std::uint16_t>::max();

struct Arrival {
  Instant at;
  probe::StampSource stamp = probe::StampSource::user;
};

Arrival arrival_of(const EchoJob& job, std::uint32_t rtt_ms) noexcept {
  const auto most = std::chrono::milliseconds(rtt_ms) + 1ms;
  if (job.completed_at - job.sent.at > most + WindowsTransport::kTick) {
    return {.at = job.sent.at + most, .stamp = probe::StampSource::api};
  }
  return {.at = job.completed_at};
}

Observation observation_of(const EchoJob& job, const EchoAnswer& answer) {
  const Arrival arrival = arrival_of(job, answer.rtt_ms);
  const net::Family family = job.sent.destination.family();
  return {.probe = job.sent.id,
          .stamp = arrival.stamp,
          .at = arrival.at,
          .responder = answer.responder,
          .icmp = icmp_type_of(family, answer.status).value_or(wire::IcmpType{}),
          .status = answer.status,
          .ttl = answer.ttl,
          .tos = answer.tos,
          .api_ms = static_cast<std::uint16_t>(std::min(answer.rtt_ms, kMostApiMs))};
}

// The system gave the call up with a code of its own, or never worked on it: then there is perhaps
// what the call ended with, and nothing else is known than that the probe was dropped.
Observation local_failure(const EchoJob& job, std::uint32_t status) {
  const int code = status == kUntouched ? job.error : static_cast<int>(status);
  return {.probe = job.sent.id,
          .kind = ObservationKind::send_error,
          .at = job.completed_at,
          .status = status == kUntouched ? Status::general_failure : static_cast<Status>(status),
          .send_error = probe::SendError{
              .failure = code == 0 ? probe::SendFailure::no_buffer : send_failure_of(code),
              .os_code = code}};
}

bool is_timeout(std::uint32_t status) noexcept {
  return status == static_cast<std::uint32_t>(Status::request_timed_out);
}

bool is_group(const net::Address& address) noexcept {
  return address.is_multicast() || address.is_broadcast();
}

bool may_answer(const EchoJob& job, const EchoAnswer& answer, SourceRule rule) {
  return rule == SourceRule::any || is_group(job.sent.destination) ||
         answer.responder.same_host(job.sent.destination);
}

std::vector<EchoAnswer> answers_of(const EchoJob& job) {
  if (job.sent.destination.is_v4()) {
    return read_v4(job.reply, job.replies);
  }
  return {read_v6(job.reply, job.payload.size())};
}

std::shared_ptr<const probe::ObservationExtras> extras_of(Bytes header_options) {
  const auto options = probe::HeaderOptions::from(header_options);
  if (!options || options->empty()) {
    return nullptr;
  }
  return std::make_shared<const probe::ObservationExtras>(
      probe::ObservationExtras{.extensions = {}, .header_options = *options});
}

}  // namespace

WindowsTransport::WindowsTransport(std::unique_ptr<EchoService> service,
                                   const WindowsTransportConfig& config, const Clock& clock,
                                   Rng& rng)
    : service_(std::move(service)),
      config_(config),
      clock_(&clock),
      sealer_(rng),
      matcher_(sealer_, none_, kNoIdent, config.source_rule) {}

Capabilities WindowsTransport::capabilities() const {
  return {.backend = "windows-icmp-api",
          .privileged = false,
          .clock = probe::RttClock::steady,
          .sets_ident = false,
          .sees_errors = true,
          .constant_flows = false,  // the system writes identifier and sequence
          .sets_tos = false};
}

std::unique_ptr<EchoJob> WindowsTransport::job_of(const probe::ProbeSpec& spec) {
  const net::Address destination = effective_destination(spec.destination);
  auto job = std::make_unique<EchoJob>(
      EchoJob{.sent = {.id = spec.id,
                       .destination = destination,
                       .seq = net::IcmpSeq(static_cast<std::uint16_t>(spec.id.sequence)),
                       .authenticated = spec.authenticate,
                       .payload = spec.payload},
              .source = config_.source,
              .ip = spec.ip,
              .payload = {spec.payload.begin(), spec.payload.end()},
              .timeout = spec.timeout});
  job->ip.dont_fragment = job->ip.dont_fragment || config_.dont_fragment;
  if (spec.authenticate) {
    job->sent.tag = sealer_.seal(spec.id, destination, kNoIdent, job->payload);
  }
  if (!(destination.is_v4() ? config_.v4 : config_.v6)) {
    job->error = WSAEAFNOSUPPORT;
  } else if (destination.is_v6() && !spec.ip.header_options.empty()) {
    job->error = WSAEOPNOTSUPP;
  }
  return job;
}

std::size_t WindowsTransport::send(std::span<const probe::ProbeSpec> specs,
                                   std::span<probe::SendReport> reports) {
  EchoJobs jobs;
  std::vector<std::size_t> index;  // of each job's report
  const Instant now = clock_->now();
  for (std::size_t i = 0; i < specs.size(); ++i) {
    reports[i] = {.id = specs[i].id, .at = now};
    auto job = job_of(specs[i]);
    if (job->error != 0) {
      reports[i].error = {.failure = send_failure_of(job->error), .os_code = job->error};
      continue;
    }
    jobs.push_back(std::move(job));
    index.push_back(i);
  }
  const std::vector<EchoService::Started> started = service_->start(std::move(jobs));
  for (std::size_t i = 0; i < started.size(); ++i) {
    reports[index[i]].at = started[i].at;
    reports[index[i]].error = started[i].error;
  }
  return specs.size();
}

void WindowsTransport::observe(const EchoJob& job) {
  const net::Family family = job.sent.destination.family();
  const std::uint32_t status = raw_status(family, job.reply);
  if (is_timeout(status)) {
    return;  // the engine has its own idea of that
  }
  const std::vector<EchoAnswer> answers = answers_of(job);
  if (answers.empty() || status == kUntouched ||
      !came_from_network(family, answers.front().status) ||
      answers.front().responder.is_unspecified()) {
    ready_.push_back(local_failure(job, status));
    return;
  }
  for (const EchoAnswer& answer : answers) {
    Observation seen = observation_of(job, answer);
    if (answer.status != Status::success) {
      seen.kind = ObservationKind::icmp_error;
      seen.verified = false;  // the quote that would prove it is not shown
      ready_.push_back(std::move(seen));
      continue;
    }
    if (!may_answer(job, answer, config_.source_rule)) {
      rejects_.add(Reject::source);
      continue;
    }
    const auto match = matcher_.reply_to(job.sent, answer.payload);
    if (!match) {
      rejects_.add(match.error());
      continue;
    }
    seen.bytes = static_cast<std::uint32_t>(wire::kIcmpHeader + answer.payload.size());
    seen.verified = match->verified;
    seen.truncated = match->truncated;
    seen.corruption = match->corruption;
    seen.extras = extras_of(answer.header_options);
    ready_.push_back(std::move(seen));
  }
}

std::size_t WindowsTransport::receive(std::span<Observation> out) {
  if (next_ == ready_.size()) {
    ready_.clear();
    next_ = 0;
    for (const auto& job : service_->take()) {
      observe(*job);
    }
  }
  const std::size_t count = std::min(out.size(), ready_.size() - next_);
  const auto first = ready_.begin() + static_cast<std::ptrdiff_t>(next_);
  std::move(first, first + static_cast<std::ptrdiff_t>(count), out.begin());
  next_ += count;
  return count;
}

void WindowsTransport::wait(Instant until) {
  if (next_ == ready_.size()) {
    service_->wait(until);
  }
}

}  // namespace sonde::transport
