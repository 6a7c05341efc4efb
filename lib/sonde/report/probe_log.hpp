// probe_log.hpp: every probe of a run with its outcome, in 48 bytes each, for the document's
// `probes`. Bounded: behind kMaxProbes over all targets only a count is kept, so that a flood
// cannot eat the memory. Responders' addresses are kept once. Filled from events.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "sonde/probe/event.hpp"
#include "sonde/report/record_json.hpp"

namespace sonde::report {

enum class Outcome : std::uint8_t { in_flight, reply, timeout, late, error, send_failed };
[[nodiscard]] std::string_view outcome_name(Outcome outcome) noexcept;
[[nodiscard]] Outcome outcome_of(probe::EventKind kind) noexcept;

struct ProbeRecord {
  Instant sent_at;
  Duration rtt{};
  std::uint64_t sequence = 0;
  std::uint32_t from = 0;               // index of the responder's address
  std::uint32_t bytes_or_os_code = 0;   // has_send_error decides which
  std::uint32_t mtu_or_corrupt_at = 0;  // an error has the one, a reply the other
  std::uint16_t duplicates = 0;
  std::uint8_t ttl = 0;
  std::uint8_t tos = 0;
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  std::uint16_t api_ms = 0;
  Outcome outcome : 3 = Outcome::in_flight;
  probe::RttClock clock : 3 = probe::RttClock::steady;
  probe::SendFailure failure : 3 = probe::SendFailure::other;
  bool has_from : 1 = false;
  bool has_rtt : 1 = false;
  bool has_ttl : 1 = false;
  bool has_tos : 1 = false;
  bool has_bytes : 1 = false;
  bool has_mtu : 1 = false;
  bool has_corrupt_at : 1 = false;
  bool has_send_error : 1 = false;
  bool has_api_ms : 1 = false;
  bool verified : 1 = false;
  bool truncated : 1 = false;
  bool reordered : 1 = false;
};
inline constexpr std::size_t kProbeRecordBytes = 48;
static_assert(sizeof(ProbeRecord) == kProbeRecordBytes);

class ProbeLog {
 public:
  static constexpr std::size_t kMaxProbes = 100'000;

  void apply(const probe::Event& event);

  [[nodiscard]] std::span<const ProbeRecord> of(std::uint32_t target) const noexcept;
  // Probes of the target that are not in of().
  [[nodiscard]] std::uint64_t left_out(std::uint32_t target) const noexcept;
  [[nodiscard]] Answer answer(const ProbeRecord& record) const;

 private:
  struct PerTarget {
    std::vector<ProbeRecord> probes;  // ascending sequence
    std::uint64_t left_out = 0;
  };
  void open(const probe::Event& event);
  [[nodiscard]] ProbeRecord* find(const probe::ProbeId& id) noexcept;
  void store(ProbeRecord& record, const Answer& answer);
  [[nodiscard]] std::uint32_t intern(const net::Address& address);

  std::vector<PerTarget> targets_;
  std::size_t total_ = 0;
  std::vector<net::Address> addresses_;
  std::map<net::Address, std::uint32_t> address_index_;
};

}  // namespace sonde::report
