#include "sonde/transport/interpret.hpp"

#include <memory>
#include <utility>

#include "sonde/transport/rx_time.hpp"
#include "sonde/wire/icmp_extensions.hpp"
#include "sonde/wire/icmpv4.hpp"
#include "sonde/wire/icmpv6.hpp"
#include "sonde/wire/ipv4.hpp"
#include "sonde/wire/quoted.hpp"

namespace sonde::transport {
namespace {

using probe::Observation;
using probe::ObservationKind;
using probe::Reject;

Reject reject_of(wire::DecodeError error) noexcept {
  return error == wire::DecodeError::bad_checksum ? Reject::checksum : Reject::malformed;
}

// Takes the IPv4 header off; what it says moves into the fields beside. The cause if it cannot.
std::optional<Reject> strip_ip_header(Packet& packet) noexcept {
  const auto ip = wire::decode_ipv4(packet.data);
  if (!ip) {
    return reject_of(ip.error());
  }
  packet.data = ip->payload;
  packet.source = ip->header.source;
  packet.ttl = ip->header.ttl;
  packet.tos = ip->header.tos;
  packet.header_options = ip->header.options;
  return std::nullopt;
}

std::expected<wire::IcmpMessage, wire::DecodeError> decode_icmp(const Packet& packet) noexcept {
  if (packet.source.is_v6()) {
    return wire::decode_icmpv6(packet.data);
  }
  return wire::decode_icmpv4(packet.data, packet.layout == PacketLayout::ipv4
                                              ? wire::VerifyChecksum::yes
                                              : wire::VerifyChecksum::no);
}

bool is_no_outcome(net::Family family, std::uint8_t type) noexcept {
  return family == net::Family::v4 &&
         (type == wire::icmpv4::kRedirect || type == wire::icmpv4::kSourceQuench);
}

// What replies and errors have in common.
void fill_common(Observation& seen, const Match& match, const std::optional<WallTime>& stamp,
                 const ReadTime& now) noexcept {
  const Instant earliest = match.sent != nullptr ? match.sent->at : Instant::min();
  const StampedInstant arrival = arrival_of(stamp, now, earliest);
  seen.probe = match.id;
  seen.at = arrival.at;
  seen.stamp = arrival.source;
  seen.verified = match.verified;
}

// Header options, and a payload that differs from what was sent.
std::shared_ptr<const probe::ObservationExtras> extras_of_reply(Bytes header_options,
                                                                Bytes payload) {
  if (header_options.empty() && payload.empty()) {
    return nullptr;
  }
  return std::make_shared<const probe::ObservationExtras>(probe::ObservationExtras{
      .extensions = {},
      .header_options = probe::HeaderOptions::from(header_options).value_or(probe::HeaderOptions{}),
      .payload = {payload.begin(), payload.end()}});
}

std::expected<Observation, Reject> interpret_reply(const Packet& packet,
                                                   const wire::IcmpMessage& echo,
                                                   const Matcher& matcher, const ReadTime& now) {
  const auto match = matcher.reply(echo, packet.source);
  if (!match) {
    return std::unexpected(match.error());
  }
  std::expected<Observation, Reject> seen;
  fill_common(*seen, *match, packet.stamp, now);
  seen->kind = ObservationKind::reply;
  seen->responder = packet.source;
  seen->icmp = echo.icmp;
  seen->status = probe::Status::success;
  seen->bytes = static_cast<std::uint32_t>(packet.data.size());
  seen->ttl = packet.ttl;
  seen->tos = packet.tos;
  seen->corruption = match->corruption;
  seen->truncated = match->truncated;
  const bool differs = match->corruption || match->truncated;
  seen->extras = extras_of_reply(packet.header_options, differs ? echo.body : Bytes{});
  return seen;
}

// Extensions that do not decode are left out: the error itself is still true.
std::shared_ptr<const probe::ObservationExtras> extras_of(Bytes structure) {
  if (structure.empty()) {
    return nullptr;
  }
  auto extensions = wire::decode_extensions(structure);
  if (!extensions || extensions->objects.empty()) {
    return nullptr;
  }
  return std::make_shared<const probe::ObservationExtras>(
      probe::ObservationExtras{.extensions = std::move(*extensions), .header_options = {}});
}

std::expected<Observation, Reject> interpret_error(const QueuedIcmpError& error,
                                                   const wire::QuotedDatagram& quoted,
                                                   const Matcher& matcher, const ReadTime& now) {
  const auto match = matcher.error(quoted);
  if (!match) {
    return std::unexpected(match.error());
  }
  std::expected<Observation, Reject> seen;
  fill_common(*seen, *match, error.stamp, now);
  seen->kind = ObservationKind::icmp_error;
  seen->responder = error.responder;
  seen->icmp = error.icmp;
  seen->status = probe::status_of(error.responder.family(), error.icmp);
  seen->ttl = error.ttl;
  seen->tos = error.tos;
  seen->next_hop_mtu = error.next_hop_mtu;
  seen->extras = extras_of(error.extensions);
  return seen;
}

std::expected<Observation, Reject> interpret_error_packet(const Packet& packet,
                                                          const wire::IcmpMessage& message,
                                                          const Matcher& matcher,
                                                          const ReadTime& now) {
  const net::Family family = packet.source.family();
  if (is_no_outcome(family, message.icmp.type)) {
    return std::unexpected(Reject::stranger);
  }
  const wire::ErrorBody body = wire::split_error_body(message.body, message.quoted_length);
  const auto quoted = wire::decode_quoted(body.quoted, family);
  if (!quoted) {
    return std::unexpected(Reject::malformed);
  }
  const QueuedIcmpError error{.icmp = message.icmp,
                              .responder = packet.source,
                              .destination = quoted->destination,
                              .next_hop_mtu = message.next_hop_mtu,
                              .quoted = body.quoted,
                              .extensions = body.extensions,
                              .ttl = packet.ttl,
                              .tos = packet.tos,
                              .stamp = packet.stamp};
  auto seen = interpret_error(error, *quoted, matcher, now);
  if (seen) {
    seen->quoted = probe::QuotedHeader{.ttl = quoted->ttl, .tos = quoted->tos};
  }
  return seen;
}

// `packet` starts at its ICMP header; `layout` says who verified the checksum.
std::expected<Observation, Reject> interpret_icmp(const Packet& packet, const Matcher& matcher,
                                                  const ReadTime& now) {
  const auto message = decode_icmp(packet);
  if (!message) {
    return std::unexpected(reject_of(message.error()));
  }
  switch (message->message_class) {
    case wire::IcmpClass::echo_reply:
      return interpret_reply(packet, *message, matcher, now);
    case wire::IcmpClass::error:
      return interpret_error_packet(packet, *message, matcher, now);
    case wire::IcmpClass::echo_request:
    case wire::IcmpClass::other:
      break;
  }
  return std::unexpected(Reject::stranger);
}

}  // namespace

std::expected<Observation, Reject> interpret(Packet&& packet, const Matcher& matcher,
                                             const ReadTime& now) {
  if (packet.layout == PacketLayout::ipv4) {
    if (const auto reject = strip_ip_header(packet)) {
      return std::unexpected(*reject);
    }
  }
  return interpret_icmp(packet, matcher, now);
}

std::expected<Observation, Reject> interpret(const QueuedIcmpError& error, const Matcher& matcher,
                                             const ReadTime& now) {
  const net::Family family = error.destination.family();
  if (is_no_outcome(family, error.icmp.type)) {
    return std::unexpected(Reject::stranger);
  }
  auto quoted = wire::decode_quoted_transport(
      error.quoted, family == net::Family::v4 ? net::kIcmp : net::kIcmpV6);
  if (!quoted) {
    return std::unexpected(Reject::malformed);
  }
  quoted->destination = error.destination;
  return interpret_error(error, *quoted, matcher, now);
}

}  // namespace sonde::transport
