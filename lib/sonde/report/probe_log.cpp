#include "sonde/report/probe_log.hpp"

#include <algorithm>
#include <limits>

namespace sonde::report {
namespace {

// The value where the flag says that there is one.
template <typename T, typename U>
[[nodiscard]] std::optional<T> if_has(bool has, U value) {
  return has ? std::optional(T(value)) : std::nullopt;
}

// An outcome may replace another one: nothing of that may stay.
void forget_answer(ProbeRecord& record) {
  ProbeRecord fresh;
  fresh.sent_at = record.sent_at;
  fresh.sequence = record.sequence;
  fresh.duplicates = record.duplicates;
  fresh.outcome = record.outcome;
  record = fresh;
}

void store_send_error(ProbeRecord& record, const probe::SendError& error) {
  record.has_send_error = true;
  record.failure = error.failure;
  record.bytes_or_os_code = static_cast<std::uint32_t>(error.os_code);
  record.has_mtu = error.mtu.has_value();
  record.mtu_or_corrupt_at = error.mtu.value_or(net::Mtu{}).value;
}

[[nodiscard]] std::optional<probe::SendError> send_error_of(const ProbeRecord& record) {
  if (!record.has_send_error) {
    return std::nullopt;
  }
  return probe::SendError{.failure = record.failure,
                          .os_code = static_cast<int>(record.bytes_or_os_code),
                          .mtu = if_has<net::Mtu>(record.has_mtu, record.mtu_or_corrupt_at)};
}

}  // namespace

Outcome outcome_of(probe::EventKind kind) noexcept {
  switch (kind) {
    case probe::EventKind::reply:
      return Outcome::reply;
    case probe::EventKind::timeout:
      return Outcome::timeout;
    case probe::EventKind::late:
      return Outcome::late;
    case probe::EventKind::error:
      return Outcome::error;
    case probe::EventKind::send_failed:
      return Outcome::send_failed;
    case probe::EventKind::sent:
    case probe::EventKind::duplicate:
    case probe::EventKind::path_mtu:
    case probe::EventKind::flow_end:
    case probe::EventKind::path_end:
      break;
  }
  return Outcome::in_flight;
}

std::string_view outcome_name(Outcome outcome) noexcept {
  switch (outcome) {
    case Outcome::reply:
      return "reply";
    case Outcome::timeout:
      return "timeout";
    case Outcome::late:
      return "late";
    case Outcome::error:
      return "error";
    case Outcome::send_failed:
      return "send_failed";
    case Outcome::in_flight:
      break;
  }
  return "in_flight";
}

void ProbeLog::apply(const probe::Event& event) {
  using probe::EventKind;
  const bool at_once =
      event.kind == EventKind::send_failed && event.replaces == probe::Replaced::nothing;
  if (event.kind == EventKind::sent || at_once) {
    open(event);
  }
  ProbeRecord* record = find(event.probe);
  if (record == nullptr || event.kind == EventKind::sent) {
    return;
  }
  if (event.kind == EventKind::duplicate) {
    constexpr auto kMost = std::numeric_limits<decltype(record->duplicates)>::max();
    record->duplicates = static_cast<std::uint16_t>(std::min(record->duplicates + 1, int{kMost}));
    return;
  }
  record->outcome = outcome_of(event.kind);
  if (event.kind != EventKind::send_failed) {
    record->sent_at = event.sent_at;  // the transmit stamp may have come since
  }
  store(*record, answer_of(event));
}

void ProbeLog::open(const probe::Event& event) {
  if (event.probe.target >= targets_.size()) {
    targets_.resize(event.probe.target + std::size_t{1});
  }
  PerTarget& target = targets_[event.probe.target];
  if (total_ >= kMaxProbes) {
    ++target.left_out;
    return;
  }
  ++total_;
  ProbeRecord& record = target.probes.emplace_back();
  record.sent_at = event.at;
  record.sequence = event.probe.sequence;
}

ProbeRecord* ProbeLog::find(const probe::ProbeId& id) noexcept {
  if (id.target >= targets_.size() || targets_[id.target].probes.empty()) {
    return nullptr;
  }
  std::vector<ProbeRecord>& probes = targets_[id.target].probes;
  // Sequences usually have no gaps: the place is known, and the search is for the rest.
  const std::uint64_t guess = id.sequence - probes.front().sequence;
  if (guess < probes.size() && probes[guess].sequence == id.sequence) {
    return &probes[guess];
  }
  const auto at = std::ranges::lower_bound(probes, id.sequence, {}, &ProbeRecord::sequence);
  return at != probes.end() && at->sequence == id.sequence ? &*at : nullptr;
}

void ProbeLog::store(ProbeRecord& record, const Answer& answer) {
  forget_answer(record);
  record.has_rtt = answer.rtt.has_value();
  record.rtt = answer.rtt.value_or(Duration{});
  record.clock = answer.clock;
  record.reordered = answer.reordered.value_or(false);
  if (answer.send_error) {
    store_send_error(record, *answer.send_error);
    return;
  }
  if (!answer.from) {
    return;
  }
  record.has_from = true;
  record.from = intern(*answer.from);
  record.has_api_ms = answer.api_ms.has_value();
  record.api_ms = answer.api_ms.value_or(0);
  record.has_ttl = answer.ttl.has_value();
  record.ttl = answer.ttl.value_or(net::Ttl{}).value;
  record.has_tos = answer.tos.has_value();
  record.tos = answer.tos.value_or(net::Tos{}).value;
  record.has_bytes = answer.bytes.has_value();
  record.bytes_or_os_code = answer.bytes.value_or(0);
  record.icmp_type = answer.icmp_type;
  record.icmp_code = answer.icmp_code;
  record.has_mtu = answer.next_hop_mtu.has_value();
  record.has_corrupt_at = !record.has_mtu && answer.corrupt_at.has_value();
  record.mtu_or_corrupt_at =
      record.has_mtu ? answer.next_hop_mtu->value : answer.corrupt_at.value_or(0);
  record.verified = answer.verified;
  record.truncated = answer.truncated.value_or(false);
}

Answer ProbeLog::answer(const ProbeRecord& r) const {
  const bool counted = r.has_bytes && !r.has_send_error;
  return {.from = r.has_from ? std::optional(addresses_[r.from]) : std::nullopt,
          .rtt = if_has<Duration>(r.has_rtt, r.rtt),
          .clock = r.clock,
          .ttl = if_has<net::Ttl>(r.has_ttl, r.ttl),
          .tos = if_has<net::Tos>(r.has_tos, r.tos),
          .bytes = if_has<std::uint32_t>(counted, r.bytes_or_os_code),
          .icmp_type = r.icmp_type,
          .icmp_code = r.icmp_code,
          .next_hop_mtu = if_has<net::Mtu>(r.has_mtu && r.has_from, r.mtu_or_corrupt_at),
          .verified = r.verified,
          .truncated = r.truncated,
          .reordered = r.reordered,
          .corrupt_at = if_has<std::uint32_t>(r.has_corrupt_at, r.mtu_or_corrupt_at),
          .api_ms = if_has<std::uint16_t>(r.has_api_ms, r.api_ms),
          .send_error = send_error_of(r)};
}

std::uint32_t ProbeLog::intern(const net::Address& address) {
  const auto next = static_cast<std::uint32_t>(addresses_.size());
  const auto [at, added] = address_index_.try_emplace(address, next);
  if (added) {
    addresses_.push_back(address);
  }
  return at->second;
}

std::span<const ProbeRecord> ProbeLog::of(std::uint32_t target) const noexcept {
  return target < targets_.size() ? std::span(targets_[target].probes)
                                  : std::span<const ProbeRecord>();
}

std::uint64_t ProbeLog::left_out(std::uint32_t target) const noexcept {
  return target < targets_.size() ? targets_[target].left_out : 0;
}

}  // namespace sonde::report
