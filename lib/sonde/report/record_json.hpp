// record_json.hpp: the objects that the document and the event lines have in common.
// Each function writes the members of one shape of the schema table, into an object that the caller
// has begun, or (take a FieldRef) a whole member.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sonde/report/json_writer.hpp"
#include "sonde/stats/run_record.hpp"

namespace sonde::report {

// The shape `answer`, in any event or in a stored probe.
struct Answer {
  std::optional<net::Address> from{};  // an echo reply or an ICMP error came
  std::optional<Duration> rtt{};
  probe::RttClock clock = probe::RttClock::steady;
  std::optional<net::Ttl> ttl{};
  std::optional<net::Tos> tos{};
  std::optional<std::uint32_t> bytes{};
  bool icmp = true;  // false: a TCP segment, which has none
  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  std::optional<net::Mtu> next_hop_mtu{};
  bool verified = true;
  std::optional<bool> truncated = false;  // absent: not kept
  std::optional<bool> reordered = false;
  std::optional<std::uint32_t> corrupt_at{};
  std::optional<std::uint16_t> api_ms{};  // the round trip as the system's call says it
  std::optional<probe::SendError> send_error{};
  // Of an ICMP error; not kept of stored probes but a trace's.
  std::optional<probe::QuotedHeader> quoted{};
  std::shared_ptr<const probe::ObservationExtras> extras{};
  std::optional<std::uint8_t> return_hops{};  // trace
};
[[nodiscard]] Answer answer_of(const probe::Event& event);

void put_answer(JsonWriter& json, const Answer& answer);
// `at` is when it failed to leave, where it never did.
void put_probe_id(JsonWriter& json, const probe::Event& event, const ClockPair& clock);
void put_send_error(JsonWriter& json, FieldRef field, const std::optional<probe::SendError>& error);
void put_tool(JsonWriter& json, FieldRef field, std::string_view version);
void put_engine(JsonWriter& json, FieldRef field, const stats::EngineInfo& engine);
void put_options(JsonWriter& json, FieldRef field, const stats::RunOptions& options);
// Absent: null.
void put_rejects(JsonWriter& json, FieldRef field,
                 const std::optional<probe::RejectCounts>& rejects);
void put_verdict(JsonWriter& json, FieldRef field, const stats::Verdict& verdict);
void put_target_error(JsonWriter& json, FieldRef field,
                      const std::optional<stats::TargetError>& error);
void put_identity(JsonWriter& json, const stats::Target& target);
void put_figures(JsonWriter& json, const stats::TargetStats& stats);
void put_target_figures(JsonWriter& json, const stats::TargetResult& result);
void put_result(JsonWriter& json, const stats::TargetResult& result, const ClockPair& clock);

// The members of the shape `rtt_figures`.
void put_rtt_figures(JsonWriter& json, const stats::RttStats& rtt,
                     const stats::Quantiles& quantiles);
// What an event takes back; nullopt: nothing.
[[nodiscard]] std::optional<std::string_view> replaced_name(probe::Replaced replaced) noexcept;
// "host-unreachable", or "type-3-code-99".
[[nodiscard]] std::string icmp_text(net::Family family, wire::IcmpType icmp);
[[nodiscard]] std::string_view clock_name(probe::RttClock clock) noexcept;
[[nodiscard]] std::string_view end_reason_name(stats::EndReason reason) noexcept;

}  // namespace sonde::report
