// interpreted.hpp: one packet through transport::interpret(), as a value.
// The slot it is given holds something else in every field, as the slot of a caller who uses it
// again does: whatever a test finds in the result was written by interpret().
#pragma once

#include <expected>
#include <memory>

#include "sonde/probe/observation.hpp"
#include "sonde/transport/interpret.hpp"

namespace sonde::test {

[[nodiscard]] inline probe::Observation used_slot() {
  constexpr std::uint8_t kOther = 0xee;
  return {.probe = {.target = kOther, .sequence = kOther},
          .kind = probe::ObservationKind::send_error,
          .stamp = probe::StampSource::hardware,
          .at = Instant{Duration{kOther}},
          .responder = net::Address::v4(kOther),
          .icmp = {.type = kOther, .code = kOther},
          .status = probe::Status::general_failure,
          .bytes = kOther,
          .ttl = net::Ttl(kOther),
          .tos = net::Tos(kOther),
          .next_hop_mtu = net::Mtu(kOther),
          .quoted = probe::QuotedHeader{.ttl = net::Ttl(kOther), .tos = net::Tos(kOther)},
          .corruption = probe::Corruption{.offset = kOther, .expected = 1, .actual = 2},
          .truncated = true,
          .verified = false,
          .send_error = probe::SendError{.os_code = kOther},
          .extras = std::make_shared<const probe::ObservationExtras>()};
}

// `message`: a Packet or a QueuedIcmpError.
template <typename Message>
[[nodiscard]] std::expected<probe::Observation, probe::Reject> interpreted(
    const Message& message, const transport::Matcher& matcher, const transport::ReadTime& now) {
  probe::Observation slot = used_slot();
  const auto ours = transport::interpret(message, matcher, now, slot);
  if (!ours) {
    return std::unexpected(ours.error());
  }
  return slot;
}

}  // namespace sonde::test
