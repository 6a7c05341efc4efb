#include "icmpapi/lane.hpp"

#include <ipexport.h>
#include <winerror.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sonde/transport/open.hpp"

namespace sonde::icmpapi {
namespace {

// How soon a send is tried again that found no buffer.
constexpr Duration kRetry = 1ms;

DWORD error_of(const transport::Error& error) noexcept {
  switch (error.code) {
    case transport::ErrorCode::permission:
      return ERROR_ACCESS_DENIED;
    case transport::ErrorCode::unsupported:
      return ERROR_NOT_SUPPORTED;
    case transport::ErrorCode::bad_source:
      return ERROR_INVALID_NETNAME;
    case transport::ErrorCode::system:
      break;
  }
  if (error.os_code == EMFILE || error.os_code == ENFILE) {
    return ERROR_TOO_MANY_OPEN_FILES;
  }
  return error.os_code == ENOMEM || error.os_code == ENOBUFS ? ERROR_NOT_ENOUGH_MEMORY
                                                             : ERROR_GEN_FAILURE;
}

}  // namespace

std::expected<std::unique_ptr<OpenLane>, DWORD> open_lane(const LaneKey& key,
                                                          std::size_t most_outstanding) {
  auto lane = std::make_unique<OpenLane>();
  transport::OpenOptions options{.v4 = key.family == net::Family::v4,
                                 .v6 = key.family == net::Family::v6,
                                 .source = key.source};
  options.broadcast = key.broadcast;
  options.remembered_sends = std::max(most_outstanding, probe::RecentSends::kInitial);
  options.receive_stamps = key.stamps;
  options.transmit_stamps = false;  // milliseconds are asked for, and a stamp costs a system call
  auto opened = transport::open_icmp(options, lane->clock, lane->rng);
  if (!opened) {
    return std::unexpected(error_of(opened.error()));
  }
  lane->transport = std::move(opened->transport);
  return lane;
}

DWORD error_of(const probe::SendError& error, const probe::IpOptions& ip) noexcept {
  switch (error.os_code) {
    case EOPNOTSUPP:
      return ERROR_NOT_SUPPORTED;
    case EMSGSIZE:
      return IP_PACKET_TOO_BIG;
    case EHOSTUNREACH:
    case EHOSTDOWN:
      return IP_DEST_HOST_UNREACHABLE;
    case ENETUNREACH:
    case ENETDOWN:
      return IP_DEST_NET_UNREACHABLE;
    case EINVAL:
    case EPERM:  // source routes want CAP_NET_RAW
      return ip.header_options.empty() ? IP_GENERAL_FAILURE : IP_BAD_OPTION;
    default:
      return error.failure == probe::SendFailure::no_buffer ? IP_NO_RESOURCES : IP_GENERAL_FAILURE;
  }
}

probe::Status status_of_error(DWORD error) noexcept {
  return error > IP_STATUS_BASE ? static_cast<probe::Status>(error)
                                : probe::Status::general_failure;
}

bool needs_broadcast(const probe::SendError& error) noexcept { return error.os_code == EACCES; }

bool is_group(const LaneKey& key, const net::Address& destination) noexcept {
  return key.broadcast || destination.is_multicast();
}

std::expected<std::unique_ptr<Lane>, DWORD> Lane::open(const LaneKey& key) {
  auto opened = open_lane(key, 1);
  if (!opened) {
    return std::unexpected(opened.error());
  }
  return std::make_unique<Lane>(key, std::move(*opened));
}

Lane::Lane(const LaneKey& key, std::unique_ptr<OpenLane> opened)
    : key_(key), opened_(std::move(opened)), sequence_(opened_->rng.next() >> 32) {}

void Lane::exchange(EchoRequest& request, const ReplyBuffer& buffer) {
  answers_.clear();
  local_error_ = NO_ERROR;
  request.spec.payload = keep(request.payload);
  if (const auto failure = send(request)) {
    if (!key_.broadcast && icmpapi::needs_broadcast(*failure)) {
      outcome_ = {.needs_broadcast = true};
      return;
    }
    local_error_ = error_of(*failure, request.spec.ip);
  } else {
    collect(request, buffer);
  }
  const probe::Status none =
      local_error_ != NO_ERROR ? status_of_error(local_error_) : probe::Status::request_timed_out;
  const ReplyBuffer::Written written = buffer.write(answers_, none, false);
  answers_.clear();
  outcome_.count = written.count;
  outcome_.error = local_error_ != NO_ERROR ? local_error_ : written.error;
  outcome_.needs_broadcast = false;
}

Bytes Lane::keep(Bytes payload) {
  constexpr std::size_t kLeast = 2048;
  if (payloads_.empty() || payloads_.back().size() < payload.size()) {
    const std::size_t doubled = payloads_.empty() ? kLeast : 2 * payloads_.back().size();
    payloads_.emplace_back(std::max(doubled, payload.size()));
  }
  std::ranges::copy(payload, payloads_.back().begin());
  return Bytes(payloads_.back()).first(payload.size());
}

// Sends it, if need be waiting for a buffer. The reason if that was in vain.
std::optional<probe::SendError> Lane::send(EchoRequest& request) {
  std::optional<Instant> until;
  for (;;) {
    request.spec.id.sequence = ++sequence_;
    probe::SendReport report;
    opened_->transport->send({&request.spec, 1}, {&report, 1});
    sent_at_ = report.at;
    until = until.value_or(report.at + request.timeout);
    const bool passing = report.error && report.error->failure == probe::SendFailure::no_buffer;
    if (!passing || report.at >= *until) {
      return report.error;
    }
    opened_->transport->wait(std::min(*until, report.at + kRetry));
  }
}

void Lane::collect(const EchoRequest& request, const ReplyBuffer& buffer) {
  const Instant deadline = sent_at_ + request.timeout;
  const bool group = is_group(key_, request.spec.destination);
  const bool only_one = !group && !key_.stamps;  // loopback duplicates nothing
  bool last_look = false;
  for (;;) {
    const std::size_t count = opened_->transport->receive(seen_);
    const bool over = count > 0 && take(count, request);
    const bool enough = !answers_.empty() && (only_one || !buffer.has_room_for(answers_));
    if (over || enough || last_look) {
      return;
    }
    if (count == seen_.size()) {
      continue;  // there may be more
    }
    if (!answers_.empty() && !group) {
      last_look = true;  // what a network that duplicates has brought by now, without waiting
      continue;
    }
    if (opened_->clock.now() >= deadline) {
      return;
    }
    opened_->transport->wait(deadline);
  }
}

// Of what came, what belongs to this request. True: nothing more will.
bool Lane::take(std::size_t count, const EchoRequest& request) {
  for (probe::Observation& seen : std::span(seen_).first(count)) {
    if (seen.probe.sequence != sequence_) {
      continue;  // late, or a duplicate: an answer to an earlier request
    }
    if (seen.kind == probe::ObservationKind::send_error) {
      local_error_ = error_of(seen.send_error.value_or(probe::SendError{}), request.spec.ip);
      return answers_.empty();
    }
    if (seen.kind != probe::ObservationKind::transmitted) {
      take_answer(seen, sent_at_, request.spec.payload, answers_.emplace_back());
    }
  }
  return false;
}

}  // namespace sonde::icmpapi
